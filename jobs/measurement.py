"""Measures a change in sandboxes that the agent never touched, once for each change."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from jobs.agent.task import CheckRow, Submission
from jobs.baseline import BaseMemory
from jobs.evidence.check import CHECK_TIMEOUT_S, DeclaredCheck
from jobs.evidence.detect import Detection
from jobs.evidence.evidence import Evidence, Verdict
from jobs.evidence.probe import Box
from jobs.evidence.run import TOTAL_S, gather
from jobs.evidence.steering import altered, steering
from jobs.job import Job
from jobs.repository.change import Change, serialise
from jobs.workplace import Workplace

_NAMED = 10


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
        return tuple(
            CheckRow(
                f"measured in a fresh sandbox: {row.command}",
                row.verdict is not Verdict.NEWLY_FAILING,
                _detail(row.verdict, row.change.summary, row.change.failed),
            )
            for row in evidence.rows
        )

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
        return gather(
            self._open,
            partial(self._open_changed, change),
            self._checks,
            declared,
            change,
            known=memory.recall(self._checks, CHECK_TIMEOUT_S),
            learn=memory.keep,
            doubts=self._doubts(change, declared),
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


def _detail(verdict: Verdict, summary: str, failing: Sequence[str]) -> str:
    names = ", ".join(failing[:_NAMED])
    return f"{verdict}: {summary}" + (f" · {names}" if names else "")


def _result(evidence: Evidence) -> str:
    return "clean" if evidence.clean else evidence.why_not_clean
