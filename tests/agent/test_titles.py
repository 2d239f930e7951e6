import pytest

from jobs.agent.calls import Request
from jobs.agent.titles import test_counts as counts
from jobs.agent.titles import title


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("pytest -q", "run `pytest -q`"),
        ("cd /workspace/repo && pytest -q", "run `pytest -q`"),
        ("set -euo pipefail\n# look\ncd src\nrg -n foo", "run `rg -n foo`"),
        ("cat a\ncat b", "run `cat a …`"),
        ("echo `date`", "run `echo 'date'`"),
        ("cd src", "run `cd src`"),
        ("echo \x1b[31mred\u202e", "run `echo [31mred`"),
        ("x" * 200, f"run `{'x' * 79}…`"),
    ],
)
def test_a_command_is_named_by_its_first_telling_line(command: str, shown: str) -> None:
    assert title(Request("bash", {"command": command})) == shown


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("..F\n1 failed, 8 passed in 2.1s", "1 failed, 8 passed"),
        ("3 passed in 0.1s", "3 passed"),
        ("hello", ""),
    ],
)
def test_the_counts_of_a_test_runner_are_found(output: str, found: str) -> None:
    assert counts(output) == found


def test_paths_are_shown_from_the_root() -> None:
    assert title(Request("read", {"path": "/workspace/repo/a/b.py"})) == "read `a/b.py`"
