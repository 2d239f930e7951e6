"""All that can be said between the keeper and its clients; both sides parse what they get.

A message is a JSON object with the name of a class of this module and that class's fields. One of
another name, with fields missing or added, or with a value that its field does not allow is
Malformed as a whole.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, ClassVar, TypeVar

from jobs.sandbox.errors import SandboxError
from jobs.sandbox.sandboxes import Running, Snapshot

LONGEST_S = 7 * 24 * 3600.0
"""No sandbox lives longer than that."""
MOST_LISTED = 200
"""Sandboxes in one part of a list."""

_IMAGE = r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}"
_TASK = r"[a-z0-9]{0,32}"
_HEX = r"[0-9a-f]{8,128}"
_DIGEST = r"[a-z0-9]+:[0-9a-f]{32,128}"
_HOST = r"[A-Za-z0-9.*_-]{1,253}(:[0-9]{1,5})?"
_ASKED_FOR = r"[A-Za-z0-9.*:_\[\]-]{1,300}"
"""Whatever a program inside a set-up took for a host, as squid notes it."""
LONGEST_WORDS = 5000
"""Characters of a refusal: each may take twelve bytes, and a message has to hold them."""
_ANY_TEXT = rf"(?s:.{{0,{LONGEST_WORDS}}})"
_MOST_HOSTS = 200

_Check = Callable[[Any], Any]
_Kind = TypeVar("_Kind")


class Malformed(SandboxError):
    """A message that is not one of these; the words say why."""


def _be(holds: bool, why: str) -> None:
    if not holds:
        raise Malformed(why)


def _text(pattern: str) -> _Check:
    def check(value: Any) -> str:
        _be(isinstance(value, str) and re.fullmatch(pattern, value) is not None, "not such a text")
        return str(value)

    return check


def _whole(least: int, most: int = 2**53) -> _Check:
    def check(value: Any) -> int:
        _be(isinstance(value, int) and not isinstance(value, bool), "not a whole number")
        _be(least <= value <= most, "a number out of range")
        return int(value)

    return check


def _seconds(value: Any) -> float:
    _be(isinstance(value, int | float) and not isinstance(value, bool), "not a number")
    _be(0 < value <= LONGEST_S, "a number out of range")  # NaN is out of every range
    return float(value)


def _yes_or_no(value: Any) -> bool:
    _be(isinstance(value, bool), "neither true nor false")
    return bool(value)


def _maybe(check: _Check) -> _Check:
    return lambda value: None if value is None else check(value)


def _list(check: _Check, most: int) -> _Check:
    def check_all(value: Any) -> tuple[Any, ...]:
        _be(isinstance(value, list | tuple) and len(value) <= most, "not such a list")
        return tuple(check(each) for each in value)

    return check_all


def _record(kind: type[Any], **checks: _Check) -> _Check:
    def check(value: Any) -> Any:
        if isinstance(value, kind):
            value = asdict(value)
        _be(isinstance(value, dict) and value.keys() == checks.keys(), f"not a {kind.__name__}")
        return kind(**{name: each(value[name]) for name, each in checks.items()})

    return check


_SNAPSHOT = _record(Snapshot, repository_id=_whole(0), key=_text(_HEX))
_RUNNING = _record(
    Running, container=_text(_HEX), task_id=_text(_TASK), epoch=_whole(-1), overdue=_yes_or_no
)

_ImageName = Annotated[str, _text(_IMAGE)]
_Container = Annotated[str, _text(_HEX)]
_DigestOf = Annotated[str, _text(_DIGEST)]
_Task = Annotated[str, _text(_TASK)]
_Count = Annotated[int, _whole(0)]
_Truth = Annotated[bool, _yes_or_no]
_HostNames = Annotated[tuple[str, ...], _list(_text(_ASKED_FOR), _MOST_HOSTS)]


@dataclass(frozen=True)
class Message:
    """What both sides have in common: it is checked when it is made, wherever it comes from."""

    _checks: ClassVar[dict[str, _Check]] = {}

    def __init_subclass__(cls) -> None:
        cls._checks = {name: hint.__metadata__[0] for name, hint in cls.__annotations__.items()}

    def __post_init__(self) -> None:
        for name, check in self._checks.items():
            try:
                value = check(getattr(self, name))
            except Malformed as wrong:
                raise Malformed(f"{type(self).__name__}.{name}: {wrong}") from None
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Start(Message):
    """Give a sandbox; it goes when this connection ends. Answered by Started, with its stream."""

    image: _ImageName
    task_id: _Task
    epoch: _Count
    deadline_s: Annotated[float, _seconds]
    snapshot: Annotated[Snapshot | None, _maybe(_SNAPSHOT)]
    network_hosts: Annotated[tuple[str, ...] | None, _maybe(_list(_text(_HOST), _MOST_HOSTS))]


@dataclass(frozen=True)
class Save(Message):
    """End a sandbox that was for setting up and keep its work folder. Answered by Saved."""

    container: _Container
    snapshot: Annotated[Snapshot, _SNAPSHOT]


@dataclass(frozen=True)
class RefusedHosts(Message):
    """Name the hosts that a sandbox was not let through to. Answered by Hosts."""

    container: _Container


@dataclass(frozen=True)
class Image(Message):
    """Find an image. Answered by Digest."""

    image: _ImageName


@dataclass(frozen=True)
class List(Message):
    """List the sandboxes whose container comes after this one's. Answered by Listed."""

    after: Annotated[str, _text(rf"({_HEX})?")]


@dataclass(frozen=True)
class Remove(Message):
    """Remove a sandbox. Answered by Done."""

    container: _Container


@dataclass(frozen=True)
class Status(Message):
    """Say how things stand. Answered by Standing."""


@dataclass(frozen=True)
class Started(Message):
    """A sandbox; its stream comes along as a file descriptor."""

    container: _Container
    image_digest: _DigestOf
    pooled: _Truth
    """It waited in the pool."""


@dataclass(frozen=True)
class Saved(Message):
    """A snapshot, and how large it is."""

    bytes: _Count


@dataclass(frozen=True)
class Hosts(Message):
    """Hosts that somebody wanted to reach."""

    hosts: _HostNames


@dataclass(frozen=True)
class Digest(Message):
    """The id of an image, if it is there."""

    digest: Annotated[str | None, _maybe(_text(_DIGEST))]


@dataclass(frozen=True)
class Listed(Message):
    """Some sandboxes, in the order of their containers; full when there may be more."""

    running: Annotated[tuple[Running, ...], _list(_RUNNING, MOST_LISTED)]


@dataclass(frozen=True)
class Done(Message):
    """It is done."""


@dataclass(frozen=True)
class Standing(Message):
    """How things stand with the keeper."""

    pid: _Count
    given: _Count
    """Sandboxes that somebody has."""
    idle: _Count
    """Sandboxes that wait in the pool."""
    pooling: _Truth
    """There is room for a pool now."""


@dataclass(frozen=True)
class Refused(Message):
    """It was not done; `error` is one of jobs.sandbox.errors, or empty."""

    error: Annotated[str, _text(r"[A-Za-z]{0,40}")]
    words: Annotated[str, _text(_ANY_TEXT)]


Request = Start | Save | RefusedHosts | Image | List | Remove | Status
Answer = Started | Saved | Hosts | Digest | Listed | Done | Standing | Refused

REQUESTS: dict[str, type[Request]] = {
    each.__name__: each for each in (Start, Save, RefusedHosts, Image, List, Remove, Status)
}
ANSWERS: dict[str, type[Answer]] = {
    each.__name__: each for each in (Started, Saved, Hosts, Digest, Listed, Done, Standing, Refused)
}


def encode(message: Request | Answer) -> bytes:
    """Return a message as it travels."""
    return json.dumps({"is": type(message).__name__, **asdict(message)}).encode()


def read_request(data: bytes) -> Request:
    """Parse what a client sent, or raise Malformed."""
    kind, values = _read(data, REQUESTS)
    return kind(**values)


def read_answer(data: bytes) -> Answer:
    """Parse what the keeper sent, or raise Malformed."""
    kind, values = _read(data, ANSWERS)
    return kind(**values)


def _read(data: bytes, kinds: dict[str, type[_Kind]]) -> tuple[type[_Kind], dict[str, Any]]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("no JSON") from None
    _be(isinstance(value, dict), "no object")
    name = value.pop("is", None)
    _be(isinstance(name, str) and name in kinds, "no such message")
    kind: Any = kinds[name]
    _be(value.keys() == {each.name for each in fields(kind)}, f"{name}: other fields")
    return kind, value
