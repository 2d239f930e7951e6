"""Tries every attempt's reproductions on every other attempt's change, each in a fresh sandbox."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from jobs.attempts.score import Candidate
from jobs.ending import TaskFailed
from jobs.evidence.check import Check
from jobs.evidence.evidence import EvidenceRow, Verdict
from jobs.evidence.outcome import State
from jobs.evidence.probe import Probe
from jobs.repository.change import Change, serialise
from jobs.repository.test_files import is_test
from jobs.sandbox import SandboxError
from jobs.workplace import Workplace

TOTAL_S = 600.0
"""For all of them together."""
_MOST_SECONDS = 120.0
_MOST = 5
_AT_ONCE = 2
_DECLARED = "declared by the agent"

_log = structlog.get_logger()


@dataclass(frozen=True)
class Reproduction:
    """What shows the problem: it fails on the base, and passes on the change that it came with."""

    attempt: int
    check: Check
    tests: bytes | None
    """The test files that it came with, as frames."""


def reproductions(candidate: Candidate) -> list[Reproduction]:
    """Return those of one attempt; what passes on the base as well shows nothing."""
    solution = candidate.solution
    if solution is None or solution.evidence is None:
        return []
    tests = tuple(f for f in solution.change.files if not f.deleted and is_test(f.path))
    frames = serialise(Change(tests)) if tests else None
    telling = [row for row in solution.evidence.rows if _tells(row, [f.path for f in tests])]
    once = {row.command: row for row in telling}
    checks = [Check(row.name, row.command, _MOST_SECONDS) for row in once.values()]
    return [Reproduction(candidate.attempt, check, frames) for check in checks[:_MOST]]


def _tells(row: EvidenceRow, tests: Sequence[str]) -> bool:
    """Say whether a check is about the problem, and not the whole suite."""
    about = row.source == _DECLARED or any(path in row.command for path in tests)
    return about and row.verdict is Verdict.FIXED


def cross_run(
    candidates: Sequence[Candidate], workplace: Workplace, *, total_s: float = TOTAL_S
) -> dict[int, tuple[int, int]]:
    """Return for each attempt how many of the others' reproductions pass, and of how many.

    Nothing where there is none: one that could not be tried counts for nobody.
    """
    deadline = time.monotonic() + total_s
    found = {one.attempt: reproductions(one) for one in candidates}
    pairs = [
        (one, found[other.attempt])
        for one in candidates
        for other in candidates
        if other is not one and found[other.attempt]
    ]

    def run(pair: tuple[Candidate, list[Reproduction]]) -> list[State]:
        return _on(pair[0], pair[1], workplace, deadline)

    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="cross-run") as pool:
        states = list(pool.map(run, pairs))
    passed: dict[int, tuple[int, int]] = {}
    for (one, _), ran in zip(pairs, states, strict=True):
        so_far, of = passed.get(one.attempt, (0, 0))
        good = sum(state is State.PASSED for state in ran)
        passed[one.attempt] = (so_far + good, of + len(ran))
    return passed


def _on(
    candidate: Candidate, foreign: Sequence[Reproduction], workplace: Workplace, deadline: float
) -> list[State]:
    """Run another attempt's reproductions on this one's change."""
    if candidate.solution is None:
        return []
    try:
        with workplace.sandbox() as box:
            box.restore(serialise(candidate.solution.change))
            if foreign[0].tests:
                box.restore(foreign[0].tests)
            states = [Probe(box, deadline).run(one.check).state for one in foreign]
    except (SandboxError, TaskFailed):
        _log.warning("attempts.cross_run_cut_short", attempt=candidate.attempt, exc_info=True)
        return []
    return [state for state in states if state is not State.NOT_REACHED]
