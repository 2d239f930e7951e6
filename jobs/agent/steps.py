"""Says what is kept of each step, and what of that tells whether the work moves."""

from dataclasses import dataclass

from jobs.agent.tools import BASH, UPDATE_PLAN
from jobs.model.wire import Call


@dataclass(frozen=True)
class Print:
    """What a step looked like: equal calls and equal results have equal marks."""

    call: str
    result: str
    failed: bool
    tool: str = ""

    @property
    def news(self) -> tuple[str, str]:
        """What it taught, by which it is known again.

        A command is known by what came out, whatever it was: looking for nothing by ten names is
        no progress. For a file it counts which one it was.
        """
        return ("", self.result) if self.tool in {BASH, UPDATE_PLAN} else (self.call, self.result)


@dataclass
class Step:
    """A tool result in the history, and what is needed to leave it out later."""

    number: int
    turn: int
    index: int
    call: Call
    tool: str
    """Ours, by whatever name the model called it."""
    title: str
    result: str
    log: str
    tokens: int
    pinned: str = ""
    """Instructions of the project's under it; they stay when the rest is left out."""
    masked: bool = False


@dataclass
class Streaks:
    """How many of the same trouble there were in a row."""

    empty: int = 0
    text: int = 0
    refused: int = 0
    misread: int = 0
    timeouts: int = 0
    stale_turns: int = 0
    idle: int = 0
    """Replies without a call that could be looked at, whatever was wrong with them."""


def left_out(step: Step) -> str:
    """Return what stands in the place of a tool result that was left out."""
    where = f"; all of it is in {step.log}" if step.log else ""
    return f"[left out to save room: {step.title} → {step.result}{where}]{step.pinned}"
