"""Finds JSON objects in what a model wrote, with prose around them and small mistakes in them."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

_LONGEST = 200_000
_MOST_TRIES = 200
_DEEPEST = 50
"""What is nested deeper says nothing to anybody, and is too deep for those who look into it."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects of a text, in order; what cannot be read is passed over."""
    text = text[:_LONGEST]
    at = 0
    for _ in range(_MOST_TRIES):
        start = text.find("{", at)
        if start < 0:
            return
        end = _end_of(text, start)
        value = _decoded(text[start:end]) if end else None
        if isinstance(value, dict):
            yield value
        at = end if end and isinstance(value, dict) else start + 1


def _end_of(text: str, start: int) -> int:
    """Return where the brackets that open at `start` are closed again; 0 for never, or too deep."""
    depth, at = 0, start
    while at < len(text):
        match text[at]:
            case '"' if string := _STRING.match(text, at):
                at = string.end()
                continue
            case "{" | "[":
                depth += 1
                if depth > _DEEPEST:
                    return 0
            case "}" | "]":
                depth -= 1
                if not depth:
                    return at + 1
        at += 1
    return 0


def _decoded(piece: str) -> Any:
    """Return the value, read as JSON, without commas too many, or as Python writes it; or None."""
    mended = _TRAILING_COMMA.sub(lambda match: match[1] or "", piece)
    for read, words in ((_json, piece), (_json, mended), (ast.literal_eval, mended)):
        try:
            return read(words)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return None


def _json(text: str) -> Any:
    return json.loads(text, strict=False)
