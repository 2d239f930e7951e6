"""Reads token figures and texts out of replies in which any field may be missing or odd."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from jobs.model.arguments import LONGEST_ARGUMENTS
from jobs.model.wire import Call, Stop, Usage

LONGEST_TEXT = 100_000
"""Characters of a reply that calls nothing; every later request would carry them along."""
_BYTES_PER_TOKEN = 4


def number(*values: object) -> int:
    """Return the first value that is a count, else 0."""
    counts = (v for v in values if isinstance(v, int) and not isinstance(v, bool) and v >= 0)
    return next(counts, 0)


def mapping(value: object) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; anything else is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out fields that are null: not every server takes back the nulls that it sends."""
    return {key: each for key, each in value.items() if each is not None}


def text_of(content: object) -> str:
    """Return the text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") for part in objects(content))
    return "".join(part for part in parts if isinstance(part, str))


def arguments_text(value: object) -> str:
    """Return arguments as text; some servers send them as JSON already."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def kept_arguments(text: str) -> str:
    """Return what the history keeps of a call's arguments: all, unless they would fill it."""
    if len(text) <= LONGEST_ARGUMENTS:
        return text
    return json.dumps({"left_out": f"{len(text):,} characters, too many for one call"})


def guessed_tokens(size: int) -> int:
    """Guess how many tokens so many bytes are."""
    return size // _BYTES_PER_TOKEN + 1


def estimated(usage: Usage, sent: int, received: int) -> Usage:
    """Return figures guessed from bytes where the server gave none."""
    if usage.input and usage.output:
        return usage
    return Usage(
        input=usage.input or guessed_tokens(sent),
        cached=usage.cached,
        cache_write=usage.cache_write,
        output=usage.output or guessed_tokens(received),
        reasoning=usage.reasoning,
        estimated=True,
    )


class CallIds:
    """Sees to it that no two calls of a conversation share an id, and that none lacks one."""

    def __init__(self, used: Iterable[str]) -> None:
        self._used = set(used)

    def of(self, value: object) -> str:
        """Return the id, or a new one."""
        if not isinstance(value, str) or not value or value in self._used:
            value = f"call_{uuid.uuid4().hex}"
        self._used.add(value)
        return value


def stop_of(calls: tuple[Call, ...], text: str, *, refused: bool) -> Stop:
    """Say why a model stopped that came to its end."""
    if calls:
        return Stop.TOOLS
    if refused:
        return Stop.REFUSAL
    if len(text) > LONGEST_TEXT:
        return Stop.LENGTH
    return Stop.TEXT if text.strip() else Stop.EMPTY
