"""The eight checks of the gate, each by a change that it finds something in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from jobs.agent import CheckRow, DeclaredCheck, GateResult, IssueText, Outcome, Submission
from jobs.agent.gate import Gate
from jobs.repository.change import Change, ChangedFile, FileMode, HostileChange
from jobs.repository.policy import MAX_FILE_BYTES, PolicyReport, review

TEST = "def test_a():\n    assert total() == 12\n    assert count() == 3\n"
BASE = {"shop.py": b"x = 1\n", "tests/test_a.py": TEST.encode()}
CLAIM = Submission(Outcome.RESOLVED, "s", "t", (DeclaredCheck("pytest -q", "it works"),), round=2)
FINE = {"shop.py": b"x = 2\n"}


@dataclass
class View:
    """A work tree of which only the change is known."""

    files: Mapping[str, bytes | None]
    exit_code: int = 0
    hostile: str = ""
    broken: list[str] = field(default_factory=list)
    """What the sandbox says of the files that do not parse."""
    ran: list[str] = field(default_factory=list)

    @property
    def base(self) -> "View":
        return self

    def content(self, path: str) -> bytes | None:
        return BASE.get(path)

    def collect(self) -> Change:
        made = sorted(self.files.items())
        return Change(tuple(ChangedFile(path, FileMode.REGULAR, text) for path, text in made))

    def policy(self, change: Change) -> PolicyReport:
        return review(change, self, live_secrets=["whk_live-secret"])

    def diff(self, change: Change) -> str:
        if self.hostile:
            raise HostileChange(self.hostile)
        return f"{len(change.files)} files"

    def run(self, command: str, timeout_s: float) -> tuple[int, str]:
        assert timeout_s
        if "base64 -d" in command:  # first of the change, and then of the base
            return 0, f"FOUND{self.broken.pop(0) if self.broken else '{}'}"
        self.ran.append(command)
        return self.exit_code, "1 failed, 2 passed"


def handed_in(view: View, claim: Submission = CLAIM, *rows: CheckRow) -> GateResult:
    return Gate(IssueText(1, "t", "b"), view, measure=lambda *_: rows)(claim)


def found(result: GateResult, passed: bool | None = False) -> dict[str, str]:
    return {row.check: row.detail for row in result.rows if row.passed is passed}


@pytest.mark.parametrize(
    ("view", "check", "words"),
    [
        (View({}), "there is a change", "there is none"),
        (View(FINE, hostile="a/b: twice"), "the change can be taken over", "a/b: twice"),
        (View({".github/workflows/x.yml": b""}), "may be published", "x.yml"),
        (View({"big.txt": b"x" * (MAX_FILE_BYTES + 1)}), "may be published", "1.0 MiB"),
        (View({"patch.diff": b""}), "nothing left over", "patch.diff"),
        (View({"shop.py": b"breakpoint()\n"}), "nothing left over", "shop.py:1"),
        (
            View(FINE, broken=['{"shop.py": "SyntaxError: no"}']),
            "changed files parse",
            "SyntaxError",
        ),
        (View(FINE, exit_code=1), "run pytest -q", "exit 1: 1 failed, 2 passed"),
        (View({"a.txt": b"AKIA2E0A8F3B244C9986"}), "may be published", "a.txt"),
        (View({"a.txt": b"whk_live-secret"}), "may be published", "a secret of this service"),
    ],
)
def test_what_is_wrong_fails_and_is_told(view: View, check: str, words: str) -> None:
    result = handed_in(view)
    assert not result.accepted
    assert words in found(result)[check]
    assert f"FAIL  {check}" in result.text


def test_without_a_change_an_outcome_that_needs_none_is_accepted() -> None:
    claim = replace(CLAIM, outcome=Outcome.NO_CHANGE_NEEDED, checks=())
    assert handed_in(View({}), claim).accepted
    assert "shop.py" in found(handed_in(View(FINE), claim))["the tree is as it was"]


def test_what_newly_fails_is_told_with_its_last_words_until_the_third_round() -> None:
    row = CheckRow("measured", False, "newly failing: 1 failed · t::a:\nE  assert 1 == 2")
    second = handed_in(View(FINE), CLAIM, row)
    assert not second.accepted
    assert "FAIL  measured · newly failing: 1 failed · t::a:\nE  assert 1 == 2" in second.text
    third = handed_in(View(FINE), replace(CLAIM, round=3), row)
    assert (third.accepted, third.outcome) == (True, Outcome.PARTIAL)


@pytest.mark.parametrize(
    ("files", "check", "words"),
    [
        ({"logo.png": b"\x89PNG\0"}, "binary files, if the task needs them", "logo.png"),
        ({"shop.py": b"x = 1\nprint(1)\n"}, "new prints", "shop.py:2"),
        ({"setup.cfg": b""}, "will be pointed out to people", "how tests are run"),
        (
            {"tests/test_a.py": TEST.replace("    assert count() == 3\n", "").encode()},
            "tests that were there are not as before",
            "tests/test_a.py: test_a is weakened (1 of 2 assertions is gone)",
        ),
        (
            {"tests/test_a.py": b"import pytest\n@pytest.mark.skip\n" + TEST.encode()},
            "tests that were there are not as before",
            "tests/test_a.py: test_a is skipped (@pytest.mark.skip)",
        ),
        (
            {"tests/test_a.py": None},
            "tests that were there are not as before",
            "tests/test_a.py: test_a is deleted. Put back what",
        ),
    ],
)
def test_what_deserves_a_look_is_told_and_holds_nothing_up(
    files: Mapping[str, bytes | None], check: str, words: str
) -> None:
    first = handed_in(View(files), replace(CLAIM, round=1))
    assert words in found(first, None)[check]
    assert f"look  {check}" in first.text
    assert handed_in(View(files)).accepted


def test_a_check_that_the_agent_names_is_run() -> None:
    view = View(FINE)
    assert handed_in(view).accepted
    assert view.ran == ["pytest -q"]
    assert "applies to the base commit" in found(handed_in(view), True)
