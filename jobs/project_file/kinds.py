"""The kinds of values that a key of the file can have: how each is read, described and refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.project_file.nodes import Node, flag_of, is_mapping, items, number_of, pairs, text_of

MAX_ENTRIES = 30
_TOKENS = re.compile(r"([1-9]\d{0,5}(?:\.\d)?)([kM])")
_TIME = re.compile(r"([1-9]\d{0,4})([mhd])")
_FACTORS = {"k": 1_000, "M": 1_000_000, "m": 60, "h": 3_600, "d": 86_400}


class Mistake(Exception):
    """The value is not of its kind."""


@dataclass(frozen=True)
class Kind:
    """One kind of value."""

    words: str
    """What a value has to be, as the end of a sentence."""
    schema: Mapping[str, Any]
    """The same as JSON Schema says it."""
    read: Callable[[Node], Any]
    """Returns the value; raises Mistake."""


def flag() -> Kind:
    """Return the kind of what is true or false."""
    return Kind("has to be `true` or `false`", {"type": "boolean"}, lambda node: _is(flag_of(node)))


def number(least: float, most: float) -> Kind:
    """Return the kind of numbers in a range."""
    schema = {"type": "number", "minimum": least, "maximum": most}
    words = f"has to be a number from {least:g} to {most:g}"
    return Kind(words, schema, lambda node: _between(number_of(node), least, most))


def whole(least: int, most: int) -> Kind:
    """Return the kind of whole numbers in a range."""

    def read(node: Node) -> int:
        value = _between(number_of(node), least, most)
        if not value.is_integer():
            raise Mistake
        return int(value)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Kind(f"has to be a whole number from {least} to {most}", schema, read)


def tokens(least: int, most: int) -> Kind:
    """Return the kind of numbers of tokens: `400000`, `400k` or `4M`."""

    def read(node: Node) -> int:
        text = text_of(node)
        found = _TOKENS.fullmatch(text) if text else None
        value = float(found[1]) * _FACTORS[found[2]] if found else number_of(node)
        return int(_between(value, least, most))

    schema = {
        "anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            {"type": "string", "pattern": f"^{_TOKENS.pattern}$"},
        ]
    }
    return Kind(f"has to be a number of tokens up to {most}, such as `400k`", schema, read)


def seconds(most_days: int) -> Kind:
    """Return the kind of times: `30m`, `48h` or `2d`."""

    def read(node: Node) -> float:
        text = text_of(node)
        found = _TIME.fullmatch(text) if text else None
        if not found:
            raise Mistake
        return _between(float(found[1]) * _FACTORS[found[2]], 60, most_days * _FACTORS["d"])

    schema = {"type": "string", "pattern": f"^{_TIME.pattern}$"}
    return Kind(
        f"has to be a time such as `30m`, `48h` or `2d`, at most {most_days} d", schema, read
    )


def choice(*words: str) -> Kind:
    """Return the kind of one word of several."""

    def read(node: Node) -> str:
        value = text_of(node)
        if value not in words:
            raise Mistake
        return value

    listed = ", ".join(f"`{word}`" for word in words)
    return Kind(f"has to be one of {listed}", {"type": "string", "enum": list(words)}, read)


def text(shape: str, words: str) -> Kind:
    """Return the kind of texts of one shape, a regular expression for all of the text."""

    def read(node: Node) -> str:
        value = text_of(node)
        if value is None or not re.fullmatch(shape, value):
            raise Mistake
        return value

    return Kind(f"has to be {words}", {"type": "string", "pattern": f"^(?:{shape})$"}, read)


def texts(shape: str, words: str) -> Kind:
    """Return the kind of lists of such texts; one alone is a list of one."""
    one = text(shape, words)

    def read(node: Node) -> tuple[str, ...]:
        found = items(node)
        if len(found) > MAX_ENTRIES:
            raise Mistake
        return tuple(one.read(each) for each in found)

    listed = {"type": "array", "items": one.schema, "maxItems": MAX_ENTRIES}
    return Kind(f"has to be {words}, {MAX_ENTRIES} at most", {"anyOf": [listed, one.schema]}, read)


def table(shape: str, values: Kind, words: str) -> Kind:
    """Return the kind of keys of one shape with values of one kind."""

    def read(node: Node) -> dict[str, Any]:
        found = pairs(node)
        if not is_mapping(node) or len(found) > MAX_ENTRIES:
            raise Mistake
        names = [text_of(key) or "" for key, _ in found]
        if len(set(names)) < len(names) or not all(re.fullmatch(shape, name) for name in names):
            raise Mistake
        return {name: values.read(value) for name, (_, value) in zip(names, found, strict=True)}

    schema = {
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{shape})$"},
        "additionalProperties": values.schema,
        "maxProperties": MAX_ENTRIES,
    }
    return Kind(f"has to be {words}", schema, read)


def _is(value: bool | None) -> bool:
    if value is None:
        raise Mistake
    return value


def _between(value: float | None, least: float, most: float) -> float:
    if value is None or not least <= value <= most:
        raise Mistake
    return value
