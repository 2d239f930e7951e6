"""Takes the options off the beginning of a command's words, such as `--model NAME`."""

import re

from bot.slips import LateOption, NoSuchOption, NoValue

VALUES = {
    "model": "NAME",
    "attempts": "N",
    "base": "BRANCH",
    "budget": "$1|200k",
    "paths": "PATHS",
    "from": "wip|plan|scratch",
    "max": "N",
    "discard": "",
    "new": "",
}
"""Every option, with what its value is called; without a name it takes none."""
_FITTING = {
    "budget": re.compile(r"\$[0-9]+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?[km]", re.IGNORECASE),
    "from": re.compile("wip|plan|scratch", re.IGNORECASE),
    "max": re.compile("[1-9][0-9]{0,3}"),
}
"""What a value has to look like, where just any word would be overheard later."""
_OF_VERB: dict[str, tuple[str, ...]] = {
    "fix": ("model", "attempts", "base", "budget", "paths", "new"),
    "plan": ("model", "base", "budget"),
    "ask": ("model",),
    "review": ("model",),
    "retry": ("from", "model", "attempts", "budget", "new"),
    "stop": ("discard",),
    "batch": ("max",),
    "each": ("max",),
}

_DASHES = "(?:--|[\N{EM DASH}\N{EN DASH}])"
"""Telephones make one long dash of two."""
_OPTION = re.compile(rf"{_DASHES}(?P<key>[A-Za-z][A-Za-z-]*)")
_VALUE = re.compile(
    r"(?:=|[ \t]+|$)"
    "(?P<value>\"[^\"]*\"|`[^`]*`|'[^']*'|\N{LEFT DOUBLE QUOTATION MARK}"
    "[^\N{RIGHT DOUBLE QUOTATION MARK}]*\N{RIGHT DOUBLE QUOTATION MARK}|\\S*)"
)
_QUOTES = "`'\"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"

_WITHOUT_WORDS = frozenset({"batch", "each"})
_LAST_OF_ALL = re.compile(rf"^(?P<rest>.*\S)[ \t]+(?P<option>{_DASHES}max(?:=|[ \t]+)\S+)$")


def options_of(verb: str) -> tuple[str, ...]:
    """Return the options that a verb has."""
    return _OF_VERB.get(verb, ())


def take_options(
    verb: str, line: str
) -> tuple[str, dict[str, str]] | NoSuchOption | NoValue | LateOption:
    """Return the words of a line, and the values of the options before them.

    Options in the middle are words, since an issue may be about one; `--` before the words makes
    all that follows words. One at the very end is neither: it was meant, and would be overheard;
    with a verb that has no words of its own, such as `batch`, it counts there too.
    """
    values: dict[str, str] = {}
    known = options_of(verb)
    if verb in _WITHOUT_WORDS:
        line = _LAST_OF_ALL.sub(r"\g<option> \g<rest>", line)
    while found := _OPTION.match(line):
        key = found["key"].lower()
        if key not in known:
            return NoSuchOption(verb, f"--{found['key']}")
        line = line[found.end() :]
        if not VALUES[key]:
            values[key], line = "yes", line.lstrip()
            continue
        found = _VALUE.match(line)
        values[key] = found["value"].strip(_QUOTES) if found else ""
        if found is None or not _fits(key, values[key]):
            return NoValue(verb, f"--{key}")
        line = line[found.end() :].lstrip()
    if line == "--" or line.startswith("-- "):
        return line[2:].lstrip(), values
    late = _late(known, line)
    return LateOption(verb, f"--{late}") if late else (line, values)


def _fits(key: str, value: str) -> bool:
    return bool(_FITTING[key].fullmatch(value) if key in _FITTING else value)


def _late(known: tuple[str, ...], line: str) -> str:
    """Return the option that the line ends with, if it is one that the verb has."""
    for key in known:
        value = r"(?:=|[ \t]+)(?:`[^\s`]+`|[^\s`]+)" if VALUES[key] else ""
        if re.search(rf"(?:^|\s){_DASHES}{key}{value}$", line, re.IGNORECASE):
            return key
    return ""
