"""Says what the loop asks of the rooms beside it, and no more than that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jobs.agent.task import GateResult, Submission
from jobs.sandbox import LimitHit
from records.tasks import Progress


class CommandResult(Protocol):
    """What the sandbox says of a command that ran."""

    @property
    def exit_code(self) -> int:
        """What the shell exited with."""
        ...

    @property
    def output(self) -> str:
        """Cleaned, and cut if it was long."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def lines(self) -> int:
        """Of the whole output."""
        ...

    @property
    def bytes(self) -> int:
        """Of the whole output."""
        ...

    @property
    def cut(self) -> bool:
        """Whether the middle of the output is missing."""
        ...

    @property
    def log(self) -> str:
        """Where in the sandbox the whole output is."""
        ...

    @property
    def timed_out(self) -> bool:
        """Whether it was ended at its time limit."""
        ...

    @property
    def killed_for_output(self) -> bool:
        """Whether it was ended for writing too much."""
        ...

    @property
    def limits(self) -> tuple[LimitHit, ...]:
        """What of the sandbox it ran into."""
        ...


class SandboxPort(Protocol):
    """Where the model's calls are carried out."""

    def exec(
        self, script: str, *, timeout_s: float = ..., workdir: str | None = ...
    ) -> CommandResult:
        """Run a bash script in a fresh shell."""
        ...

    def read(self, path: str, start_line: int | None = ..., end_line: int | None = ...) -> str:
        """Show a file with line numbers, or list a folder."""
        ...

    def edit(self, path: str, old: str, new: str, *, replace_all: bool = ...) -> str:
        """Replace text in a file; show the region afterwards."""
        ...

    def write(self, path: str, content: str) -> str:
        """Create or overwrite a file."""
        ...

    def patch(self, changes: Sequence[Mapping[str, Any]]) -> str:
        """Change several files, all or none; show the places afterwards."""
        ...


class LogPort(Protocol):
    """The task's action log; an entry is safe on disk when `record` returns."""

    def record(
        self, kind: str, content: dict[str, Any], take: Callable[[dict[str, Any]], Progress]
    ) -> None:
        """Add an entry.

        `take` is given the entry as `entries` will give it to a later job, without secrets, and
        says how far the task is with it.
        """
        ...

    def entries(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """Return every entry so far, oldest first."""
        ...


GatePort = Callable[[Submission], GateResult]


@dataclass(frozen=True)
class TurnDone:
    """Told to the caller after every turn, so that it can keep the change as it is."""

    turn: int
    touched: bool
    """Something ran in this turn that may have changed the tree."""


KeepPort = Callable[[TurnDone], None]
