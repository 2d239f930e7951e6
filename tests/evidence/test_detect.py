"""What a project's files say about how it is tested."""

import pytest

from jobs.project_file.nodes import PROJECT_FILE
from tests.evidence.conftest import found

PLAIN_TEST = "def test_a():\n    assert True\n"
CASE = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": "", "a.py": ""},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"pytest.ini": "", "src/pkg/__init__.py": "", "tests/test_a.py": ""},
            [
                "PYTHONPATH=src python3 -m pytest -q {changed_tests}",
                "PYTHONPATH=src python3 -m pytest -q",
            ],
        ),
        (
            {"setup.cfg": "[tool:pytest]\n", "a_test.py": ""},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"tests/conftest.py": "", "tests/test_a.py": CASE},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"test_a.py": "import pytest\n"},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"test_a.py": PLAIN_TEST},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"tox.ini": "[testenv]\ncommands = pytest {posargs}\n", "tests/test_a.py": CASE},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"tox.ini": "[testenv]\ncommands = run {posargs}\n", "tests/test_a.py": CASE},
            ["python3 -m unittest {changed_tests}", "python3 -m unittest discover -s tests"],
        ),
        (
            {"noxfile.py": "session.run('pytest')", "tests/test_a.py": "assert True\n"},
            ["python3 -m pytest -q {changed_tests}", "python3 -m pytest -q"],
        ),
        (
            {"tox.ini": "commands = python -m unittest\n", "t/__init__.py": "", "t/test_a.py": ""},
            ["python3 -m unittest {changed_tests}", "python3 -m unittest discover -s t -t ."],
        ),
        (
            {"test_a.py": CASE},
            ["python3 -m unittest {changed_tests}", "python3 -m unittest discover"],
        ),
        ({"package.json": '{"scripts": {"test": "node --test"}}'},
         ["node --test {changed_tests}", "npm test --silent"]),
        ({"package.json": '{"scripts": {"test": "mocha"}}'}, ["npm test --silent"]),
        (
            {"package.json": '{"scripts": {"test": "echo no test specified && exit 1"}}'},
            [],
        ),
        ({"package.json": "[" * 9000}, []),
        ({"package.json": '["test"]'}, []),
        ({"package.json": '{"scripts": "test"}'}, []),
        ({"go.mod": "module a", "a_test.go": ""}, ["go test -vet=off ./...", "go vet ./..."]),
        ({"go.mod": "module a", "a.go": ""}, []),
        ({"Makefile": "all:\n\ntest: all\n\ttrue\n"}, ["make test"]),
        ({"Makefile": "test := x\ncheck:\n\ttrue\n"}, ["make check"]),
        ({"Makefile": "all:\n"}, []),
        ({"README.md": "run `pytest`"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_the_command_is_found(files: dict[str, str], commands: list[str]) -> None:
    detection = found(files)
    assert [check.command for check in detection.checks] == commands
    assert detection.problems == ()
    assert all(check.source.startswith("detected: ") for check in detection.checks)


def test_what_the_project_says_itself_comes_before_what_its_files_give_away() -> None:
    text = 'verify: {lint: "ruff check .", quick: "pytest -q {changed_tests}", full: pytest}\n'
    detection = found({PROJECT_FILE: text, "pytest.ini": "", "test_a.py": ""})
    assert [(check.name, check.command) for check in detection.checks] == [
        ("quick", "pytest -q {changed_tests}"),
        ("full", "pytest"),
        ("lint", "ruff check ."),
    ]
    assert all(check.required and check.source == PROJECT_FILE for check in detection.checks)


def test_one_command_alone_is_the_whole_suite() -> None:
    (check,) = found({PROJECT_FILE: "verify: make check\n"}).checks
    assert (check.name, check.command) == ("full", "make check")


@pytest.mark.parametrize("text", ["", "# nothing\n", "version: 1\n", "verify:\n"])
def test_a_file_that_names_no_check_leaves_it_to_detection(text: str) -> None:
    detection = found({PROJECT_FILE: text, "Makefile": "test:\n"})
    assert [check.command for check in detection.checks] == ["make test"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\nverfy: {full: x}\n", "line 2: `verfy` is not known; known are version"),
        ("verify:\n  full: x\n  fulll: y\n", "line 3: `verify.fulll` is not known"),
        ("verify:\n  full: [a, b]\n", "line 2: `verify.full` has to be a command"),
        ("verify:\n  full: 3\n", "line 2: `verify.full` has to be a command"),
        ("verify:\n  full: ''\n", "line 2: `verify.full` is empty"),
        ("verify:\n  full: a\n  full: b\n", "line 3: `verify.full` stands there twice"),
        ("verify: [a]\n", "line 1: `verify` has to be keys with values"),
        ("- a\n", "line 1: the file has to be keys with values"),
        ("verify: {full: 'x\n", "line 2"),
        ("verify: !!python/object/apply:os.system [x]\n", "has to be"),
        ("[" * 20_000, "not valid YAML"),
        ("a: &a [x]\nverify: *b\n", "line 2"),
        ("x" * 70_000, "larger than 64 KiB"),
        ("verify:\n  full: " + "x" * 3000, "longer than 2000"),
        ("verify:\n  ? [a]\n  : b\n", "(not a word)"),
        ("\x00", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_guessed(text: str, words: str) -> None:
    detection = found({PROJECT_FILE: text, "Makefile": "test:\n"})
    assert detection.checks == ()
    assert any(words in problem for problem in detection.problems), detection.problems
    assert all(PROJECT_FILE in problem for problem in detection.problems)


def test_file_names_in_a_command_are_quoted() -> None:
    check = found({"pytest.ini": "", "test_a.py": ""}).checks[0]
    named = check.about(("tests/test_a.py", "-rf.py", "t/$(touch x);y.py"))
    assert named.command.endswith(" tests/test_a.py ./-rf.py 't/$(touch x);y.py'")
