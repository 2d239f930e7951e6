"""Runs every check on the base and on the change, each in a sandbox of its own, side by side."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.plain_text import one_line
from jobs.evidence.check import CHECK_TIMEOUT_S, Check, DeclaredCheck
from jobs.evidence.evidence import Evidence, EvidenceRow
from jobs.evidence.outcome import MAX_SUMMARY, Outcome
from jobs.evidence.probe import Box, Probe
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


@dataclass(frozen=True)
class _Planned:
    check: Check
    over_new_tests: bool
    """Whether the base gets the change's test files first, so that a new test can fail there."""
    declared: bool = False


def gather(
    base_box: Box,
    change_box: Box,
    checks: Sequence[Check],
    declared: Sequence[DeclaredCheck] = (),
    change: Change | None = None,
    *,
    doubts: Sequence[str] = (),
    total_s: float = TOTAL_S,
) -> Evidence:
    """Measure a change: `base_box` holds the base commit, `change_box` the change.

    `doubts` are reasons known beforehand why no result can be clean.
    """
    change = change or Change()
    planned = [*_project_checks(checks, change), *_declared_checks(declared)]
    deadline = time.monotonic() + total_s
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="evidence") as pool:
        before = pool.submit(_run_all, Probe(base_box, deadline), planned, _test_files(change))
        after = pool.submit(_run_all, Probe(change_box, deadline), planned, None)
        rows = [
            (plan, _row(plan.check, base, changed))
            for plan, base, changed in zip(planned, before.result(), after.result(), strict=True)
        ]
    # Shown in the order of what they prove: the new tests first, the whole suite after them.
    rows.sort(key=lambda pair: not pair[0].over_new_tests)
    places = frozenset(place for place, (plan, _) in enumerate(rows) if plan.declared)
    return sum_up(tuple(row for _, row in rows), places, doubts)


def _run_all(probe: Probe, planned: Iterable[_Planned], new_tests: bytes | None) -> list[Outcome]:
    outcomes = []
    for plan in planned:
        if plan.over_new_tests and new_tests:
            probe.box.restore(new_tests)
            new_tests = None
        outcomes.append(probe.run(plan.check.command, plan.check.timeout_s))
    return outcomes


def _project_checks(checks: Sequence[Check], change: Change) -> list[_Planned]:
    whole = [
        _Planned(check, over_new_tests=False) for check in checks if not check.wants_changed_tests
    ]
    modules = [f.path for f in change.files if not f.deleted and is_test_module(f.path)]
    about = []
    for check in checks:
        mine = tuple(path for path in modules if path.endswith(_endings(check.command)))
        if check.wants_changed_tests and mine:
            about.append(_Planned(check.about(mine), over_new_tests=True))
    return [*whole, *about]


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


def _row(check: Check, base: Outcome, change: Outcome) -> EvidenceRow:
    verdict, note = compare(base, change)
    return EvidenceRow(
        name=check.name,
        command=check.command,
        base=base.side,
        change=change.side,
        verdict=verdict,
        note=note,
        source=check.source,
        required=check.required,
    )
