"""Chooses one of several attempts, and puts on record why, with what the others came to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.agent.figures import cost
from jobs.agent.task import Budget, IssueText
from jobs.attempts.chooser import Preference, answers_as_json, prefer
from jobs.attempts.cross import cross_run
from jobs.attempts.log import Board
from jobs.attempts.patches import clusters
from jobs.attempts.score import (
    Candidate,
    Facts,
    by_what_was_measured,
    chosen,
    leaders,
    why_not,
)
from jobs.job import Job
from jobs.workplace import Workplace
from records.task import Progress

CHOICE = "choice"
"""The kind of the entry that says which attempt was chosen."""
_LONGEST_DIFF = 100_000
_NO_PREFERENCE = Preference(None, "")


@dataclass(frozen=True)
class Judge:
    """What attempts are compared with."""

    job: Job
    workplace: Workplace
    board: Board
    issue: IssueText
    budget: Budget

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the attempt to hand in; why is on record when this returns."""
        compared = [one for one in by_what_was_measured(candidates) if one.offers]
        foreign = cross_run(compared, self.workplace) if len(compared) > 1 else {}
        alike = clusters({one.attempt: one.diff for one in candidates if one.sound})
        facts = Facts(foreign, {**_same_answers(candidates), **alike})
        preference = self._preference(candidates, facts)
        facts = replace(facts, preferred=preference.attempt)
        winner, why = chosen(candidates, facts)
        self._note(candidates, winner, why, facts, preference)
        return winner

    def _preference(self, candidates: Sequence[Candidate], facts: Facts) -> Preference:
        """Ask a model where the measurements leave several that are not the same patch."""
        left, _ = leaders(candidates, facts)
        once = {facts.cluster.get(one.attempt, 1) for one in left}
        same = len(once) == 1 and once == {len(left)}
        if len(left) == 1 or same or not left[0].offers or self._is_spent():
            return _NO_PREFERENCE
        wire = self.job.services.open_wire(self.job.task.id, self.job.task.model)
        try:
            return prefer(self.issue, left, wire, self.budget, self.job.watch.halted)
        finally:
            wire.close()

    def _is_spent(self) -> bool:
        """Say whether the task's tokens or money are used up already."""
        settings, so_far = self.job.services.settings, self.board.together()
        used = so_far.input_tokens + so_far.output_tokens
        dear = settings.task_max_usd is not None and so_far.cost_usd >= settings.task_max_usd
        return used >= settings.task_max_tokens or dear

    def _note(
        self,
        candidates: Sequence[Candidate],
        winner: Candidate,
        why: str,
        facts: Facts,
        preference: Preference,
    ) -> None:
        entry = {
            "title": f"choose among {len(candidates)} attempts",
            "result": f"attempt {winner.attempt}: {why}",
            "text": answers_as_json(preference) if preference.answers else "",
            "chosen": winner.attempt,
            "why": why,
            "preference": preference.why,
            "candidates": [_as_json(one, winner, facts) for one in candidates],
        }

        def take(_kept: dict[str, Any]) -> Progress:
            return self._charged(preference)

        self.job.log.record(CHOICE, entry, take)

    def _charged(self, preference: Preference) -> Progress:
        used = [answer.usage for answer in preference.answers if answer.usage]
        more = Progress(
            input_tokens=sum(one["input"] + one.get("lost", 0) for one in used),
            output_tokens=sum(one["output"] for one in used),
            cost_usd=sum(cost(dict(one), self.budget.prices) for one in used),
        )
        return self.board.charge(more)


def _same_answers(candidates: Sequence[Candidate]) -> dict[int, int]:
    """Return how many attempts came to the same answer, for those that have no change."""
    outcomes = {one.attempt: one.solution.ending.outcome for one in candidates
                if one.solution and not one.offers}  # fmt: skip
    sizes = Counter(outcomes.values())
    return {attempt: sizes[outcome] for attempt, outcome in outcomes.items()}


def _as_json(one: Candidate, winner: Candidate, facts: Facts) -> dict[str, Any]:
    """Return one line of the table that people see, with the whole of its change."""
    solution = one.solution
    evidence = solution.evidence if solution else None
    known = evidence is not None and bool(evidence.rows)
    foreign = facts.foreign.get(one.attempt)
    return {
        "attempt": one.attempt,
        "outcome": solution.ending.outcome.value if solution else "failed",
        "explanation": solution.ending.explanation if solution else one.trouble,
        "summary": _summary(one),
        "why": "chosen" if one is winner else why_not(one, winner, facts),
        "sound": one.sound,
        "faults": list(solution.faults) if solution else [],
        "refused": solution.refused if solution else "",
        "new_failures": one.new_failures if known else None,
        "clean": one.proven,
        "why_not_clean": evidence.why_not_clean if evidence else "",
        "foreign": list(foreign) if foreign else None,
        "cluster": facts.cluster.get(one.attempt, 1),
        "files": len(solution.change.files) if solution else 0,
        "added": one.size.added,
        "removed": one.size.removed,
        "diff": one.diff[:_LONGEST_DIFF],
    }


def _summary(one: Candidate) -> str:
    said = one.solution.ending.submission if one.solution else None
    return said.summary if said else ""
