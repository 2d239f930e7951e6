"""Runs several attempts side by side, and returns the one that is chosen as the task's solution."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from jobs.agent.task import Budget, IssueText, Outcome
from jobs.attempts.choice import CHOICE, Judge
from jobs.attempts.log import MARK, AttemptLog, Board
from jobs.attempts.score import Candidate, Facts, chosen
from jobs.ending import TaskFailed
from jobs.job import EVIDENCE, Job
from jobs.repository.change import Change, HostileChange
from jobs.repository.tree import diff, write_tree
from jobs.room import in_room
from jobs.sandbox import SandboxError
from jobs.solution import Solution
from jobs.workplace import Workplace
from records.task import LeaseLost

Attempt = Callable[[Job], Solution]
"""Carries out one attempt, from wherever its entries in the log say that it stands."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class BestOf:
    """Several attempts at one task."""

    job: Job
    workplace: Workplace
    attempt: Attempt
    budget: Budget
    """That of one attempt, for its prices and its window."""

    def solve(self) -> Solution:
        """Return the chosen attempt's solution; whatever is done already is not done again."""
        board = Board(self.job.log, self.job.task.progress)
        jobs = self._jobs(board)
        if (number := self._chosen_before()) is not None:
            return self._handed_over(jobs[number], self.attempt(jobs[number]))
        _ = self.workplace.environment  # prepared before several ask for it at once
        run = partial(self._carry_out, board)
        with ThreadPoolExecutor(max_workers=len(jobs), thread_name_prefix="attempt") as pool:
            ended = list(pool.map(run, jobs.values()))
        candidates = [candidate for candidate, _ in ended]
        if self.job.watch.halted.is_set():
            self._save_the_best(jobs, candidates)
            return _halted(ended)
        if all(one.solution is None for one in candidates):
            self._save_the_best(jobs, candidates)
            raise next(error for _, error in ended if error)
        winner = self._chosen(board, candidates)
        if self.job.watch.halted.is_set():
            self._save_the_best(jobs, candidates)
            return _halted(ended)
        return self._handed_over(jobs[winner.attempt], winner.solution)

    def _jobs(self, board: Board) -> dict[int, Job]:
        """Return the job as each attempt sees it: its own log, its own evidence, its share."""
        job, services = self.job, self.job.services
        begun = max((entry.get(MARK, 0) for _, entry in job.log.entries()), default=0)
        # Those that an earlier job began go on, whatever the operator allows by now.
        wanted = max(begun, min(job.task.wanted_attempts, services.settings.attempts_most))
        measured = self._measured_before()
        jobs = {}
        for number in range(1, wanted + 1):
            log = AttemptLog(
                services.actions,
                job.lease,
                redactor=services.redactor,
                board=board,
                attempt=number,
            )
            task = replace(job.task, evidence=measured.get(number))
            jobs[number] = replace(job, task=task, log=log, attempt=number, attempts=wanted)
        return jobs

    def _measured_before(self) -> dict[int, dict[str, Any]]:
        entries = self.job.log.entries()
        return {entry[MARK]: entry["evidence"] for kind, entry in entries if kind == EVIDENCE}

    def _chosen_before(self) -> int | None:
        choices = [entry["chosen"] for kind, entry in self.job.log.entries() if kind == CHOICE]
        return choices[-1] if choices else None

    def _carry_out(self, board: Board, job: Job) -> tuple[Candidate, Exception | None]:
        """Carry out one attempt; what ends it does not end the others."""
        try:
            solution = in_room(job, lambda: self.attempt(job))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other attempts go on
            if job.watch.halted.is_set():
                return Candidate(job.attempt, None, trouble="it was stopped"), error
            _log.warning("attempt.failed", task=job.task.id, attempt=job.attempt, exc_info=True)
            words = str(error) if isinstance(error, SandboxError | TaskFailed) else "an error here"
            job.log.event("this attempt failed", words, doing="failed")
            return Candidate(job.attempt, None, trouble=f"it failed: {words}"), error
        finally:
            board.end(job.attempt)
        return self._candidate(job, solution), None

    def _candidate(self, job: Job, solution: Solution) -> Candidate:
        if not solution.change.files:
            return Candidate(job.attempt, solution)
        try:
            return Candidate(job.attempt, solution, self._diff(solution.change))
        except HostileChange as hostile:
            refused = replace(solution, refused=hostile.reason)
            return Candidate(job.attempt, refused)

    def _diff(self, change: Change) -> str:
        base = self.workplace.base
        return diff(base.mirror, base.sha, write_tree(base.mirror, base.sha, change))

    def _save_the_best(self, jobs: dict[int, Job], candidates: list[Candidate]) -> None:
        """Keep the work of one attempt as the task's: whoever keeps what was saved finds it."""
        best, _ = chosen(candidates, Facts())
        saved = {number: one.checkpoint() for number, one in jobs.items()}
        found = [one for one in saved.values() if one is not None]
        newest = max(found, key=lambda one: one.action_number, default=None)
        kept = (saved[best.attempt] if best.offers else None) or newest
        if kept:
            self.job.save_checkpoint(kept.base_sha, kept.content)

    def _chosen(self, board: Board, candidates: list[Candidate]) -> Candidate:
        """Compare them, and choose."""
        task = self.job.task
        issue = IssueText(
            number=task.issue_number,
            title=task.issue.title,
            body=task.issue.body,
            author=task.issue.author,
        )
        return Judge(self.job, self.workplace, board, issue, self.budget).choose(candidates)

    def _handed_over(self, job: Job, solution: Solution | None) -> Solution:
        """Make what was measured of the chosen attempt the task's own."""
        if solution is None:
            raise RuntimeError(f"attempt {job.attempt} was chosen and has no solution")
        evidence = solution.evidence.to_json() if solution.evidence else None
        self.job.keep_evidence(evidence)
        return solution


def _halted(ended: list[tuple[Candidate, Exception | None]]) -> Solution:
    """Return what there is when the job has to end: an attempt that was stopped, if one says so."""
    solutions = [one.solution for one, _ in ended if one.solution is not None]
    stopped = [one for one in solutions if one.ending.outcome is Outcome.STOPPED]
    if not solutions:
        raise next(error for _, error in ended if error)
    return (stopped or solutions)[0]
