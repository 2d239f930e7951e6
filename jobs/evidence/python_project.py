"""Recognises how a Python project is tested, by what can run without an install or a network."""

import re
from collections.abc import Callable, Sequence

from jobs.evidence.check import CHANGED_TESTS, Check
from jobs.repository.test_files import is_test_module

Read = Callable[[str], str | None]

MAX_TEST_FILES_READ = 60
SOURCE_FOLDERS = ("src", "lib")

_SIGNS = (
    ("pytest.ini", re.compile(r"")),
    (".pytest.ini", re.compile(r"")),
    ("pytest.toml", re.compile(r"")),
    (".pytest.toml", re.compile(r"")),
    ("pyproject.toml", re.compile(r"^\s*\[tool\.pytest\b", re.MULTILINE)),
    ("setup.cfg", re.compile(r"^\s*\[tool:pytest\]", re.MULTILINE)),
    ("tox.ini", re.compile(r"^\s*\[pytest\]", re.MULTILINE)),
)
_RUNNERS = ("tox.ini", "tox.toml", "noxfile.py", "pyproject.toml", "setup.cfg")
_CALLS_PYTEST = re.compile(r"\bpytest\b|\bpy\.test\b")
_CALLS_UNITTEST = re.compile(r"-m[\"', ]+unittest\b")
_USES_PYTEST = re.compile(r"^\s*(?:import|from)\s+pytest\b", re.MULTILINE)
_USES_UNITTEST = re.compile(r"^\s*(?:import|from)\s+unittest\b", re.MULTILINE)
_PLAIN_TEST = re.compile(r"^(?:async )?def test_", re.MULTILINE)


def python_checks(paths: Sequence[str], read: Read) -> list[Check]:
    """Name the changed tests alone, then the whole suite, under the project's own runner."""
    tests = [path for path in paths if path.endswith(".py") and is_test_module(path)]
    if not tests and not any(path.endswith("conftest.py") for path in paths):
        return []
    before = _import_path(paths)
    if source := _pytest_source(paths, tests, read):
        return _checks("pytest", f"{before}python3 -m pytest -q", source, f" {CHANGED_TESTS}", "")
    if source := _unittest_source(paths, tests, read):
        command = f"{before}python3 -m unittest"
        return _checks("unittest", command, source, f" {CHANGED_TESTS}", _discovery(tests, paths))
    return []


def _checks(runner: str, command: str, source: str, changed: str, whole: str) -> list[Check]:
    said = f"detected: {source}"
    return [
        Check(f"{runner}, changed tests", command + changed, source=said),
        Check(f"{runner}, whole suite", command + whole, source=said),
    ]


def _import_path(paths: Sequence[str]) -> str:
    """Let the code be imported from where it lies: nothing is installed in a sandbox."""
    for folder in SOURCE_FOLDERS:
        modules = [path for path in paths if path.startswith(f"{folder}/") and path.endswith(".py")]
        if modules and f"{folder}/__init__.py" not in modules:
            return f"PYTHONPATH={folder} "
    return ""


def _pytest_source(paths: Sequence[str], tests: Sequence[str], read: Read) -> str:
    for name, sign in _SIGNS:
        if name in paths and sign.search(read(name) or ""):
            return name
    for path in paths:
        if path.rsplit("/", 1)[-1] == "conftest.py":
            return path
    for path in tests[:MAX_TEST_FILES_READ]:
        if _USES_PYTEST.search(read(path) or ""):
            return path
    found = _runner_that(_CALLS_PYTEST, paths, read)
    if found:
        return found
    plain = [path for path in tests[:MAX_TEST_FILES_READ] if _PLAIN_TEST.search(read(path) or "")]
    return plain[0] if plain else ""


def _unittest_source(paths: Sequence[str], tests: Sequence[str], read: Read) -> str:
    for path in tests[:MAX_TEST_FILES_READ]:
        if _USES_UNITTEST.search(read(path) or ""):
            return path
    return _runner_that(_CALLS_UNITTEST, paths, read)


def _runner_that(calls: re.Pattern[str], paths: Sequence[str], read: Read) -> str:
    """Look at what tox or nox would run: they install first, which a sandbox cannot."""
    for name in _RUNNERS:
        if name in paths and calls.search(read(name) or ""):
            return name
    return ""


def _discovery(tests: Sequence[str], paths: Sequence[str]) -> str:
    """Start where the tests lie; a folder that is no package is its own top."""
    folders = sorted({path.rpartition("/")[0] for path in tests}, key=len)
    start = folders[0] if folders else ""
    if not start:
        return " discover"
    if f"{start}/__init__.py" in paths:
        return f" discover -s {_quoted(start)} -t ."
    return f" discover -s {_quoted(start)}"


def _quoted(folder: str) -> str:
    return folder if re.fullmatch(r"[\w./-]+", folder) else f"'{folder.replace(chr(39), '')}'"
