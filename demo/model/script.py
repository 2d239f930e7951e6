"""Reads scripts: what the pretended model says, turn by turn, and where it misbehaves."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self


class ScriptError(Exception):
    """A script cannot be played; the message says where and why."""


@dataclass(frozen=True)
class ScriptedCall:
    """A tool call of a turn; `arguments` is the text that goes over the wire."""

    name: str
    arguments: str
    id: str | None = None
    """Without one, the server makes up an id that names the turn."""
    custom: bool = False
    """It calls a freeform tool: `arguments` is that tool's text."""

    @classmethod
    def read(cls, value: dict[str, Any]) -> Self:
        """Make a call from its JSON; arguments that are text already go out unchanged."""
        _refuse_unknown(cls, value)
        arguments = value.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return cls(value["name"], text, value.get("id"), custom=value.get("custom", False))


@dataclass(frozen=True)
class Fault:
    """One way in which an answer goes wrong, for the first requests of a turn."""

    times: int = 1
    """How many requests it spoils; 0 means every one."""
    status: int | None = None
    body: str | bytes | dict[str, Any] | list[Any] | None = None
    """Sent instead of the reply: text and bytes as they are, anything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds of silence before the first byte."""
    drop: bool = False
    """The connection is closed without an answer."""
    cut: int | None = None
    """The connection is closed after so many bytes of the body."""
    dribble: float | None = None
    """Blanks or keep-alive comments come for ever, so many seconds apart, in place of the body."""
    repeat: int = 1
    """The body is sent so many times over, as one body."""
    events: int | None = None
    """Only so many events of a stream are sent, then `then`, then the stream ends in good order."""
    then: str = ""
    play: "Turn | None" = None
    """Another turn is played in place of the scripted one."""

    @classmethod
    def read(cls, value: dict[str, Any]) -> Self:
        """Make a fault from its JSON."""
        _refuse_unknown(cls, value)
        play = value.get("play")
        return cls(**{**value, "play": None if play is None else Turn.read(play)})


@dataclass(frozen=True)
class Turn:
    """One answer of the pretended model."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    latency: float | None = None
    """Seconds before the answer; without one, the server's own."""
    usage: Any = None
    """Sent as it is; without one, figures computed from bytes; false leaves the figures out."""
    reasoning: str = ""
    refusal: str = ""
    finish: str = ""
    """`length`, `content_filter` or any other finish reason; without one, the fitting one."""
    error: dict[str, Any] | None = None
    """The reply itself says that it failed."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Vendor fields laid over the message (chat) or the response (responses)."""
    faults: tuple[Fault, ...] = ()

    @classmethod
    def read(cls, value: dict[str, Any]) -> Self:
        """Make a turn from its JSON."""
        _refuse_unknown(cls, value)
        calls = tuple(ScriptedCall.read(call) for call in value.get("calls", ()))
        faults = tuple(Fault.read(fault) for fault in value.get("faults", ()))
        return cls(**{**value, "calls": calls, "faults": faults})


@dataclass(frozen=True)
class Script:
    """The turns of one conversation, and the text by which the conversation is known."""

    match: str
    """Must stand in the first user message; an empty one fits every conversation."""
    turns: tuple[Turn, ...]
    forbid: str = ""
    """Must not stand there."""
    variant: str = ""
    """Of several scripts for the same beginning: each new conversation gets the next of them."""

    @property
    def ends_by_submitting(self) -> bool:
        """Say whether the last turn hands the work in; it is then played again when asked for."""
        return bool(self.turns) and any(call.name == "submit" for call in self.turns[-1].calls)

    def as_variant(self, name: str) -> Self:
        """Return it as one of several for the same beginning; its calls are told by their ids."""
        if not name:
            return self
        turns = tuple(
            replace(turn, calls=tuple(
                replace(call, id=call.id or f"call_v{name}_t{number}_{place}")
                for place, call in enumerate(turn.calls)
            ))
            for number, turn in enumerate(self.turns)
        )  # fmt: skip
        return replace(self, turns=turns, variant=name)

    def fits(self, first_user_message: str) -> bool:
        """Say whether this script is for the conversation that begins so."""
        if self.forbid and self.forbid in first_user_message:
            return False
        return self.match in first_user_message


def read_scripts(path: Path) -> tuple[Script, ...]:
    """Read one file of JSON lines, or every `*.jsonl` in a folder, in the order of their names."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise ScriptError(f"{path}: no *.jsonl file here")
    return tuple(script for file in files for script in _read_file(file))


def _read_file(path: Path) -> Iterator[Script]:
    header: dict[str, Any] | None = None
    turns: list[Turn] = []
    for number, value in _lines(path):
        try:
            if "match" in value:
                if header is not None or turns:
                    yield _script(header, turns)
                header, turns = value, []
            else:
                turns.append(Turn.read(value))
        except (TypeError, KeyError, ScriptError) as error:
            raise ScriptError(f"{path}, line {number}: {error}") from error
    yield _script(header, turns)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise ScriptError(f"{path}, line {number}: {error}") from error
        if not isinstance(value, dict):
            raise ScriptError(f"{path}, line {number}: a line is one JSON object")
        yield number, value


def _script(header: dict[str, Any] | None, turns: Iterable[Turn]) -> Script:
    values = header or {"match": ""}
    unknown = set(values) - {"match", "forbid", "variant"}
    if unknown:
        raise ScriptError(f"unknown words in the header: {', '.join(sorted(unknown))}")
    script = Script(values["match"], tuple(turns), values.get("forbid", ""))
    return script.as_variant(values.get("variant", ""))


def _refuse_unknown(kind: type[Any], value: dict[str, Any]) -> None:
    unknown = set(value) - {each.name for each in fields(kind)}
    if unknown:
        raise ScriptError(f"{kind.__name__} knows no {', '.join(sorted(unknown))}")
