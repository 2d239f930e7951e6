"""Takes the options off the beginning of a command's words, such as `--model NAME`."""

import re

from bot.slips import LateOption, NoSuchOption, NoValue

VALUES = {
    "model": "NAME",
    "attempts": "N",
    "base": "BRANCH",
    "budget": "$1|200k",
    "time": "20m|2h",
    "paths": "PATHS",
    "test": "COMMAND",
    "draft": "",
    "ready": "",
    "no-pr": "",
    "plan": "",
    "effort": "low|medium|high",
    "quiet": "",
    "from": "wip|plan|scratch",
    "max": "N",
    "discard": "",
    "new": "",
}
"""Every option, with what its value is called; without a name it takes none."""
_FITTING = {
    "budget": re.compile(
        r"(?=.*[1-9])(?:\$[0-9]{1,9}(?:\.[0-9]{1,4})?|[0-9]{1,9}(?:\.[0-9]{1,4})?[km])",
        re.IGNORECASE,
    ),
    "time": re.compile("[1-9][0-9]{0,3}(?:m|h)", re.IGNORECASE),
    "test": re.compile(r"[^\x00-\x1f]{1,500}"),
    # OpenAI's words: https://platform.openai.com/docs/guides/reasoning
    "effort": re.compile("none|minimal|low|medium|high|xhigh", re.IGNORECASE),
    "from": re.compile("wip|plan|scratch", re.IGNORECASE),
    "max": re.compile("[1-9][0-9]{0,3}"),
}
"""What a value has to look like, where just any word would be overheard later."""
_OF_VERB: dict[str, tuple[str, ...]] = {
    "fix": (
        *("model", "effort", "attempts", "base", "budget", "time", "paths", "test"),
        *("plan", "draft", "ready", "no-pr", "quiet", "new"),
    ),
    "plan": ("model", "effort", "base", "budget", "time", "quiet"),
    "ask": ("model", "effort", "quiet"),
    "review": ("model", "effort", "quiet"),
    "retry": ("from", "model", "effort", "attempts", "budget", "time", "quiet", "new"),
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
_CLOSING = {
    **{mark: mark for mark in "`'\""},
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
}
_QUOTES = "".join([*_CLOSING, *_CLOSING.values()])

_WITHOUT_WORDS = frozenset({"batch", "each"})
_LAST_OF_ALL = re.compile(rf"^(?P<rest>.*\S)[ \t]+(?P<option>{_DASHES}max(?:=|[ \t]+)\S+)$")


def options_of(verb: str) -> tuple[str, ...]:
    """Return the options that a verb has."""
    return _OF_VERB.get(verb, ())


def take_options(
    verb: str, line: str
) -> tuple[str, dict[str, str]] | NoSuchOption | NoValue | LateOption:
    """Return the words of a line, and the values of the options before them, `no-pr` as `no_pr`.

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
        name = key.replace("-", "_")
        if not VALUES[key]:
            values[name], line = "yes", line.lstrip()
            continue
        found = _VALUE.match(line)
        if found is None or not _fits(key, found["value"]):
            return NoValue(verb, f"--{key}")
        values[name] = _bare(found["value"])
        line = line[found.end() :].lstrip()
    if line == "--" or line.startswith("-- "):
        return line[2:].lstrip(), values
    late = _late(known, line)
    return LateOption(verb, f"--{late}") if late else (line, values)


def _bare(value: str) -> str:
    """Return a value without the quotes around it; those within it are its own."""
    return value[1:-1] if _is_closed(value) else value.strip(_QUOTES)


def _is_closed(value: str) -> bool:
    """Say whether a value ends with the mark that closes the quotes it begins with."""
    return len(value) > 1 and _CLOSING.get(value[0]) == value[-1]


def _fits(key: str, value: str) -> bool:
    """Say whether a value, as it was written, is one; quotes that nobody closed are none."""
    if value[:1] in _CLOSING and not _is_closed(value):
        return False
    bare = _bare(value)
    return bool(_FITTING[key].fullmatch(bare) if key in _FITTING else bare)


def _late(known: tuple[str, ...], line: str) -> str:
    """Return the option that the line ends with, if it is one that the verb has."""
    for key in known:
        value = r"(?:=|[ \t]+)(?:`[^\s`]+`|[^\s`]+)" if VALUES[key] else ""
        if re.search(rf"(?:^|\s){_DASHES}{key}{value}$", line, re.IGNORECASE):
            return key
    return ""
