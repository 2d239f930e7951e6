"""What comparing attempts is tried with: candidates whose evidence the test decides."""

from typing import Any

from jobs.agent.task import Ending, Outcome, Submission
from jobs.attempts.score import Candidate
from jobs.evidence.check import DeclaredCheck
from jobs.evidence.evidence import Evidence, EvidenceRow, Side, Verdict
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.solution import Solution

CHECK = DeclaredCheck("pytest -q test_tax.py", "it rounds")


def row(verdict: Verdict = Verdict.FIXED, *failing: str, **more: Any) -> EvidenceRow:
    """One check; `failing` fails on the change and not on the base."""
    base = Side(1 if verdict is Verdict.FIXED else 0, "before", failed_count=0)
    change = Side(int(bool(failing)), "after", failing, failed_count=len(failing))
    given: dict[str, Any] = {"name": "tests", "command": CHECK.command, **more}
    return EvidenceRow(base=base, change=change, verdict=verdict, **given)


def evidence(*rows: EvidenceRow) -> Evidence:
    bad = any(one.verdict is Verdict.NEWLY_FAILING for one in rows)
    return Evidence(rows, clean=not bad, why_not_clean="newly failing" if bad else "")


def change(text: str = "x\n", path: str = "tax.py") -> Change:
    return Change((ChangedFile(path, FileMode.REGULAR, text.encode()),))


def diff(*lines: str, path: str = "tax.py") -> str:
    """A unified diff with these lines, each with its sign."""
    body = "\n".join(lines)
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{body}\n"


def candidate(
    attempt: int,
    *rows: EvidenceRow,
    lines: int = 1,
    outcome: Outcome = Outcome.RESOLVED,
    **more: Any,
) -> Candidate:
    """An attempt that handed in a change of so many lines, with this evidence."""
    submission = Submission(outcome, "done", "Do it", (CHECK,))
    ending = Ending(outcome, submission, "It is done.")
    measured = evidence(*(rows or (row(),)))
    solution = Solution(ending, change(f"{attempt}\n"), evidence=measured, **more)
    added = [f"+line {number} of {attempt}" for number in range(lines)]
    return Candidate(attempt, solution, diff(*added))


def nothing(attempt: int, outcome: Outcome = Outcome.NO_CHANGE_NEEDED) -> Candidate:
    """An attempt that came to no change."""
    return Candidate(attempt, Solution(Ending(outcome, None, "Nothing.")))
