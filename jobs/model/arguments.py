"""Parses what a model gives as a tool's arguments, mending what can be mended without guessing."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_ARGUMENTS = 1_000_000
"""Characters; a file that is larger is no work of a model's."""
_QUOTED = 60
_REPEATED = 8
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(?P<inside>.*?)\n?\s*```\s*\Z", re.DOTALL)
_CLOSING_TAGS = re.compile(r"\A\s*(</?[a-zA-Z_|][^<>]*>\s*)+\Z")
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}")
_TRUTH = {"true": True, "false": False}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_DECODER = json.JSONDecoder(strict=False)


class BadArguments(Exception):
    """The arguments cannot be used; the message is for the model."""


@dataclass(frozen=True)
class Parsed:
    """Arguments that fit the tool's schema."""

    values: dict[str, Any]
    repaired: bool
    """Something had to be mended first."""


def parse_arguments(text: str, schema: dict[str, Any]) -> Parsed:
    """Return the values for a tool, or raise BadArguments saying what to write instead."""
    if len(text) > LONGEST_ARGUMENTS:
        raise BadArguments(
            f"The arguments have {len(text):,} characters; {LONGEST_ARGUMENTS:,} is the most. "
            "Do it in several smaller calls."
        )
    value, repaired = _decode(text, schema)
    if isinstance(value, str):  # JSON inside a JSON string: unwrapped once, not for ever
        value, repaired = _decode(value, schema)[0], True
    if not isinstance(value, dict):
        raise _bad(f"The arguments are {_kind(value)}, not a JSON object.", schema)
    fitting = _Fitting(schema)
    values = fitting.object(value, schema, "")
    return Parsed(values, repaired or fitting.changed)


def is_sound(text: str) -> bool:
    """Say whether arguments can be read as they stand, with nothing to mend."""
    try:
        return isinstance(json.loads(text or "{}"), dict)
    except (ValueError, RecursionError):
        return False


def _decode(text: str, schema: dict[str, Any]) -> tuple[Any, bool]:
    if not text.strip():
        return {}, False
    try:
        return json.loads(text), False
    except ValueError as error:
        first = error
    except RecursionError as error:
        raise _bad("The arguments are nested too deep.", schema) from error
    for candidate in _candidates(text):
        try:
            value, end = _DECODER.raw_decode(candidate)
            if _is_harmless(candidate[end:], value):
                return value, True
        except (ValueError, RecursionError):
            continue
    raise _bad(f"The arguments are not JSON: {_where(first, text)}", schema) from first


def _candidates(text: str) -> Iterator[str]:
    """Yield readings of the text, from the nearest to the farthest."""
    yield text.strip()
    fenced = _FENCE.match(text)
    if fenced:
        yield fenced["inside"].strip()


def _is_harmless(rest: str, value: Any) -> bool:
    """Say whether what follows the value can be left out without losing anything."""
    for _ in range(_REPEATED):
        rest = rest.strip()
        if not rest or _CLOSING_TAGS.match(rest):
            return True
        again, end = _DECODER.raw_decode(rest)
        # Said twice, or followed by an empty object; two that differ would be a guess.
        if again not in (value, {}):
            return False
        rest = rest[end:]
    return False


class _Fitting:
    """Lays given values on a schema: keeps the fields it knows, each in its type."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self.changed = False

    def object(self, given: dict[str, Any], wanted: dict[str, Any], path: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        required = wanted.get("required", ())
        for name, field in wanted.get("properties", {}).items():
            value = given.get(name)
            # Null for a field that may be left out means that it is left out.
            if name in given and (value is not None or name in required or _allows_null(field)):
                values[name] = self._value(value, field, f"{path}{name}")
        missing = [f"`{path}{name}`" for name in required if name not in values]
        if missing:
            raise _bad(f"Missing: {', '.join(missing)}.", self._schema)
        self.changed = self.changed or len(values) < len(given)
        return values

    def _value(self, value: Any, wanted: dict[str, Any], path: str) -> Any:
        fitting = self._typed(value, wanted, path)
        if "enum" in wanted and fitting not in wanted["enum"]:
            choices = ", ".join(map(str, wanted["enum"]))
            problem = f"`{path}` is {str(fitting)[:_QUOTED]!r}; it may be: {choices}."
            raise _bad(problem, self._schema)
        if isinstance(fitting, list) and isinstance(wanted.get("items"), dict):
            item = wanted["items"]
            return [self._value(each, item, f"{path}[{n}]") for n, each in enumerate(fitting)]
        if isinstance(fitting, dict) and "properties" in wanted:
            return self.object(fitting, wanted, f"{path}.")
        return fitting

    def _typed(self, value: Any, wanted: dict[str, Any], path: str) -> Any:
        kinds = wanted.get("type", ())
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        if isinstance(value, str):
            value = self._sound(value)
        if not kinds or any(_is(value, kind) for kind in kinds):
            return value
        for kind in kinds:
            fitting = _converted(value, kind)
            if fitting is not None:
                self.changed = True
                return fitting
        raise _bad(f"`{path}` is {_kind(value)}, not {' or '.join(kinds)}.", self._schema)

    def _sound(self, text: str) -> str:
        """Replace halves of surrogate pairs, which no file and no command line can hold."""
        try:
            text.encode()
        except UnicodeEncodeError:
            self.changed = True
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text


def _is(value: Any, kind: str) -> bool:
    kinds = _TYPES.get(kind, (object,))
    # To Python a truth value is a whole number; to a tool it is not.
    return isinstance(value, kinds) and (kind == "boolean" or not isinstance(value, bool))


def _converted(value: Any, kind: str) -> Any:
    """Return the value in another type if nothing is lost by it, else None."""
    match kind:
        case "integer":
            return _integer(value)
        case "number":
            return _number(value) if isinstance(value, str) else None
        case "boolean":
            return _TRUTH.get(value.strip().lower()) if isinstance(value, str) else None
        case "string":
            return _text(value)
        case "array" | "object":
            return _unwrapped(value, kind)
        case _:
            return None


def _integer(value: Any) -> int | None:
    if isinstance(value, str):
        if _WHOLE_NUMBER.fullmatch(value.strip()):
            return int(value)
        value = _number(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    if _is(value, "number"):
        return str(value)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    # Chunks of one text hold its line ends; words without any could be lines or an argument list.
    is_text = len(value) == 1 or any("\n" in chunk for chunk in value)
    return "".join(value) if is_text else None


def _unwrapped(value: Any, kind: str) -> Any:
    try:
        inner = json.loads(value, strict=False) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
    return inner if _is(inner, kind) else None


def _allows_null(wanted: dict[str, Any]) -> bool:
    return "null" in wanted.get("type", ())


def _kind(value: Any) -> str:
    names = ("boolean", "null", "string", "integer", "number", "array", "object")
    kind = next(name for name in names if _is(value, name))
    return f"{'an' if kind[0] in 'aio' else 'a'} {kind}" if kind != "null" else kind


def _where(error: ValueError, text: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"{error}."
    near = text[max(0, error.pos - _QUOTED // 2) : error.pos + _QUOTED // 2]
    return f"{error.msg} at character {error.pos}, near {near!r}."


def _bad(problem: str, schema: dict[str, Any]) -> BadArguments:
    return BadArguments(f"{problem} The arguments must fit this JSON Schema: {json.dumps(schema)}")
