"""Ranks attempts by what was measured of them, and says in words what decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jobs.agent.task import Outcome
from jobs.evidence.evidence import EvidenceRow, Verdict
from jobs.reviewer.due import Size, size_of
from jobs.solution import Place, Solution

_HANDED_IN = {Outcome.RESOLVED, Outcome.PARTIAL}
_ANSWERS = {Outcome.NO_CHANGE_NEEDED, Outcome.NOT_REPRODUCIBLE, Outcome.NEEDS_INFORMATION}
_UNKNOWN = 1_000_000
"""New failures of a change that nobody could measure: more than any other has."""


@dataclass(frozen=True)
class Candidate:
    """What one attempt came to, or why it came to nothing."""

    attempt: int
    solution: Solution | None
    diff: str = ""
    trouble: str = ""

    @property
    def offers(self) -> bool:
        """Whether there is a change that could become the pull request."""
        return self.solution is not None and self.solution.place is Place.PULL_REQUEST

    @property
    def standing(self) -> int:
        """What it came to, the best first: a change, an answer, a piece of a change, nothing.

        A change counts that was handed in, or that what was measured speaks for.
        """
        if self.solution is None:
            return 4
        outcome = self.solution.ending.outcome
        if self.offers and (outcome in _HANDED_IN or self.proven):
            return 0
        if outcome in _ANSWERS:
            return 1
        return 2 if self.offers else 3

    @property
    def sound(self) -> bool:
        """Whether its change is clean in itself: it applies, may go out, and leaves no debris."""
        return self.offers and not (self.solution and self.solution.faults)

    @property
    def new_failures(self) -> int:
        """How many tests fail with it that did not before; very many where nobody knows."""
        evidence = self.solution.evidence if self.solution else None
        if evidence is None or not evidence.rows:
            return _UNKNOWN
        return sum(_newly_failing(row) for row in evidence.rows)

    @property
    def proven(self) -> bool:
        """Whether nothing that was measured speaks against it."""
        return bool(self.solution and self.solution.evidence and self.solution.evidence.clean)

    @property
    def size(self) -> Size:
        """How much it adds and removes."""
        return size_of(self.diff)


def _newly_failing(row: EvidenceRow) -> int:
    if row.verdict is not Verdict.NEWLY_FAILING:
        return 0
    if row.cases is not None:
        return max(1, row.count(Verdict.NEWLY_FAILING))
    more = (row.change.failed_count or 0) - (row.base.failed_count or 0)
    return max(1, more, len(set(row.change.failed) - set(row.base.failed)))


@dataclass(frozen=True)
class Facts:
    """What is known of the candidates beside themselves, by attempt."""

    foreign: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many of the others' reproductions pass with it, and how many were tried."""
    cluster: dict[int, int] = field(default_factory=dict)
    """How many attempts came to the same: the same patch, or the same answer."""
    preferred: int | None = None
    """Which one a model chose, the same twice."""


@dataclass(frozen=True)
class _Rule:
    name: str
    """What decided, for people."""
    best: Callable[[Candidate, Facts], float]
    """The smaller the better."""


_RULES = (
    _Rule("it came to more", lambda one, _: one.standing),
    _Rule("its change is whole and leaves nothing behind", lambda one, _: not one.sound),
    _Rule("it breaks the fewest tests", lambda one, _: one.new_failures),
    _Rule("nothing that was measured speaks against it", lambda one, _: not one.proven),
    _Rule(
        "it passes more of the other attempts' reproductions",
        lambda one, facts: -facts.foreign.get(one.attempt, (0, 0))[0],
    ),
    _Rule(
        "more attempts came to the same",
        lambda one, facts: -facts.cluster.get(one.attempt, 1),
    ),
)
"""In the order in which they decide; what is equal in all of them is a tie."""


def leaders(
    candidates: Sequence[Candidate], facts: Facts, most_rules: int | None = None
) -> tuple[list[Candidate], str]:
    """Return who is not behind anybody by the rules, and the rule that decided last."""
    left, decided = list(candidates), ""
    for rule in _RULES[:most_rules]:
        values = [rule.best(one, facts) for one in left]
        best = [one for one, value in zip(left, values, strict=True) if value == min(values)]
        if len(best) < len(left):
            decided = rule.name
        left = best
    return left, decided


def by_what_was_measured(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those that are worth a comparison by running: not behind by their own evidence."""
    return leaders(candidates, Facts(), most_rules=4)[0]


def chosen(candidates: Sequence[Candidate], facts: Facts) -> tuple[Candidate, str]:
    """Return the one to hand in, and why it was chosen."""
    left, decided = leaders(candidates, facts)
    if len(left) == 1:
        return left[0], decided or "it is the only one"
    for one in left:
        if one.attempt == facts.preferred:
            return one, "equal by everything measured; a model preferred it, in either order"
    smallest = min(one.size.lines for one in left)
    left = [one for one in left if one.size.lines == smallest]
    words = "equal by everything measured, and smaller" if len(left) == 1 else "equal in everything"
    return min(left, key=lambda one: one.attempt), words


def why_not(one: Candidate, winner: Candidate, facts: Facts) -> str:
    """Say why a candidate was not chosen: the first rule by which the winner is ahead."""
    if one.trouble:
        return one.trouble
    for rule in _RULES:
        if rule.best(one, facts) > rule.best(winner, facts):
            return f"not chosen: of the other, {rule.name}"
    if facts.preferred == winner.attempt:
        return "equal by everything measured; a model preferred the other"
    if one.size.lines > winner.size.lines:
        return "equal by everything measured, and larger"
    return "equal in everything, and later"
