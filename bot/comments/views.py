"""Says what the longer texts are made from, beside the task's own record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from records.actions import RESULT, Action
from records.waits import Wait


@dataclass(frozen=True)
class Limits:
    """How far a task may go."""

    turns: int
    minutes: float
    tokens: int
    usd: float | None = None


@dataclass(frozen=True)
class LogLine:
    """One line of the action log as people read it."""

    step: int | None
    """None for what the bot itself did."""
    at: float
    title: str
    result: str


@dataclass(frozen=True)
class Look:
    """A place in the change that a reviewer should not miss, and why."""

    path: str
    """Where; nothing if it is about the change as a whole."""
    why: str


@dataclass(frozen=True)
class Surroundings:
    """What a text about a task needs besides the task."""

    now: float
    command: str
    limits: Limits
    task_url: str = ""
    repository_url: str = ""
    model: str = ""
    log: tuple[LogLine, ...] = ()
    log_head: str = ""
    """The hash that stands for the whole action log."""
    looks: tuple[Look, ...] = field(default=())
    template: str = ""
    """The repository's own text for pull requests; empty without one."""
    signed: bool = True
    """Whether GitHub signed the commit."""
    held: str = ""
    """Why the repository's checks may not run on the change yet, or nothing."""
    closes: bool = True
    """Whether a change whose evidence is clean may close its issue when it is merged."""
    draft: bool = True
    """Whether the pull request is a draft; not every plan of GitHub's has them."""
    ready: bool = False
    """Whether it was to be none, by the command or by the project."""
    review: Mapping[str, Any] = field(default_factory=dict)
    """What a reviewer said of the change last, as the log has it; empty without one."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the agent was given, as the log has it; empty before that."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What a task came to that changes nothing, as the log has it: `what` and `content`."""
    choice: Mapping[str, Any] = field(default_factory=dict)
    """Why this of several attempts was chosen, as the log has it; empty where there was one."""
    packages: Sequence[Mapping[str, Any]] = ()
    """What came of the packages that the task asked for, as the log has it, oldest first."""
    wait: Wait | None = None
    """What the task waits for from people, if it does."""
    thread: Literal["open", "closed", "merged"] = "open"
    """Whether the task's issue or pull request can be worked on; looked up where it matters."""
    ahead: tuple[str, ...] = ()
    """The ids of the tasks before this one in the line of its thread."""


def log_lines(actions: Iterable[Action]) -> tuple[LogLine, ...]:
    """Pick from a task's actions what people read: observations, what the bot did, the end."""
    return tuple(_log_line(action) for action in actions if _is_read(action))


_READ = {"observation", "event", "failure", "ending", "review", "choice", "packages", RESULT}


def is_draft(actions: Iterable[Action]) -> bool:
    """Say whether the pull request that a task opened is a draft, or would be one."""
    return all(action.content.get("draft", True) for action in actions)


def _is_read(action: Action) -> bool:
    # Of what a helper does, its commands and look-ups; what it was told and said is on the page.
    is_look_up = action.kind == "helper" and action.content.get("what") == "observation"
    return action.kind in _READ or is_look_up


def _log_line(action: Action) -> LogLine:
    content: dict[str, Any] = action.content
    step = content.get("step")
    return LogLine(
        step=step if isinstance(step, int) else None,
        at=action.at,
        title=f"{_attempt(content)}{content.get('title', '')}",
        result=str(content.get("result", "")),
    )


def _attempt(content: dict[str, Any]) -> str:
    return f"attempt {content['attempt']}: " if "attempt" in content else ""
