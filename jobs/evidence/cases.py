"""Compares the single tests of a check's two runs."""

from collections.abc import Iterable, Mapping

from jobs.evidence.evidence import CaseGroup, CaseState, Verdict
from jobs.evidence.outcome import Outcome, State

MAX_NAMED = 30
"""Of each verdict; all are counted."""

Cases = Mapping[Verdict, CaseGroup]

_SKIPPED = " (skipped)"


def compare_cases(base: Outcome, change: Outcome) -> Cases | None:
    """Put each test under what the change did to it; None where one of the sides names no tests."""
    if not change.cases or not (base.cases or base.state in {State.NO_TESTS, State.CANNOT_RUN}):
        return None
    found: dict[Verdict, list[str]] = {}
    for name, after in change.cases.items():
        verdict = _verdict(base, base.cases.get(name), after)
        if verdict:
            shown = name + (_SKIPPED if after is CaseState.SKIPPED else "")
            found.setdefault(verdict, []).append(shown)
    if change.whole:
        found.setdefault(Verdict.NOT_RUN, []).extend(_gone(base, change))
    return {verdict: _group(verdict, names) for verdict, names in found.items() if names}


def _group(verdict: Verdict, names: list[str]) -> CaseGroup:
    shown = 0 if verdict is Verdict.PASSES else MAX_NAMED
    return CaseGroup(len(names), tuple(names[:shown]))


def as_flaky(cases: Cases, passed: Iterable[str]) -> Cases:
    """Take the newly failing tests that passed when they were run again for flaky."""
    again = set(passed)
    failing = cases[Verdict.NEWLY_FAILING].names
    flaky = tuple(name for name in failing if name in again)
    left = tuple(name for name in failing if name not in again)
    moved = {Verdict.NEWLY_FAILING: left, Verdict.FLAKY: flaky}
    groups = {verdict: CaseGroup(len(names), names) for verdict, names in moved.items() if names}
    return {**{of: group for of, group in cases.items() if of not in moved}, **groups}


def _verdict(base: Outcome, before: CaseState | None, after: CaseState) -> Verdict | None:
    ran = before in {CaseState.PASSED, CaseState.FAILED}
    match after:
        case CaseState.SKIPPED:
            return Verdict.NOT_RUN if ran else None
        case CaseState.PASSED:
            unheard_of = before is None and base.state is State.CANNOT_RUN
            return Verdict.FIXED if before is CaseState.FAILED or unheard_of else Verdict.PASSES
        case CaseState.FAILED:
            # Of a base that was cut short, a name that is missing may have failed there as well.
            known = before in {CaseState.PASSED, CaseState.SKIPPED} or (not before and base.whole)
            return Verdict.NEWLY_FAILING if known else Verdict.STILL_FAILING


def _gone(base: Outcome, change: Outcome) -> list[str]:
    """Name the tests that ran on the base and are not among those of the change."""
    files = {name.partition("::")[0] for name in change.cases}
    return [
        name
        for name, before in base.cases.items()
        if name not in change.cases
        and before is not CaseState.SKIPPED
        # A file that could not be imported fails under its own name, until it can be.
        and f"{name.replace('.', '/')}.py" not in files
    ]
