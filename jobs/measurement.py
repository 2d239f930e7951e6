"""Measures a change in sandboxes that the agent never touched, once for each change."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from jobs.agent.task import CheckRow, Submission
from jobs.baseline import BaseMemory
from jobs.evidence.check import CHECK_TIMEOUT_S, DeclaredCheck
from jobs.evidence.detect import Detection
from jobs.evidence.evidence import Evidence, EvidenceRow, Verdict
from jobs.evidence.nearby import nearby_tests
from jobs.evidence.probe import Box
from jobs.evidence.run import TOTAL_S, gather
from jobs.evidence.steering import altered, steering
from jobs.evidence.touched import touched_tests
from jobs.evidence.verdict import newly_failing
from jobs.job import Job
from jobs.repository.change import Change, serialise
from jobs.workplace import Workplace

_NAMED = 10
_PASSED = {
    Verdict.FIXED: True,
    Verdict.PASSES: True,
    Verdict.STILL_FAILING: None,
    Verdict.NEWLY_FAILING: False,
    Verdict.FLAKY: None,
    Verdict.NOT_RUN: None,
    Verdict.NO_TESTS: None,
}
"""What the gate makes of a verdict: in order, to be mended, or only worth a look."""


class Measurement:
    """The evidence of the newest change that was handed in."""

    def __init__(self, job: Job, workplace: Workplace, detection: Detection) -> None:
        self._job = job
        self._workplace = workplace
        self._checks = detection.checks
        self._problems = detection.problems
        self._of = ""
        self._evidence: Evidence | None = None
        self._most_s = TOTAL_S

    def __call__(self, change: Change, submission: Submission) -> tuple[CheckRow, ...]:
        """Return what the gate tells the agent about the evidence."""
        if not change.files:
            return ()
        evidence = self.of(change, submission)
        rows = tuple(map(_row, evidence.rows))
        doubt = CheckRow("the evidence is clean", None, f"no: {evidence.why_not_clean}")
        return rows if evidence.clean else (*rows, doubt)

    def of(self, change: Change, submission: Submission) -> Evidence:
        """Return the evidence for exactly this change; measured now unless it was already."""
        known = self.known(change, submission)
        if known is not None:
            return known
        declared = submission.checks
        evidence = self._evidence = self._clean(self._measure(change, declared))
        self._of = key = _key(change, submission)
        stored = {**evidence.to_json(), "of": key}
        self._job.keep_evidence(stored)
        self._job.log.event("measure base and change in fresh sandboxes", _result(evidence))
        return evidence

    def known(self, change: Change, submission: Submission) -> Evidence | None:
        """Return the evidence for exactly this change if it is the one that was measured last."""
        if self._evidence is None:
            self._recall()
        return self._evidence if self._of == _key(change, submission) else None

    def hurry(self, most_s: float) -> None:
        """Give everything that is measured from now on so many seconds altogether."""
        self._most_s = most_s

    def _recall(self) -> None:
        """Take over what an earlier job of this task measured last."""
        stored = self._job.task.evidence
        if stored and "of" in stored:
            self._of = stored["of"]
            self._evidence = Evidence.from_json(stored)

    def _clean(self, evidence: Evidence) -> Evidence:
        """Take secrets out of commands, names and summaries: all of them are shown and stored."""
        redactor = self._job.services.redactor
        return Evidence.from_json(redactor.clean_value(evidence.to_json()))

    def _measure(self, change: Change, declared: tuple[DeclaredCheck, ...]) -> Evidence:
        memory = BaseMemory(self._job, self._workplace)
        base = self._workplace.base.mirror.at(self._workplace.base.sha)
        return gather(
            self._open,
            partial(self._open_changed, change),
            self._checks,
            declared,
            change,
            known=memory.recall(self._checks, CHECK_TIMEOUT_S),
            learn=memory.keep,
            doubts=self._doubts(change, declared),
            touched=touched_tests(change, base),
            nearby=nearby_tests(change, base.paths()),
            total_s=self._most_s,
        )

    def _doubts(self, change: Change, declared: tuple[DeclaredCheck, ...]) -> list[str]:
        """Say what keeps the evidence from being clean, whatever the checks say."""
        base = self._workplace.base
        read = base.mirror.at(base.sha).text
        steered = steering(change, self._checks, declared, read)
        return [*self._problems, *([altered(steered)] if steered else [])]

    def _open(self) -> AbstractContextManager[Box]:
        return self._workplace.sandbox()

    @contextmanager
    def _open_changed(self, change: Change) -> Iterator[Box]:
        with self._open() as box:
            box.restore(serialise(change))
            yield box


def _key(change: Change, submission: Submission) -> str:
    return hashlib.sha256(serialise(change) + repr(submission.checks).encode()).hexdigest()


def _row(row: EvidenceRow) -> CheckRow:
    return CheckRow(
        f"measured in a fresh sandbox: {row.command}", _PASSED[row.verdict], _detail(row)
    )


def _detail(row: EvidenceRow) -> str:
    """Say what came of a check; where something newly fails, with its names and last words."""
    said = f"{row.verdict}: {row.change.summary}"
    if row.note and row.note != row.change.summary:
        said += f" ({row.note})"
    if row.verdict is not Verdict.NEWLY_FAILING:
        return said
    names = newly_failing(row)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    named = f" · {', '.join(names[:_NAMED])}{more}" if names else ""
    return f"{said}{named}" + (f":\n{row.tail.strip()}" if row.tail.strip() else "")


def _result(evidence: Evidence) -> str:
    return "clean" if evidence.clean else evidence.why_not_clean
