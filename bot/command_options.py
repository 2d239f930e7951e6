"""Takes the options out of a command line, such as `--model NAME`, before or after its words."""

import re
from dataclasses import dataclass

OPTIONS = {"model": "NAME", "attempts": "N"}
"""Every option, with what its value is called."""

_DASHES = "(?:--|[\N{EM DASH}\N{EN DASH}])"
"""Telephones make one long dash of two."""
_KNOWN = "|".join(OPTIONS)
_FIRST = re.compile(rf"{_DASHES}(?P<key>{_KNOWN})(?:=|\s+|$)(?P<value>\S*)\s*", re.IGNORECASE)
_LAST = re.compile(
    rf"(?:^|\s){_DASHES}(?P<key>{_KNOWN})(?:=|\s+)(?P<value>`[^\s`]+`|[^\s`]+)$", re.IGNORECASE
)
_OTHER = re.compile(r"--[A-Za-z][A-Za-z0-9-]*")
_QUOTES = "`'\"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"


@dataclass(frozen=True)
class NoSuchOption:
    """An option that this version does not know."""

    option: str


@dataclass(frozen=True)
class NoValue:
    """An option that says nothing without a value, and has none."""

    option: str


def take_options(line: str) -> tuple[str, dict[str, str]] | NoSuchOption | NoValue:
    """Return the words of a line, and the values of the options beside them.

    Options in the middle are words, since an issue may be about one; `--` before the words makes
    all that follows words.
    """
    values: dict[str, str] = {}
    while found := _FIRST.match(line):
        values[found["key"].lower()] = found["value"].strip(_QUOTES)
        line = line[found.end() :]
    if line == "--" or line.startswith("-- "):
        line = line[2:].lstrip()
    elif other := _OTHER.match(line):
        return NoSuchOption(other[0])
    else:
        line, last = _take_last(line)
        values = last | values
    lacking = next((key for key, value in values.items() if not value), None)
    return NoValue(f"--{lacking}") if lacking else (line, values)


def _take_last(line: str) -> tuple[str, dict[str, str]]:
    values: dict[str, str] = {}
    while found := _LAST.search(line):
        values = {found["key"].lower(): found["value"].strip(_QUOTES)} | values
        line = line[: found.start()].rstrip()
    return line, values
