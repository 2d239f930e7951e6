"""What a submission is told, by a gate that looks at a real work tree."""

from dataclasses import replace

import pytest

from jobs.agent import (
    CheckRow,
    DeclaredCheck,
    GateResult,
    IssueText,
    Outcome,
    SandboxView,
    Submission,
    limits,
)
from jobs.agent.gate import review_text
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import Sandbox
from tests.agent import given

pytestmark = pytest.mark.docker
CLAIM = Submission(Outcome.RESOLVED, "s", "t", (DeclaredCheck(given.TESTS, "it works"),))
FIX = "sed -i s/int/round/ tax.py"


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    """The shared sandbox, with the project as it was."""
    shared_box.exec("git checkout -q . && git clean -qfdx")
    return shared_box


def handed_in(box: Sandbox, project: Snapshot, claim: Submission = CLAIM) -> GateResult:
    return given.gate_of(box, project)(claim)


def failing(result: GateResult) -> dict[str, str]:
    return {row.check: row.detail for row in result.rows if row.passed is False}


def test_the_first_round_shows_the_issue_the_change_and_the_checks(
    box: Sandbox, project: Snapshot
) -> None:
    box.exec(FIX)
    result = handed_in(box, project)

    assert not result.accepted
    assert failing(result) == {}
    assert given.ISSUE.body in result.text
    assert "+    return round(amount)" in result.text
    assert f"ok    run {given.TESTS} · exit 0" in result.text


def test_the_second_round_accepts_what_is_clean(box: Sandbox, project: Snapshot) -> None:
    box.exec(FIX)
    result = handed_in(box, project, replace(CLAIM, round=2))

    assert result.accepted
    assert result.outcome is None


def test_a_fast_gate_accepts_what_is_clean_at_once(box: Sandbox, project: Snapshot) -> None:
    gate = given.gate_of(box, project, fast=True)
    assert not gate(CLAIM).accepted
    box.exec(FIX)
    assert gate(CLAIM).accepted


def test_what_still_fails_is_named_and_in_the_last_round_makes_it_partial(
    box: Sandbox, project: Snapshot
) -> None:
    box.exec("echo '# nothing' >> tax.py")
    second, third = (handed_in(box, project, replace(CLAIM, round=number)) for number in (2, 3))

    assert not second.accepted
    assert f"FAIL  run {given.TESTS} · exit 1: " in second.text
    assert "1 failed, 1 passed" in second.text
    assert given.ISSUE.body not in second.text
    assert third.accepted
    assert third.outcome == Outcome.PARTIAL


@pytest.mark.parametrize(
    ("script", "outcome", "check", "words"),
    [
        ("true", Outcome.RESOLVED, "there is a change", "the outcome is resolved"),
        (FIX, Outcome.NO_CHANGE_NEEDED, "the tree is as it was", "tax.py"),
        ("touch repro.py", Outcome.RESOLVED, "nothing left over", "repro.py"),
        ("touch tax.py.orig", Outcome.RESOLVED, "nothing left over", "tax.py.orig"),
        ("echo 'breakpoint()' >> tax.py", Outcome.RESOLVED, "nothing left over", "tax.py:3"),
        ("echo '<<<<<<< ours' >> notes", Outcome.RESOLVED, "nothing left over", "notes:1"),
        ("echo 'def (' >> tax.py", Outcome.RESOLVED, "changed files parse", "SyntaxError"),
        ("echo '{' > a.json", Outcome.RESOLVED, "changed files parse", "a.json"),
        ("echo 'x = ' > a.toml", Outcome.RESOLVED, "changed files parse", "a.toml"),
        ("echo 'if true' > a.sh", Outcome.RESOLVED, "changed files parse", "a.sh"),
        (
            "mkdir -p .github/workflows; touch .github/workflows/x.yml",
            Outcome.RESOLVED,
            "may be published",
            ".github/workflows/x.yml",
        ),
        (
            "echo key = AKIA2E0A8F3B244C9986 >> tax.py",
            Outcome.RESOLVED,
            "may be published",
            "tax.py",
        ),
        ("ln -s /etc/passwd link", Outcome.RESOLVED, "the change can be taken over", "link"),
    ],
)
def test_each_fault_has_a_row(
    script: str, outcome: Outcome, check: str, words: str, box: Sandbox, project: Snapshot
) -> None:
    box.exec(script)
    found = failing(handed_in(box, project, replace(CLAIM, outcome=outcome, checks=())))

    assert words in found[check]


def test_an_honest_end_without_a_change_is_accepted(box: Sandbox, project: Snapshot) -> None:
    claim = Submission(Outcome.NEEDS_INFORMATION, "Which currency?", "t", round=2)
    assert handed_in(box, project, claim).accepted


def test_what_running_the_tests_leaves_behind_is_no_change(box: Sandbox, project: Snapshot) -> None:
    box.exec(
        "rm .gitignore; mkdir -p __pycache__ .pytest_cache; touch __pycache__/a.pyc .pytest_cache/b"
    )
    change = SandboxView(box, project).collect()

    assert change.paths() == [".gitignore"]


def test_a_file_that_did_not_parse_before_need_not_parse_now(
    box: Sandbox, project: Snapshot
) -> None:
    box.exec("echo '{{ other }} def' > template.py")
    assert "changed files parse" not in failing(handed_in(box, project))


def test_a_long_diff_is_cut_and_names_what_is_missing() -> None:
    diff = "".join(f"--- a/f{n}\n+++ b/f{n}\n" + "+x\n" * 3000 for n in range(5))
    text = review_text(IssueText(1, "t", "b" * 50_000), diff, (CheckRow("c", passed=True),))

    assert len(text) < limits.DIFF_CHARS + limits.REVIEW_ISSUE_BYTES + 2_000
    assert "the rest changes f3, f4" in text or "the rest changes f4" in text
