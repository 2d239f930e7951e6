"""Puts a stream of server-sent events together into the reply that it spells out."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

from jobs.model.failures import cut_off, from_error_body, senseless
from jobs.model.figures import arguments_text

LARGEST_REPLY = 32 * 1024 * 1024
"""Bytes of one reply, however it comes."""


class Gatherer(Protocol):
    """Takes events until the reply is whole."""

    def take(self, name: str, data: bytes) -> bool:
        """Take one event; true once nothing more is needed."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the model had finished, so that what is lost after it does not matter."""
        ...

    def reply(self) -> dict[str, Any]:
        """Return the reply; raises Failure when the stream ended before it was whole."""
        ...


class EventSplitter:
    """Cuts the bytes of a stream into events."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the data of each event that ends in this chunk."""
        self._rest += chunk
        if len(self._rest) > LARGEST_REPLY:
            raise senseless("the server sent one event of more than 32 MiB")
        if b"\n" not in chunk:
            return
        *lines, last = bytes(self._rest).split(b"\n")
        self._rest = bytearray(last)
        for line in lines:
            event = self._take(line.removesuffix(b"\r"))
            if event is not None:
                yield event

    def _take(self, line: bytes) -> tuple[str, bytes] | None:
        if not line:
            event = (self._name, b"\n".join(self._data)) if self._data else None
            self._name, self._data = "", []
            return event
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif line.startswith(b"event:"):
            self._name = line[6:].strip().decode("ascii", "replace")
        return None


def decoded(data: bytes | bytearray, what: str) -> dict[str, Any]:
    """Read a JSON object; raises Failure when it is none."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise senseless(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise senseless(f"{what} is no JSON object")
    return value


class ResponsesGatherer:
    """Waits for the event that carries the whole response."""

    _TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
    _WANTED = _TERMINAL | {"response.output_item.done", "error"}

    def __init__(self, server: str) -> None:
        self._server = server
        self._items: list[dict[str, Any]] = []
        self._response: dict[str, Any] | None = None

    def take(self, name: str, data: bytes) -> bool:
        """Take one event; true once the whole response was in it."""
        if name.startswith("response.") and name not in self._WANTED:
            return False
        if data.startswith(b"[DONE]"):
            return True
        event = decoded(data, "an event of the stream")
        kind = event.get("type") or name
        if kind == "error" or event.get("error"):
            raise from_error_body(event.get("error") or event, self._server)
        item, response = event.get("item"), event.get("response")
        if kind == "response.output_item.done" and isinstance(item, dict):
            self._items.append(item)
        elif kind in self._TERMINAL and isinstance(response, dict):
            self._response = response
        return self.whole

    @property
    def whole(self) -> bool:
        """Whether the last event was seen."""
        return self._response is not None

    def reply(self) -> dict[str, Any]:
        """Return the response; Failure when the stream ended without one."""
        if self._response is None:
            raise cut_off("the stream ended before the reply was whole")
        # Some servers send the items one by one and close with an empty list.
        if not self._response.get("output") and self._items:
            return self._response | {"output": self._items}
        return self._response


class ChatGatherer:
    """Adds up the pieces of a chat completion."""

    _ADDED_UP = frozenset({"content", "refusal", "reasoning_content", "reasoning"})

    def __init__(self, server: str) -> None:
        self._server = server
        self._frame: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}
        self._message: dict[str, Any] = {}
        self._calls: list[dict[str, Any]] = []
        self._arguments: list[list[str]] = []
        self._indexes: dict[int, int] = {}
        self._finish: str | None = None
        self._size = 0

    def take(self, name: str, data: bytes) -> bool:
        """Take one event; true at the end mark."""
        if data.startswith(b"[DONE]"):
            return True
        if self._finish is not None and not data.strip():
            return False
        chunk = decoded(data, "an event of the stream")
        if name == "error" or chunk.get("error"):
            raise from_error_body(chunk.get("error") or chunk, self._server)
        self._frame.update(
            {key: chunk[key] for key in ("id", "model", "usage") if chunk.get(key) is not None}
        )
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._take_choice(choices[0], len(data))
        return False

    @property
    def whole(self) -> bool:
        """Whether a finish reason was seen."""
        return self._finish is not None

    def reply(self) -> dict[str, Any]:
        """Return the completion; Failure when no finish reason was seen."""
        if self._finish is None:
            raise cut_off("the stream ended before the reply was whole")
        message = self._message | {name: "".join(ps) for name, ps in self._texts.items()}
        for call, pieces in zip(self._calls, self._arguments, strict=True):
            is_custom = "custom" in call or call["type"] == "custom"
            kind, text = ("custom", "input") if is_custom else ("function", "arguments")
            call.setdefault(kind, {})[text] = "".join(pieces)
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return self._frame | {"choices": [choice]}

    def _take_choice(self, choice: dict[str, Any], size: int) -> None:
        if choice.get("error"):
            raise from_error_body(choice["error"], self._server)
        self._finish = choice.get("finish_reason") or self._finish
        delta = choice.get("delta")
        for key, value in (delta if isinstance(delta, dict) else {}).items():
            if value is None:
                continue
            if key in self._ADDED_UP and isinstance(value, str):
                self._grow(len(value))
                self._texts.setdefault(key, []).append(value)
            elif key == "tool_calls" and isinstance(value, list):
                self._grow(size)
                for piece in value:
                    self._take_call(piece)
            elif isinstance(value, list) and isinstance(self._message.get(key), list):
                self._grow(size)
                self._message[key].extend(value)
            else:
                self._message[key] = value

    def _take_call(self, piece: object) -> None:
        if not isinstance(piece, dict):
            return
        place = self._place(piece)
        call = self._calls[place]
        for kind, text in (("function", "arguments"), ("custom", "input")):
            said = piece.get(kind)
            for key, value in (said if isinstance(said, dict) else {}).items():
                if key == text:
                    self._arguments[place].append(arguments_text(value))
                elif value:
                    call.setdefault(kind, {})[key] = value
        rest = {k: v for k, v in piece.items() if k not in {"function", "custom", "index"} and v}
        call.update(rest)

    def _place(self, piece: dict[str, Any]) -> int:
        """Find the call that a piece belongs to; servers that give no index begin with an id."""
        index = piece.get("index")
        if isinstance(index, int):
            if index not in self._indexes:
                self._indexes[index] = self._new_call()
            return self._indexes[index]
        if not self._calls or (piece.get("id") and piece["id"] != self._calls[-1].get("id")):
            return self._new_call()
        return len(self._calls) - 1

    def _new_call(self) -> int:
        self._calls.append({"type": "function"})
        self._arguments.append([])
        return len(self._calls) - 1

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_REPLY:
            raise senseless("the server sent a reply of more than 32 MiB")
