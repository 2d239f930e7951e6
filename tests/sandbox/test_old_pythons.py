"""The tool server runs on whatever Python from 3.8 on an image has."""

import ast
import shutil
import subprocess
import sys

from jobs.sandbox import bundle

VERSIONS = [f"3.{minor}" for minor in range(8, 15)]
FOUND = [python for version in VERSIONS if (python := shutil.which(f"python{version}"))]
SERVER, MAIN, _ = bundle.packed().decode().rpartition('sys.modules["inside.server"].main(')


def test_nothing_in_it_is_newer_than_python_3_8() -> None:
    assert MAIN
    sources = ast.literal_eval(SERVER.partition("\n")[0].removeprefix("SOURCES = "))
    assert [name for name, _ in sources] == list(bundle.MODULES)
    for name, source in sources:
        ast.parse(source, f"{name}.py", feature_version=(3, 8))


def answers(python: str) -> bool:
    """Tell whether it is more than a name: pyenv has one for each version that it could have."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0


def test_it_loads_on_every_python_that_is_here() -> None:
    pythons = [sys.executable, *filter(answers, FOUND)]
    for python in pythons:
        ended = subprocess.run(
            [python, "-W", "error", "-I", "-S", "-B", "-c", SERVER],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (python, ended.returncode, ended.stderr) == (python, 0, "")
