"""Which attempt is chosen: by what was measured first, by a model only where that says nothing."""

from itertools import permutations

import pytest

from jobs.agent.task import Outcome
from jobs.attempts.score import Candidate, Facts, by_what_was_measured, chosen, why_not
from jobs.evidence.evidence import CaseGroup, Verdict
from tests.selection.given import candidate, nothing, row

BREAKS = row(Verdict.NEWLY_FAILING, "a", "b")
BREAKS_MORE = row(Verdict.NEWLY_FAILING, "a", "b", "c")
UNNAMED = row(Verdict.NEWLY_FAILING)
HIDDEN = row(
    Verdict.NEWLY_FAILING,
    "a",
    cases={Verdict.FIXED: CaseGroup(2), Verdict.NEWLY_FAILING: CaseGroup(3)},
)
"""What it mends hides from the totals what it breaks."""
NOTHING_KNOWN = Facts()

CASES: dict[str, tuple[list[Candidate], Facts, int]] = {
    "a change before none": ([nothing(1), candidate(2)], NOTHING_KNOWN, 2),
    "an answer before a piece of a change": (
        [candidate(1, BREAKS, outcome=Outcome.BUDGET), nothing(2)],
        NOTHING_KNOWN,
        2,
    ),
    "a piece that is proven before an answer": (
        [nothing(1), candidate(2, outcome=Outcome.BUDGET)],
        NOTHING_KNOWN,
        2,
    ),
    "a piece of a change before nothing": (
        [nothing(1, Outcome.MODEL_ERROR), candidate(2, BREAKS, outcome=Outcome.LOOP)],
        NOTHING_KNOWN,
        2,
    ),
    "the answer of more attempts": (
        [nothing(1, Outcome.NEEDS_INFORMATION), nothing(2), nothing(3)],
        Facts(cluster={1: 1, 2: 2, 3: 2}),
        2,
    ),
    "an attempt that ended in nothing before one that did not end": (
        [Candidate(1, None, trouble="it failed"), nothing(2, Outcome.MODEL_ERROR)],
        NOTHING_KNOWN,
        2,
    ),
    "a failed attempt is behind": (
        [Candidate(1, None, trouble="it failed"), candidate(2, BREAKS)],
        NOTHING_KNOWN,
        2,
    ),
    "what may not be published is behind": (
        [candidate(1, refused="`.github/x`: no"), candidate(2, BREAKS)],
        NOTHING_KNOWN,
        2,
    ),
    "what nobody offered is behind": (
        [candidate(1, outcome=Outcome.NEEDS_INFORMATION), candidate(2, BREAKS)],
        NOTHING_KNOWN,
        2,
    ),
    "debris is worse than a new failure": (
        [candidate(1, faults=("no debris? No: repro.py",)), candidate(2, BREAKS)],
        NOTHING_KNOWN,
        2,
    ),
    "fewer new failures": (
        [candidate(1, BREAKS_MORE), candidate(2, BREAKS), candidate(3, BREAKS, UNNAMED)],
        Facts(foreign={1: (2, 2)}),
        2,
    ),
    "a failure that a mended one hides is counted": (
        [candidate(1, HIDDEN), candidate(2, BREAKS)],
        NOTHING_KNOWN,
        2,
    ),
    "more foreign reproductions before a larger cluster": (
        [candidate(1), candidate(2), candidate(3)],
        Facts(foreign={1: (0, 2), 2: (0, 2), 3: (1, 2)}, cluster={1: 2, 2: 2, 3: 1}),
        3,
    ),
    "a larger cluster before a model's preference": (
        [candidate(1), candidate(2, lines=9), candidate(3, lines=8)],
        Facts(cluster={1: 1, 2: 2, 3: 2}, preferred=1),
        3,
    ),
    "a model's preference before size": (
        [candidate(1), candidate(2, lines=9)],
        Facts(preferred=2),
        2,
    ),
    "the smaller one": ([candidate(1, lines=9), candidate(2, lines=8)], NOTHING_KNOWN, 2),
    "the first of equals": ([candidate(1), candidate(2)], NOTHING_KNOWN, 1),
}


@pytest.mark.parametrize(("candidates", "facts", "winner"), CASES.values(), ids=CASES)
def test_the_order_of_the_rules(candidates: list[Candidate], facts: Facts, winner: int) -> None:
    best, why = chosen(candidates, facts)
    assert best.attempt == winner
    assert why
    assert all(why_not(one, best, facts) for one in candidates if one is not best)


def test_the_order_of_the_attempts_decides_only_between_equals() -> None:
    for candidates, facts, winner in list(CASES.values())[:-1]:
        for order in permutations(candidates):
            assert chosen(order, facts)[0].attempt == winner


def test_the_reason_names_the_rule_that_decided() -> None:
    candidates = [candidate(1, BREAKS), candidate(2), candidate(3)]
    facts = Facts(foreign={2: (1, 1), 3: (0, 1)})
    best, why = chosen(candidates, facts)
    assert (best.attempt, why) == (2, "it passes more of the other attempts' reproductions")
    assert why_not(candidates[0], best, facts).endswith("it breaks the fewest tests")


def test_only_what_is_not_behind_already_is_compared_by_running() -> None:
    compared = by_what_was_measured([candidate(1, BREAKS), candidate(2), nothing(3), candidate(4)])
    assert [one.attempt for one in compared] == [2, 4]


def test_what_nobody_measured_is_behind_what_breaks_a_test() -> None:
    unknown = candidate(1)
    assert unknown.solution
    bare = Candidate(1, type(unknown.solution)(unknown.solution.ending, unknown.solution.change))
    assert chosen([bare, candidate(2, BREAKS_MORE)], NOTHING_KNOWN)[0].attempt == 2
