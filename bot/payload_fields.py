"""A delivery's JSON, whose fields are asked for by type; whatever is not fit is refused by name."""

import json
from collections.abc import Iterable
from typing import Any, Never

_LARGEST_ID = 2**63 - 1


class Unfit(Exception):
    """The payload is not what GitHub's description says."""


class Fields:
    """A JSON object whose fields are asked for by type."""

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise Unfit(f"{name} is not an object")
        self._value = value
        self._name = name

    def missing(self, key: str) -> bool:
        """Say whether the field is left out, or null."""
        return self._value.get(key) is None

    def object(self, key: str) -> "Fields":
        """Return a field that is an object."""
        return Fields(self._value.get(key), f"{self._name}.{key}")

    def objects(self, key: str) -> Iterable["Fields"]:
        """Return a field that is a list of objects; left out, it is empty."""
        items = self._value.get(key) or []
        if not isinstance(items, list):
            raise Unfit(f"{self._name}.{key} is not a list")
        return [Fields(item, f"{self._name}.{key}[]") for item in items]

    def text(self, key: str) -> str:
        """Return a field that is text and not empty."""
        value = self._value.get(key)
        if not isinstance(value, str) or not value:
            raise Unfit(f"{self._name}.{key} is not text")
        return _storable(value)

    def optional_text(self, key: str) -> str:
        """Return a field that is text; left out, it is empty."""
        return "" if self.missing(key) or self._value[key] == "" else self.text(key)

    def flag(self, key: str) -> bool:
        """Return a field that is true or false; left out, it is false."""
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise Unfit(f"{self._name}.{key} is not true or false")
        return value

    def id(self, key: str) -> int:
        """Return a field that is a positive number of 63 bits."""
        value = self._value.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST_ID:
            raise Unfit(f"{self._name}.{key} is not an id")
        return value

    def optional_id(self, key: str) -> int:
        """Return a field that is a positive number; left out, it is 0."""
        return 0 if self.missing(key) else self.id(key)


def read_json(payload: bytes) -> Any:
    """Read JSON that every reader would read in the same way; else Unfit."""
    try:
        return json.loads(
            payload.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise Unfit("nested too deeply") from None
    except ValueError:  # not UTF-8, not JSON, or a number of more digits than Python will read
        raise Unfit("not JSON") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Another reader of the same bytes might take the other value.
        raise Unfit("a key stands twice")
    return found


def _refuse_constant(constant: str) -> Never:
    raise Unfit(f"{constant} is not JSON")


def _storable(text: str) -> str:
    """Replace what PostgreSQL and UTF-8 cannot hold: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text
