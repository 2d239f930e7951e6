"""Looks a submission over: the first time with the issue and the diff again, then only what fails.

What the gate finds is for the model to mend. The proof that people are shown is made elsewhere,
in sandboxes that the model never touched.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

from jobs.agent import limits
from jobs.agent.debris import debris_rows
from jobs.agent.parses import parse_row
from jobs.agent.prompt import issue_block
from jobs.agent.task import (
    TESTS_NOT_AS_BEFORE,
    CheckRow,
    GateResult,
    IssueText,
    Outcome,
    Submission,
)
from jobs.evidence.check import DeclaredCheck
from jobs.evidence.evidence import Touch, TouchedTest
from jobs.evidence.touched import touched_tests
from jobs.repository.change import Change, HostileChange, serialise
from jobs.repository.policy import BaseFiles, Finding, PolicyReport

_WITH_CHANGE = (Outcome.RESOLVED, Outcome.PARTIAL)
_CHECK_TIMEOUT_S = 300.0
_TAIL_CHARS = 1500
_FINDINGS = 8


class ChangeView(Protocol):
    """What the gate asks about the work tree."""

    @property
    def base(self) -> BaseFiles:
        """The files of the base commit."""
        ...

    def collect(self) -> Change:
        """Return the change as it is now; raises HostileChange."""
        ...

    def policy(self, change: Change) -> PolicyReport:
        """Return what may not be published, and what a person should look at."""
        ...

    def diff(self, change: Change) -> str:
        """Return the change as a unified diff."""
        ...

    def run(self, command: str, timeout_s: float) -> tuple[int, str]:
        """Run a command in a fresh shell; return its exit code and the end of its output."""
        ...


Measure = Callable[[Change, Submission], tuple[CheckRow, ...]]
"""Checks a change outside the agent's sandbox, and says what was seen."""


def measure_nothing(_change: Change, _submission: Submission) -> tuple[CheckRow, ...]:
    """Stand in where nothing is measured outside the agent's sandbox."""
    return ()


class Gate:
    """Judges the submissions of one task."""

    def __init__(
        self,
        issue: IssueText,
        view: ChangeView,
        *,
        measure: Measure = measure_nothing,
        fast: bool = False,
    ) -> None:
        self._issue = issue
        self._view = view
        self._measure = measure
        self._passed: dict[tuple[str, str], CheckRow] = {}
        self._fast = fast
        """A first submission without a fault is accepted at once."""

    def __call__(self, submission: Submission) -> GateResult:
        """Answer a submission: accepted, or with what is to be looked at first."""
        rows, diff = self._look(submission)
        clean = all(row.passed is not False for row in rows)
        if submission.round == 1 and not (clean and self._fast):
            return GateResult(accepted=False, text=review_text(self._issue, diff, rows), rows=rows)
        if clean:
            return GateResult(accepted=True, text="Accepted.", rows=rows)
        if submission.round < limits.GATE_ROUNDS:
            return GateResult(accepted=False, text=_still_failing(submission, rows), rows=rows)
        claimed = submission.outcome
        outcome = Outcome.PARTIAL if claimed in _WITH_CHANGE else claimed
        text = "Taken as it is, with what still fails listed beside it."
        return GateResult(accepted=True, text=text, rows=rows, outcome=outcome)

    def _look(self, submission: Submission) -> tuple[tuple[CheckRow, ...], str]:
        try:
            change = self._view.collect()
            diff = self._view.diff(change) if change.files else ""
        except HostileChange as error:
            return (
                CheckRow("the change can be taken over", passed=False, detail=error.reason),
            ), ""
        rows = [_present(change, submission.outcome)]
        report = self._view.policy(change)
        if change.files:
            rows.append(CheckRow("applies to the base commit", passed=True))
            rows += _policy_rows(report)
            rows += debris_rows(change, self._view.base)
            rows += _touched_rows(touched_tests(change, self._view.base))
            if row := parse_row(change, self._view.base, self._view.run):
                rows.append(row)
        rows += [self._rerun(check, change) for check in submission.checks]
        if not submission.checks and submission.outcome == Outcome.RESOLVED:
            rows.append(CheckRow("declared checks", None, "none: nothing shows that it works"))
        if report.allowed:
            rows += self._measure(change, submission)
        return tuple(rows), diff

    def _rerun(self, check: DeclaredCheck, change: Change) -> CheckRow:
        """Run a check in the agent's sandbox, once for each change that it passes on."""
        key = (check.command, hashlib.sha256(serialise(change)).hexdigest())
        if key in self._passed:
            return self._passed[key]
        exit_code, output = self._view.run(check.command, _CHECK_TIMEOUT_S)
        tail = "" if exit_code == 0 else f": {output.strip()[-_TAIL_CHARS:]}"
        row = CheckRow(f"run {check.command}", exit_code == 0, f"exit {exit_code}{tail}")
        if row.passed:
            self._passed[key] = row
        return row


def review_text(issue: IssueText, diff: str, rows: tuple[CheckRow, ...]) -> str:
    """Return the answer to a first submission."""
    parts = [
        "This is the review of your submission; nothing is handed in yet. The issue once more:",
        issue_block(issue, limits.REVIEW_ISSUE_BYTES),
        f"Your change:\n{_shortened(diff)}"
        if diff
        else "Your change: none, the tree is as it was.",
        "Checks:\n" + _table(rows),
        _QUESTIONS,
    ]
    return "\n\n".join(parts)


_QUESTIONS = """\
Ask yourself before you go on:
- Does the change do what every sentence of the issue asks for?
- Does the same flaw live in a sibling of this code?
- What do callers, the public interface and older uses get now?
- What about empty, missing, odd or unordered input?
- Are tests, documentation and changelog treated as this project does?
- Is anything left over that should not be published?
If something is missing, mend it first. Then call submit again: what you hand in then counts."""


def _still_failing(submission: Submission, rows: tuple[CheckRow, ...]) -> str:
    failing = tuple(row for row in rows if row.passed is False)
    return (
        f"Still failing in round {submission.round} of {limits.GATE_ROUNDS}:\n{_table(failing)}\n\n"
        "Mend it, or choose the outcome that is true. The next round is taken as it is; what fails "
        "then makes it partial."
    )


def _table(rows: tuple[CheckRow, ...]) -> str:
    marks = {True: "ok  ", False: "FAIL", None: "look"}
    return "\n".join(
        f"{marks[row.passed]}  {row.check}{f' · {row.detail}' if row.detail else ''}"
        for row in rows
    )


def _shortened(diff: str) -> str:
    """Return a diff, or its beginning and the files that do not fit."""
    if len(diff) <= limits.DIFF_CHARS:
        return diff
    shown = diff[: limits.DIFF_CHARS].rpartition("\n")[0]
    rest = diff[len(shown) :]
    files = [line[6:] for line in rest.splitlines() if line.startswith(("+++ b/", "--- a/"))]
    named = ", ".join(dict.fromkeys(files)) or "the last file"
    return f"{shown}\n[cut here; the rest changes {named}; see it with git diff -- PATH]"


def _present(change: Change, outcome: Outcome) -> CheckRow:
    if outcome in _WITH_CHANGE:
        detail = "" if change.files else f"there is none, but the outcome is {outcome}"
        return CheckRow("there is a change", bool(change.files), detail)
    names = ", ".join(change.paths()[:_FINDINGS])
    detail = f"the outcome is {outcome}, but these differ: {names}" if change.files else ""
    return CheckRow("the tree is as it was", not change.files, detail)


def _policy_rows(report: PolicyReport) -> list[CheckRow]:
    rows = [CheckRow("may be published", report.allowed, _findings(report.blocked))]
    if report.warned:
        rows.append(CheckRow("will be pointed out to people", None, _findings(report.warned)))
    return rows


def _touched_rows(touched: tuple[TouchedTest, ...]) -> list[CheckRow]:
    """Name the tests of the base that assert less than before, the worst first."""
    if not touched:
        return []
    order = list(Touch)
    shown = [
        f"{one.path}: {one.name} is {one.touch.value}" + (f" ({one.detail})" if one.detail else "")
        for one in sorted(touched, key=lambda one: order.index(one.touch))[:_FINDINGS]
    ]
    more = [f"and {len(touched) - _FINDINGS} more"] if len(touched) > _FINDINGS else []
    detail = "; ".join([*shown, *more])
    return [CheckRow(TESTS_NOT_AS_BEFORE, None, f"{detail}. {PUT_BACK}")]


PUT_BACK = "Put back what the issue does not ask to change; say in the summary why the rest is so."


def _findings(findings: tuple[Finding, ...]) -> str:
    shown = [f"{finding.path}: {finding.why}" if finding.path else finding.why
             for finding in findings[:_FINDINGS]]  # fmt: skip
    more = [f"and {len(findings) - _FINDINGS} more"] if len(findings) > _FINDINGS else []
    return "; ".join([*shown, *more])
