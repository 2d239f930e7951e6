"""Finds out, before the agent starts, what the project's checks say about the base commit.

It is the base side of the evidence, measured ahead: the same sandbox, the same code, no network.
What is found is on record for the next task on this base, and for the evidence of this one.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from jobs.ending import TaskFailed
from jobs.evidence.before import shown, told
from jobs.evidence.check import Check
from jobs.evidence.outcome import Outcome, State
from jobs.evidence.probe import Probe
from jobs.job import Job
from jobs.one_at_a_time import one_at_a_time
from jobs.sandbox import SandboxError
from jobs.workplace import Workplace
from records.baselines import BaseState

_MENTION_AFTER_S = 3.0
"""A wait that is longer than this is put into words before it is over."""
_NEARLY_ALL = 0.8
"""Who gave a check this share of the time that there is now need not try again."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Baseline:
    """What each check of the project said about the base; None where that is not known."""

    checks: tuple[Check, ...] = ()
    outcomes: tuple[Outcome | None, ...] = ()
    measured: bool = False
    """Whether any of it was measured for this task, and not remembered from another."""
    trouble: str = ""

    def told(self) -> tuple[str, ...]:
        """Return what the agent is told, one line for each check."""
        lines = [told(*pair) for pair in zip(self.checks, self.outcomes, strict=True)]
        return (*lines, *([f"The checks were cut short: {self.trouble}."] if self.trouble else []))


class BaseMemory:
    """What is on record of this base in this environment, under these limits of a sandbox."""

    def __init__(self, job: Job, workplace: Workplace) -> None:
        self._baselines = job.services.baselines
        self._clean = job.services.redactor.clean_value
        self.of = BaseState(job.task.repository_id, workplace.base.sha, _conditions(job, workplace))

    def recall(self, checks: Sequence[Check], most_s: float) -> dict[str, Outcome]:
        """Return the outcomes by command; none that `most_s` would give much more time to."""
        longest = {check.command: min(check.timeout_s, most_s) * _NEARLY_ALL for check in checks}
        known = {
            command: Outcome.from_json(stored)
            for command, stored in self._baselines.known(self.of, longest).items()
        }
        return {
            command: outcome
            for command, outcome in known.items()
            if outcome.state is not State.TIMED_OUT or outcome.side.seconds >= longest[command]
        }

    def keep(self, check: Check, outcome: Outcome) -> Outcome:
        """Put a new outcome on record, and return it as it is there: without secrets."""
        clean = self._clean(outcome.to_json())
        if outcome.state is not State.NOT_REACHED:
            self._baselines.keep(self.of, check.command, clean)
        return Outcome.from_json(clean)


@contextmanager
def alongside(
    job: Job, workplace: Workplace, checks: Sequence[Check]
) -> Iterator[Callable[[], Baseline]]:
    """Find the baseline while the block begins; what it yields waits for it and logs it."""
    memory = BaseMemory(job, workplace)  # prepares the environment, before two threads want it
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="baseline") as pool:
        running = pool.submit(baseline, job, workplace, memory, checks)
        yield lambda: _noted(job, running)


def baseline(
    job: Job, workplace: Workplace, memory: BaseMemory, checks: Sequence[Check]
) -> Baseline:
    """Return what is on record, and what can be measured in the time that a setting gives."""
    once = {check.command: check for check in checks if not check.wants_changed_tests}
    whole = tuple(once.values())
    most_s = job.services.settings.baseline_seconds
    if not whole or not most_s or _has_begun(job):
        return Baseline()
    deadline = time.monotonic() + most_s
    known = memory.recall(whole, most_s)
    if len(known) == len(whole):
        return _baseline(whole, known)
    with one_at_a_time(_lock_of(job, memory), deadline, job.watch.halted) as mine:
        known = memory.recall(whole, most_s)
        if not mine or len(known) == len(whole):  # whoever had the lock before has found out
            return _baseline(whole, known)
        trouble = _measure(workplace, whole, known, memory, deadline)
    return _baseline(whole, known, measured=True, trouble=trouble)


def _measure(
    workplace: Workplace,
    checks: Sequence[Check],
    known: dict[str, Outcome],
    memory: BaseMemory,
    deadline: float,
) -> str:
    """Run what is not known; returns why it could not go on, if so. The agent starts anyway."""
    try:
        with workplace.sandbox() as sandbox:
            for check in checks:
                if check.command not in known:
                    outcome = Probe(sandbox, deadline).run(check)
                    known[check.command] = memory.keep(check, outcome)
    except (SandboxError, TaskFailed) as error:
        _log.warning("baseline.cut_short", exc_info=True)
        return str(error)
    return ""


def _baseline(
    checks: tuple[Check, ...],
    known: Mapping[str, Outcome],
    *,
    measured: bool = False,
    trouble: str = "",
) -> Baseline:
    outcomes = tuple(known.get(check.command) for check in checks)
    return Baseline(checks, outcomes, measured, trouble)


def _noted(job: Job, running: Future[Baseline]) -> Baseline:
    try:
        found = running.result(_MENTION_AFTER_S)
    except TimeoutError:
        job.log.event("wait for the checks on the base commit")
        found = running.result()
    if found.checks and not job.watch.halted.is_set():
        how = "run the checks" if found.measured else "recall what the checks say"
        pairs = zip(found.checks, found.outcomes, strict=True)
        result = "; ".join([shown(*pair) for pair in pairs] + [found.trouble] * bool(found.trouble))
        job.log.event(f"{how} on the base commit", result, "\n".join(found.told()))
    return found


def _has_begun(job: Job) -> bool:
    """Say whether the agent was told of its task by an earlier job: it is told once."""
    return any(kind == "message" for kind, _ in job.log.entries())


def _conditions(job: Job, workplace: Workplace) -> str:
    """Stand for the environment and the limits: with twice the memory a test may pass."""
    settings = job.services.settings
    limits = (
        settings.sandbox_memory_mb,
        settings.sandbox_cpus,
        settings.sandbox_pids,
        settings.sandbox_workspace_mb,
    )
    return f"{workplace.environment.key} {'/'.join(map(str, limits))}"


def _lock_of(job: Job, memory: BaseMemory) -> Path:
    state = hashlib.sha256(repr(memory.of).encode()).hexdigest()[:32]
    return job.services.settings.data_dir / "baselines" / f"{state}.lock"
