"""Compares a check's two runs, and says what all checks together come to."""

from collections.abc import Collection, Sequence

from jobs.evidence.cases import Cases
from jobs.evidence.evidence import Evidence, EvidenceRow, Touch, TouchedTest, Verdict
from jobs.evidence.outcome import Outcome, State

MAX_NAMED = 5


def compare(base: Outcome, change: Outcome, cases: Cases | None = None) -> tuple[Verdict, str]:
    """Say what the change did to a check, with a note where the verdict needs one."""
    ran_before = base.state in {State.PASSED, State.FAILED}
    match change.state:
        case State.NOT_REACHED:
            return Verdict.NOT_RUN, change.note
        case State.TIMED_OUT if cases and Verdict.NEWLY_FAILING in cases:
            return Verdict.NEWLY_FAILING, change.note
        case State.CANNOT_RUN | State.TIMED_OUT:
            verdict = Verdict.NEWLY_FAILING if ran_before else Verdict.NOT_RUN
            return verdict, change.note
        case State.NO_TESTS:
            verdict = Verdict.NEWLY_FAILING if ran_before else Verdict.NO_TESTS
            return verdict, change.note or ("no tests are left" if ran_before else "")
        case State.PASSED:
            return _passing(base, change)
        case State.FAILED:
            return _failing(base, change, cases)


def sum_up(
    rows: tuple[EvidenceRow, ...],
    declared: frozenset[int] = frozenset(),
    doubts: Sequence[str] = (),
    touched: tuple[TouchedTest, ...] = (),
    changed: Collection[str] = (),
) -> Evidence:
    """Decide whether the rows prove the change; `declared` are the places of the agent's checks.

    `doubts` are what was known against it before anything was run, `touched` the tests that the
    change does not leave as they were, and `changed` its paths.
    """
    why = [*doubts, *_less_is_asserted(touched)]
    why += [reason for place, row in enumerate(rows) if (reason := _doubt(row, place in declared))]
    why += [reason for row in rows if (reason := _vanished(row, changed))]
    if not why and not any(_proves(row, place in declared) for place, row in enumerate(rows)):
        why = [_nothing(rows)]
    more = f"; and {len(why) - MAX_NAMED} more" if len(why) > MAX_NAMED else ""
    return Evidence(rows, not why, "; ".join(why[:MAX_NAMED]) + more, touched)


def newly_failing(row: EvidenceRow) -> tuple[str, ...]:
    """Name the tests that fail on the change and did not on the base; those known by name."""
    if row.cases is not None:
        group = row.cases.get(Verdict.NEWLY_FAILING)
        return group.names if group else ()
    before = set(row.base.failed)
    return tuple(name for name in row.change.failed if name not in before)


def _less_is_asserted(touched: Sequence[TouchedTest]) -> list[str]:
    lesser = {
        touch: [one.name for one in touched if one.touch is touch]
        for touch in (Touch.DELETED, Touch.SKIPPED, Touch.WEAKENED)
    }
    return [
        f"tests of the base are {touch.value}: {_some(names)}"
        for touch, names in lesser.items()
        if names
    ]


def _vanished(row: EvidenceRow, changed: Collection[str]) -> str:
    """Say which tests are not run any more, although the change leaves their files alone.

    Or how many, where a suite goes on failing and fewer of its tests pass.
    """
    group = (row.cases or {}).get(Verdict.NOT_RUN)
    places = ((name, name.partition("::")) for name in (group.names if group else ()))
    gone = [name for name, (path, between, _) in places if between and path not in changed]
    if not gone:
        fewer = (row.change.passed_count or 0) < (row.base.passed_count or 0)
        said = f"{row.name}: {group.count if group else 0} tests that ran before are not run"
        return said if group and fewer and row.verdict is Verdict.STILL_FAILING else ""
    return f"{row.name}: no longer run, in files that are as before: {_some(gone)}"


def _passing(base: Outcome, change: Outcome) -> tuple[Verdict, str]:
    if base.state is State.NOT_REACHED:
        return Verdict.PASSES, "the base was not reached in time"
    if base.state not in {State.PASSED, State.NO_TESTS}:
        return Verdict.FIXED, change.note
    before, after = base.side.passed_count, change.side.passed_count
    if before is not None and after is not None and after < before:
        return Verdict.PASSES, f"{before - after} fewer tests pass than before"
    return Verdict.PASSES, change.note


def _failing(base: Outcome, change: Outcome, cases: Cases | None) -> tuple[Verdict, str]:
    if base.state is State.NOT_REACHED:
        return Verdict.STILL_FAILING, "the base was not reached in time"
    if base.state in {State.PASSED, State.NO_TESTS}:
        return Verdict.NEWLY_FAILING, change.note
    if cases is not None and base.state is not State.CANNOT_RUN:
        newly = Verdict.NEWLY_FAILING in cases
        return (Verdict.NEWLY_FAILING if newly else Verdict.STILL_FAILING), change.note
    new = [name for name in change.side.failed if name not in set(base.side.failed)]
    before, after = base.side.failed_count, change.side.failed_count
    complete = before is not None and len(base.side.failed) >= before
    more = before is not None and after is not None and after > before
    if base.state is State.FAILED and ((new and complete) or more):
        return Verdict.NEWLY_FAILING, change.note
    return Verdict.STILL_FAILING, change.note


def _doubt(row: EvidenceRow, declared: bool) -> str:
    """Say why this row keeps the evidence from being clean, or nothing."""
    if row.verdict is Verdict.NEWLY_FAILING:
        why = ", ".join(newly_failing(row)[:MAX_NAMED]) or row.note
        return f"{row.name}: newly failing" + (f" ({why})" if why else "")
    if declared and row.verdict not in {Verdict.FIXED, Verdict.PASSES}:
        return f"{row.name}: the check that the agent named does not pass"
    if row.required and row.verdict in {Verdict.NOT_RUN, Verdict.NO_TESTS}:
        return f"{row.name}: {row.verdict.value}" + (f" ({row.note})" if row.note else "")
    if row.verdict is Verdict.STILL_FAILING and row.change.failed_count is None:
        return f"{row.name}: fails as before, and which tests fail cannot be told"
    fewer = row.verdict is Verdict.PASSES and "fewer tests" in row.note
    if fewer or row.verdict is Verdict.FLAKY:
        return f"{row.name}: {row.note}"
    return ""


def _proves(row: EvidenceRow, declared: bool) -> bool:
    if row.verdict is Verdict.FIXED:
        return True
    if declared:  # a command that passes on both sides shows nothing about the change
        return False
    if row.verdict is Verdict.STILL_FAILING:
        return bool(row.change.passed_count)
    return row.verdict is Verdict.PASSES


def _nothing(rows: tuple[EvidenceRow, ...]) -> str:
    for row in rows:
        if row.verdict is Verdict.NOT_RUN:
            return f"{row.name}: could not run" + (f" ({row.note})" if row.note else "")
    if any(row.verdict is Verdict.NO_TESTS for row in rows):
        return "there are no tests"
    return "no check was found" if not rows else "nothing that ran says anything about the change"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
