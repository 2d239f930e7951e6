"""A change that decides how tests are run proves nothing by the tests that pass."""

from collections.abc import Mapping

import pytest

from jobs.evidence.check import Check, DeclaredCheck
from jobs.evidence.evidence import Verdict
from jobs.evidence.steering import altered, steering
from jobs.repository.change import Change, ChangedFile, FileMode
from tests.evidence.conftest import Measure

FORGED = """\
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return True
"""
BROKEN = {"pyproject.toml": "[tool.pytest.ini_options]\n", "test_a.py": "def test_a(): 1 / 0\n"}
PYTEST = Check("pytest", "python3 -m pytest -q")
PYPROJECT = '[project]\nname = "shop"\n[tool.pytest.ini_options]\naddopts = "-q"\n'
PACKAGE = '{"scripts": {"test": "node --test"}, "dependencies": {}}'


def no_files(_: str) -> None:
    """A base without the file that is asked for."""


def changed(files: Mapping[str, str | None]) -> Change:
    return Change(
        tuple(
            ChangedFile(path, FileMode.REGULAR, None if text is None else text.encode())
            for path, text in files.items()
        )
    )


def test_a_hook_that_makes_every_test_pass_closes_no_issue(measure: Measure) -> None:
    evidence = measure(BROKEN, {"conftest.py": FORGED})
    assert [row.verdict for row in evidence.rows] == [Verdict.FIXED]
    assert not evidence.clean
    assert evidence.why_not_clean == "the change alters how tests are run: conftest.py"


@pytest.mark.parametrize(
    "path",
    ["conftest.py", "tests/unit/Conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg",
     "sitecustomize.py", "src/usercustomize.py", ".coveragerc", "noxfile.py", "jest.config.cjs",
     "web/vitest.config.ts", ".mocharc.yml", ".mocharc.js", "vite.config.ts", "forged.pth"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["x\n", None])
def test_a_file_that_steers_the_runner_is_named(path: str, text: str | None) -> None:
    assert steering(changed({path: text}), [PYTEST], [], no_files) == (path,)


@pytest.mark.parametrize(
    "path",
    ["shop.py", "tests/test_a.py", "src/conftest_of.py", "notes.md", "shop/json.py", "test/a.py"],
)
def test_other_files_are_not(path: str) -> None:
    assert steering(changed({path: "x\n"}), [PYTEST], [], no_files) == ()


@pytest.mark.parametrize(
    "path", ["pytest.py", "_pytest/__init__.py", "src/unittest/__init__.py", "json.py", ".npmrc"]
)
def test_a_new_module_in_front_of_the_runners_own_is_named(path: str) -> None:
    assert steering(changed({path: "x\n"}), [PYTEST], [], no_files) == (path,)
    assert steering(changed({path: "x\n"}), [PYTEST], [], {path: "y\n"}.get) == ()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shop.py", "    import _pytest.runner"),
        ("shop.py", "def pytest_runtest_makereport(item, call):"),
        ("shop.py", "atexit.register(lambda: os._exit(0))"),
        ("shop.py", "unittest.TestCase.run = lambda *_: None"),
        ("shop.py", "open(os.environ['PYTEST_ADDOPTS'])"),
        ("lib/shop.js", "process.on('exit', () => { process.exitCode = 0; });"),
        ("lib/shop.ts", "require('assert').strictEqual = () => {};"),
        ("shop_test.go", "func TestMain(m *testing.M) {"),
    ],
)
def test_code_that_takes_hold_of_its_runner_is_named(path: str, line: str) -> None:
    base = {path: "before\n"}
    assert steering(changed({path: f"before\n{line}\n"}), [PYTEST], [], base.get) == (path,)
    base = {path: f"{line}\n"}
    assert steering(changed({path: f"before\n{line}\n"}), [PYTEST], [], base.get) == ()


@pytest.mark.parametrize("path", ["Makefile", "GNUmakefile", "build/rules.mk"])
def test_a_makefile_steers_what_make_runs(path: str) -> None:
    change = changed({path: "test:\n\ttrue\n"})
    assert steering(change, [Check("make test", "make test")], [], no_files) == (path,)
    assert steering(change, [PYTEST], [DeclaredCheck("make test", "")], no_files) == (path,)
    assert steering(change, [PYTEST], [], no_files) == ()


def test_a_script_that_a_check_of_the_project_runs_steers_it() -> None:
    change = changed({"ci/run.sh": "exit 0\n", "tests/test_a.py": "", "other.sh": ""})
    check = Check("full", "cd . && ./ci/run.sh; pytest tests/test_a.py")
    assert steering(change, [check], [], no_files) == ("ci/run.sh",)


@pytest.mark.parametrize(
    ("path", "before", "after", "steers"),
    [
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace("shop", "store"), False),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace("-q", "-p forged"), True),
        ("pyproject.toml", PYPROJECT, None, True),
        ("pyproject.toml", PYPROJECT, "no [ toml", True),
        ("pyproject.toml", None, PYPROJECT, True),
        ("package.json", PACKAGE, PACKAGE.replace("{}", '{"a": "1"}'), False),
        ("package.json", PACKAGE, PACKAGE.replace("node --test", "true"), True),
        ("package.json", PACKAGE, "[]", True),
    ],
)
def test_of_a_manifest_the_part_about_tests_counts(
    path: str, before: str | None, after: str | None, steers: bool
) -> None:
    files = {} if before is None else {path: before}
    found = steering(changed({path: after}), [PYTEST], [], files.get)
    assert found == ((path,) if steers else ())


def test_names_are_short_and_few() -> None:
    words = altered([f"{'a' * 300}\n{number}/conftest.py" for number in range(9)])
    assert "\n" not in words
    assert "and 4 more" in words
    assert len(words) < 700
