"""Brings out what the agent changed, however its work ended: collected, looked over, measured."""

from typing import Any

import structlog

from bot.comments import not_measured
from jobs.agent.debris import debris_rows, without_caches
from jobs.agent.parses import Run, parse_row
from jobs.agent.task import Ending, Outcome, Submission
from jobs.agent.view import SandboxView
from jobs.checkout import Base
from jobs.evidence.evidence import Evidence
from jobs.job import Job
from jobs.measurement import Measurement
from jobs.repository import policy
from jobs.repository.change import Change, HostileChange, parse
from jobs.repository.policy import Finding, PolicyReport
from jobs.sandbox import SandboxError, SandboxLost
from jobs.solution import Place, Solution
from records.checkpoints import Checkpoint

CUT_SHORT_S = 300.0
"""Of measuring a change that nobody handed in: somebody waits for it, and it is half done."""
ENDING = "ending"
"""The kind of the entry that says in the log how the agent's work ended."""
_UNSAID = Submission(Outcome.PARTIAL, "", "")
"""Stands for the words of an agent that did not come to any."""

_log = structlog.get_logger()


class Harvest:
    """Takes the change out of a sandbox that lives, or out of what was saved of one that does not.

    How the work ended is on record before anything is measured or published: a job that follows a
    killed one brings out the same change, and the agent does not work on.
    """

    def __init__(self, job: Job, base: Base, measure: Measurement | None = None) -> None:
        self._job = job
        self._base = base.mirror.at(base.sha)
        self._rules = base.path_rules(job.task)
        self._measurement = measure
        """Without one, only what is known of the change already counts as evidence."""

    def recorded_end(self) -> Ending | None:
        """Return how the work ended by an earlier job's word, if it did."""
        ends = [content for kind, content in self._job.log.entries() if kind == ENDING]
        return _ending_from(ends[-1]) if ends else None

    def living(self, ending: Ending, view: SandboxView) -> Solution:
        """Return what the sandbox holds; what was saved last, if that is lost in this moment."""
        try:
            change = view.collect()
        except HostileChange as hostile:
            return self._unpublished(ending, hostile.reason)
        except SandboxLost:
            return self.saved(ending)
        self._note(ending)
        return self._looked_over(ending, change, view.run)

    def saved(self, ending: Ending, checkpoint: Checkpoint | None = None) -> Solution:
        """Return what a checkpoint holds; without one, the last of this attempt."""
        checkpoint = checkpoint or self._job.checkpoint()
        if self.recorded_end() is None:
            self._note(ending)
        if checkpoint is None:
            return self._unpublished(ending)
        try:
            change = without_caches(parse(checkpoint.content), self._base)
        except HostileChange as hostile:
            return self._unpublished(ending, hostile.reason)
        return self._looked_over(ending, change, None)

    def _looked_over(self, ending: Ending, change: Change, run: Run | None) -> Solution:
        if not change.files:
            return self._unpublished(ending)
        secrets = secrets_of(self._job)
        report = policy.review(change, self._base, live_secrets=secrets, rules=self._rules)
        if not report.allowed:
            return self._unpublished(ending, _in_words(report.blocked), change, report)
        faults = () if ending.outcome is Outcome.RESOLVED else self._faults(change, run)
        solution = Solution(ending, change, report, faults=faults)
        return Solution(ending, change, report, self._evidence(solution), faults=faults)

    def _unpublished(
        self,
        ending: Ending,
        refused: str = "",
        change: Change | None = None,
        report: PolicyReport | None = None,
    ) -> Solution:
        # What an earlier round measured is about a change that nobody will see.
        self._job.keep_evidence(None)
        found = report or PolicyReport((), ())
        return Solution(ending, change or Change(), found, refused=refused)

    def _faults(self, change: Change, run: Run | None) -> tuple[str, ...]:
        """Look over a change that the gate did not let pass, or never saw."""
        rows = list(debris_rows(change, self._base))
        if run is not None:
            try:
                row = parse_row(change, self._base, run)
            except SandboxError:
                row = None  # the sandbox went meanwhile, with the change in our hands
            rows += [row] if row else []
        return tuple(f"{row.check}? No: {row.detail}" for row in rows if row.passed is False)

    def _evidence(self, solution: Solution) -> Evidence:
        ending, change = solution.ending, solution.change
        said = ending.submission or _UNSAID
        measure = self._measurement
        if measure and (known := measure.known(change, said)):
            return known
        if solution.place is Place.BRANCH:
            return self._not_measured("nobody handed the change in")
        if measure is None or self._job.watch.halted.is_set():
            return self._not_measured("the work could not go on")
        if ending.outcome is Outcome.RESOLVED:
            return measure.of(change, said)
        measure.hurry(CUT_SHORT_S)
        try:
            return measure.of(change, said)
        except SandboxError as error:
            _log.warning("harvest.not_measured", task=self._job.task.id, exc_info=True)
            return self._not_measured(f"no sandbox could be had for it ({error})")

    def _not_measured(self, why: str) -> Evidence:
        evidence = Evidence((), clean=False, why_not_clean=not_measured(why))
        clean = self._job.services.redactor.clean_value(evidence.to_json())
        self._job.keep_evidence(clean)
        return Evidence.from_json(clean)

    def _note(self, ending: Ending) -> None:
        """Put the end on record; a job that is asked to leave leaves it open."""
        if self._job.watch.halted.is_set():
            return
        self._job.log.keep(ENDING, _entry(ending))


def secrets_of(job: Job) -> tuple[str, ...]:
    """Return what must not be in a change."""
    return tuple(secret for secret in job.services.settings.secrets() if secret)


def _entry(ending: Ending) -> dict[str, Any]:
    cause = f", {ending.cause}" if ending.cause else ""
    return {
        "outcome": ending.outcome.value,
        "cause": ending.cause,
        "explanation": ending.explanation,
        "submission": ending.submission.as_json() if ending.submission else None,
        "title": "the agent's work ended",
        "result": f"{ending.outcome.value.replace('_', ' ')}{cause}",
        "text": ending.explanation,
    }


def _ending_from(entry: dict[str, Any]) -> Ending:
    said = entry["submission"]
    return Ending(
        Outcome(entry["outcome"]),
        Submission.from_json(said) if said else None,
        entry["explanation"],
        entry["cause"],
    )


def _in_words(findings: tuple[Finding, ...]) -> str:
    return "; ".join(f"`{one.path}`: {one.why}" if one.path else one.why for one in findings[:5])
