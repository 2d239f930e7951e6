"""Turns a history into the bytes of a request, encoding each item once however often it is sent."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from jobs.model.wire import Item


def encoded(value: Any) -> bytes:
    """Return JSON that any server can read: half a surrogate pair becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


class ItemBytes:
    """Remembers the bytes of the items of the last request.

    A history only grows, so all but its newest items were encoded before. Items are known by
    identity: whoever wants to change one makes a new one.
    """

    def __init__(self) -> None:
        self._known: list[tuple[Item, bytes]] = []

    def of(self, items: Iterable[Item]) -> list[bytes]:
        """Return the JSON of each item."""
        known, fresh = self._known, []
        for place, item in enumerate(items):
            if place < len(known) and known[place][0] is item:
                fresh.append(known[place])
            else:
                fresh.append((item, encoded(item)))
        self._known = fresh
        return [data for _, data in fresh]


def request_body(fixed: dict[str, Any], name: str, items: Sequence[bytes]) -> bytes:
    """Return the request: what never changes first, so that one request begins like the last."""
    head = encoded(fixed)[:-1]
    return b"".join((head, b',"', name.encode(), b'":[', b",".join(items), b"]}"))
