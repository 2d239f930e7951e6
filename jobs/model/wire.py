"""Says what a conversation with a model is made of, whichever protocol carries it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

Item = dict[str, Any]
"""One opaque piece of history in the provider's own shape: stored and replayed, never changed."""


@dataclass(frozen=True)
class ToolSpec:
    """A tool that the model may call; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: dict[str, Any]
    grammar: str = ""
    """In Lark's words: the model then writes plain text that fits it, and no parameters."""


@dataclass(frozen=True)
class Call:
    """A tool call as the model wrote it: `arguments` is text that nobody has checked yet."""

    id: str
    name: str
    arguments: str
    custom: bool = False
    """The arguments are free text of a freeform tool, not JSON."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one model call; `cached` and `cache_write` are parts of `input`."""

    input: int
    cached: int
    cache_write: int
    output: int
    reasoning: int
    estimated: bool
    """The server did not say; the figures are guessed from the number of bytes."""


class Stop(StrEnum):
    """Why the model stopped writing."""

    TOOLS = "tools"
    TEXT = "text"
    EMPTY = "empty"
    LENGTH = "length"
    FILTER = "filter"
    REFUSAL = "refusal"


@dataclass(frozen=True)
class Reply:
    """One answer of the model; `items` go into the history as they are."""

    items: tuple[Item, ...]
    text: str
    calls: tuple[Call, ...]
    stop: Stop
    usage: Usage
    request_id: str
    model: str
    seconds: float
    """From asking to having the whole reply, failed tries included."""
    lost_input: int = 0
    """Tokens, guessed, of earlier tries that the server began to work on and may charge for."""
    sent_bytes: int = 0
    """How large the request was, for telling whether the server read all of it."""


class ModelErrorKind(StrEnum):
    """What can be done about a model call that failed."""

    RETRY = "retry"
    """The server is unwell or busy; the same call may work later."""
    OVERFLOW = "overflow"
    """The history is longer than the model's context window."""
    QUOTA = "quota"
    """The account has no credit left."""
    CONFIG = "config"
    """A setting is wrong; trying again does not help."""
    REFUSED = "refused"
    """The provider will not answer this conversation."""
    STOPPED = "stopped"
    """Somebody asked to stop."""


class ModelError(Exception):
    """A model call failed for good; the message is fit for an operator."""

    def __init__(
        self,
        kind: ModelErrorKind,
        message: str,
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
        lost_input: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after_s = retry_after_s
        """How long the server asked to be left alone, if it did."""
        self.status = status
        """HTTP's number for the error that the server answered with, if it did."""
        self.lost_input = lost_input
        """Tokens, guessed, of tries that the server began to work on and may charge for."""


@dataclass(frozen=True)
class Shape:
    """What the text of a reply has to look like; `schema` is a JSON Schema, closed throughout."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Preferences:
    """What every request of a wire has in common."""

    model: str
    effort: str | None
    stream: bool
    cache_key: str | None
    is_openai: bool
    """The server is OpenAI's own, or Azure's: it knows every parameter."""


class Wire(Protocol):
    """One conversation protocol with one server and one model; it may be used by many threads."""

    def user(self, text: str) -> Item:
        """Return the item that says `text` as the user."""
        ...

    def result(self, call: Call, text: str) -> Item:
        """Return the item that answers `call` with `text`."""
        ...

    def send(
        self,
        system: str,
        items: Sequence[Item],
        tools: Sequence[ToolSpec],
        *,
        deadline_s: float,
        max_output: int,
        stopped: threading.Event,
        shape: Shape | None = None,
    ) -> Reply:
        """Ask for the next reply within `deadline_s`, all tries and waits included.

        Only OpenAI's own servers are told of `shape`; others may answer in any way.
        Raises ModelError; returns or raises within a second once `stopped` is set.
        """
        ...

    def close(self) -> None:
        """Give up the connection; harmless when called twice."""
        ...
