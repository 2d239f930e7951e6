"""Keeps the attempts of a task apart in its one action log, and their progress together."""

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

from bot.redaction import Redactor
from jobs.task_log import TaskLog
from records.actions import Actions
from records.task import Lease, LimitMet, PlanStep, Progress

MARK = "attempt"
"""What stands in every entry of an attempt, with its number from 1."""


class Board:
    """How far all attempts of a task are, together."""

    def __init__(self, whole: TaskLog, so_far: Progress) -> None:
        self.lock = threading.RLock()
        self._whole = whole
        self._so_far = so_far
        """As an earlier job left it: until every attempt has spoken, no figure goes back."""
        self._of: dict[int, Progress] = {}
        self._beside = Progress()
        self._ended: set[int] = set()

    def take(self, attempt: int, progress: Progress) -> Progress:
        """Note how far one attempt is, and return how far the task is."""
        with self.lock:
            self._of[attempt] = progress
            together = replace(self.together(), doing=f"attempt {attempt}: {progress.doing}")
            self._whole.follow(together)
            return together

    def end(self, attempt: int) -> None:
        """Note that an attempt does nothing more."""
        with self.lock:
            self._ended.add(attempt)

    def charge(self, more: Progress) -> Progress:
        """Add what was used for all attempts together, and return how far the task is."""
        with self.lock:
            self._beside = more
            return self.together()

    def together(self) -> Progress:
        """Return the sums, with what each attempt does in the place of a plan."""
        each, before = [*self._of.values(), self._beside], self._so_far
        limits = Counter[str]()
        for one in each:
            limits.update({limit.words: limit.times for limit in one.limits})
        ready = [one.sandbox_ready_at for one in (before, *each) if one.sandbox_ready_at]
        began = [one.first_command_at for one in (before, *each) if one.first_command_at]
        return Progress(
            plan=tuple(self._line(attempt) for attempt in sorted(self._of)),
            turns=max(before.turns, sum(one.turns for one in each)),
            steps=max(before.steps, sum(one.steps for one in each)),
            input_tokens=max(before.input_tokens, sum(one.input_tokens for one in each)),
            output_tokens=max(before.output_tokens, sum(one.output_tokens for one in each)),
            cost_usd=max(before.cost_usd, sum(one.cost_usd for one in each)),
            sandbox_ready_at=min(ready, default=None),
            first_command_at=min(began, default=None),
            limits=tuple(LimitMet(words, times) for words, times in limits.items()),
        )

    def _line(self, attempt: int) -> PlanStep:
        status = "completed" if attempt in self._ended else "in_progress"
        return PlanStep(f"Attempt {attempt}: {self._of[attempt].doing}", status)


class AttemptLog(TaskLog):
    """The action log as one attempt writes and reads it: its own entries only."""

    def __init__(
        self, actions: Actions, lease: Lease, *, redactor: Redactor, board: Board, attempt: int
    ) -> None:
        super().__init__(actions, lease, redactor=redactor, progress=Progress())
        self._board = board
        self._attempt = attempt

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return everything of this attempt so far."""
        whole = super().entries()
        return [(kind, content) for kind, content in whole if content.get(MARK) == self._attempt]

    def _write(self, kind: str, clean: dict[str, Any]) -> None:
        # One at a time: the progress that is written with an entry is that of all attempts.
        with self._board.lock:
            together = self._board.take(self._attempt, self._progress)
            marked = {**clean, MARK: self._attempt}
            self.number = self._actions.append(self._lease, kind, marked, together).number
