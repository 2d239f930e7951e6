"""Decides what really goes over the wire: the answer, or one of the ways it can go wrong."""

import json
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from demo.model.script import Fault, Turn

NO_FAULT = Fault(times=0)
_JSON = "application/json"
_STREAM = "text/event-stream; charset=utf-8"
_KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(frozen=True)
class Answer:
    """What is sent: `pieces` are the events of a stream, or the whole body as one piece."""

    status: int
    headers: dict[str, str]
    pieces: tuple[bytes, ...]
    chunked: bool = False
    delay: float = 0.0
    drop: bool = False
    cut: int | None = None
    dribble: float | None = None
    repeat: int = 1

    @property
    def filler(self) -> bytes:
        """What a dribbling server sends to look alive."""
        return _KEEP_ALIVE if self.chunked else b" "


def whole(value: Any, status: int = 200) -> Answer:
    """Answer with one JSON value."""
    return Answer(status, {"Content-Type": _JSON}, (json.dumps(value).encode(),))


def streamed(events: list[str]) -> Answer:
    """Answer with a stream of events."""
    headers = {"Content-Type": _STREAM, "Cache-Control": "no-store"}
    return Answer(200, headers, tuple(event.encode() for event in events), chunked=True)


def refusal(status: int, code: str, message: str) -> Answer:
    """Answer with an error in the shape that OpenAI gives it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return whole({"error": error}, status)


def spoil(answer: Answer, fault: Fault) -> Answer:
    """Return the answer as the fault leaves it."""
    if fault.events is not None:
        kept = answer.pieces[: fault.events]
        answer = replace(answer, pieces=(*kept, fault.then.encode()) if fault.then else kept)
    if fault.body is not None or fault.status is not None:
        answer = _replacement(fault)
    return replace(
        answer,
        headers={**answer.headers, **fault.headers},
        delay=fault.delay,
        drop=fault.drop,
        cut=fault.cut,
        dribble=fault.dribble,
        repeat=fault.repeat,
    )


def _replacement(fault: Fault) -> Answer:
    status = fault.status or 200
    match fault.body:
        case None:
            return refusal(status, "scripted_fault", f"The script answers {status} here.")
        case bytes():
            return Answer(status, {"Content-Type": _JSON}, (fault.body,))
        case str():
            kind = "text/html" if fault.body.lstrip().startswith("<") else _JSON
            return Answer(status, {"Content-Type": kind}, (fault.body.encode(),))
        case _:
            return whole(fault.body, status)


@dataclass
class FaultCounter:
    """Counts how often each turn of each conversation was asked for, so that faults pass."""

    _asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, conversation: str, number: int, turn: Turn) -> Fault:
        """Return the fault that spoils this request for the turn, or one that does nothing."""
        if not turn.faults:
            return NO_FAULT
        with self._lock:
            seen = self._asked[conversation, number]
            self._asked[conversation, number] += 1
        for fault in turn.faults:
            if fault.times == 0 or seen < fault.times:
                return fault
            seen -= fault.times
        return NO_FAULT
