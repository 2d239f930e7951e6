"""Runs every check on the base and on the change, each in a sandbox of its own, side by side."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.plain_text import one_line
from jobs.evidence.cases import compare_cases
from jobs.evidence.check import CHECK_TIMEOUT_S, Check, DeclaredCheck
from jobs.evidence.evidence import Evidence, EvidenceRow, TouchedTest, Verdict
from jobs.evidence.outcome import MAX_SUMMARY, Outcome, State
from jobs.evidence.probe import Box, Probe
from jobs.evidence.second_run import SecondRun
from jobs.evidence.verdict import compare, sum_up
from jobs.repository.change import Change, serialise
from jobs.repository.test_files import is_test, is_test_module

TOTAL_S = 1_500.0
MAX_DECLARED = 5
MAX_COMMAND = 2_000

_LANGUAGES = (
    (("pytest", "python", "unittest", "tox", "nox"), (".py",)),
    (
        ("node", "npm", "npx", "jest", "mocha", "vitest"),
        (".js", ".cjs", ".mjs", ".ts", ".jsx", ".tsx"),
    ),
    (("go test",), (".go",)),
)


Open = Callable[[], AbstractContextManager[Box]]
"""Opens a box with the project in it, for as long as its block lasts."""
Learn = Callable[[Check, Outcome], object]
"""Is told what a check of the project said about the base, where nobody knew it before."""


def _forget(_check: Check, _outcome: Outcome) -> None:
    return


@dataclass(frozen=True)
class _Planned:
    check: Check
    over_new_tests: bool
    """Whether the base gets the change's test files first, so that a new test can fail there."""
    declared: bool = False


@dataclass(frozen=True)
class _BaseSide:
    """The base: what is known of it is not measured, and what is measured is made known."""

    open: Open
    deadline: float
    new_tests: bytes | None
    learn: Learn

    def measure(
        self, planned: Sequence[_Planned], known: Mapping[str, Outcome]
    ) -> dict[_Planned, Outcome]:
        """Return the outcomes; without anything to measure no box is opened."""
        seen, own, new_tests = dict(known), {}, self.new_tests
        if not all(self.is_in(seen, plan) for plan in planned):
            with self.open() as box:
                probe = Probe(box, self.deadline)
                for plan in planned:
                    if self.is_in(seen, plan):
                        continue
                    if plan.over_new_tests and new_tests:
                        box.restore(new_tests)
                        new_tests = None
                    own[plan] = probe.run(plan.check)
                    if not plan.over_new_tests:
                        seen[plan.check.command] = own[plan]
                        self.learn(plan.check, own[plan])
        return {plan: own.get(plan) or seen[plan.check.command] for plan in planned}

    def is_in(self, known: Mapping[str, Outcome], plan: _Planned) -> bool:
        """Say whether what is known of the base as it is answers for a check."""
        as_it_is = not (plan.over_new_tests and self.new_tests)
        return as_it_is and plan.check.command in known


def gather(
    open_base: Open,
    open_change: Open,
    checks: Sequence[Check],
    declared: Sequence[DeclaredCheck] = (),
    change: Change | None = None,
    *,
    known: Mapping[str, Outcome] = MappingProxyType({}),
    learn: Learn = _forget,
    doubts: Sequence[str] = (),
    touched: tuple[TouchedTest, ...] = (),
    nearby: Sequence[str] = (),
    total_s: float = TOTAL_S,
) -> Evidence:
    """Measure a change, in a box of `open_base` with the base and one of `open_change` with it.

    `known` says what the project's own checks said about the base before, by command. `doubts` are
    reasons known beforehand why no result can be clean, `touched` the tests that the change does
    not leave as they were. `nearby` are the test files next to what it changes: they are run by
    themselves where the whole suite does not end in its time.
    """
    change = change or Change()
    deadline = time.monotonic() + total_s
    side = _BaseSide(open_base, deadline, _test_files(change), learn)
    planned = [*_project_checks(checks, change), *_declared_checks(declared)]
    pairs = _both_sides(planned, side, open_change, known)
    if any(_is_cut_short(plan, changed) for plan, _, changed in pairs):
        pairs += _both_sides(_about(checks, nearby, new=False), side, open_change, {})
    again = SecondRun(open_change, deadline)
    rows = [(plan, _row(plan.check, base, changed, again)) for plan, base, changed in pairs]
    # Shown in the order of what they prove: the new tests first, the whole suite after them.
    rows.sort(key=lambda pair: not pair[0].over_new_tests)
    places = frozenset(place for place, (plan, _) in enumerate(rows) if plan.declared)
    return sum_up(tuple(row for _, row in rows), places, doubts, touched, change.paths())


def _both_sides(
    planned: Sequence[_Planned],
    side: _BaseSide,
    open_change: Open,
    known: Mapping[str, Outcome],
) -> list[tuple[_Planned, Outcome, Outcome]]:
    """Run checks on the base and on the change, at the same time."""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="evidence") as pool:
        before = pool.submit(side.measure, planned, known)
        after = pool.submit(_on_change, open_change, side.deadline, planned)
        base, changed = before.result(), after.result()
    remembered = [plan for plan in planned if side.is_in(known, plan)]
    base |= side.measure(_credited(remembered, base, changed), {})
    return [(plan, base[plan], changed[plan]) for plan in planned]


def _is_cut_short(plan: _Planned, changed: Outcome) -> bool:
    late = changed.state in {State.TIMED_OUT, State.NOT_REACHED}
    return late and not plan.declared and not plan.over_new_tests


def _on_change(
    open_change: Open, deadline: float, planned: Sequence[_Planned]
) -> dict[_Planned, Outcome]:
    if not planned:
        return {}
    checks = {plan.check.command: plan.check for plan in reversed(planned)}
    with open_change() as box:
        probe = Probe(box, deadline)
        ran = {
            command: probe.run(checks[command])
            for command in dict.fromkeys(plan.check.command for plan in planned)
        }
    return {plan: ran[plan.check.command] for plan in planned}


def _credited(
    remembered: Sequence[_Planned],
    base: Mapping[_Planned, Outcome],
    changed: Mapping[_Planned, Outcome],
) -> list[_Planned]:
    """Name the checks that the change would be praised for because of an old failure.

    A failure of yesterday may have been the machine's; it has to be seen again.
    """
    return [
        plan
        for plan in remembered
        if changed[plan].state is State.PASSED
        and base[plan].state not in {State.PASSED, State.NO_TESTS}
    ]


def _project_checks(checks: Sequence[Check], change: Change) -> list[_Planned]:
    whole = [
        _Planned(check, over_new_tests=False) for check in checks if not check.wants_changed_tests
    ]
    modules = [f.path for f in change.files if not f.deleted and is_test_module(f.path)]
    return [*whole, *_about(checks, modules, new=True)]


def _about(checks: Sequence[Check], modules: Sequence[str], *, new: bool) -> list[_Planned]:
    """Plan the checks that can be about some test files only: the change's own, or others."""
    about = []
    for check in checks:
        mine = tuple(path for path in modules if path.endswith(_endings(check.command)))
        if check.wants_changed_tests and mine:
            name = check.name if new else f"{check.name.partition(',')[0]}, next to the change"
            about.append(_Planned(replace(check.about(mine), name=name), over_new_tests=new))
    return about


def _declared_checks(declared: Sequence[DeclaredCheck]) -> list[_Planned]:
    once = {check.command.strip(): check for check in declared if check.command.strip()}
    return [
        _Planned(
            Check(
                one_line(check.shows, MAX_SUMMARY) or "declared by the agent",
                command[:MAX_COMMAND],
                CHECK_TIMEOUT_S,
                source="declared by the agent",
            ),
            over_new_tests=True,
            declared=True,
        )
        for command, check in list(once.items())[:MAX_DECLARED]
    ]


def _endings(command: str) -> tuple[str, ...]:
    for words, endings in _LANGUAGES:
        if any(word in command for word in words):
            return endings
    return ("",)


def _test_files(change: Change) -> bytes | None:
    tests = tuple(f for f in change.files if not f.deleted and is_test(f.path))
    return serialise(Change(tests)) if tests else None


def _row(check: Check, base: Outcome, change: Outcome, again: SecondRun) -> EvidenceRow:
    cases = compare_cases(base, change)
    verdict, note = compare(base, change, cases)
    if verdict is Verdict.NEWLY_FAILING:
        verdict, note, cases = again.look(check, change, cases, note)
    met = [*change.limits, *(f"on the base: {words}" for words in base.limits)]
    return EvidenceRow(
        name=check.name,
        command=check.command,
        base=base.side,
        change=change.side,
        verdict=verdict,
        note="; ".join(filter(None, (note, *met))),
        source=check.source,
        required=check.required,
        cases=cases,
        tail=change.tail if verdict is Verdict.NEWLY_FAILING else "",
    )
