"""Removes from people's text what the eye cannot see."""

import re

INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Drawn as nothing, although Unicode files them under letters, marks or symbols, not "format"."""
VARIATION_SELECTORS = frozenset(
    map(chr, (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""They choose how the character before is drawn; any number of them can carry a hidden text."""
EMOJI_SELECTOR = "\ufe0f"

# Zero-width joiner and non-joiner stay: emoji and several scripts are written with them.
_FORMAT = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(
    f"[{_FORMAT}{''.join(INVISIBLE_LETTERS | VARIATION_SELECTORS - {EMOJI_SELECTOR})}]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_RUNS = re.compile(
    f"[{_FORMAT}{''.join(INVISIBLE_LETTERS | VARIATION_SELECTORS - {EMOJI_SELECTOR})}"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]+"
)
_ESCAPES = re.compile(
    "\x1b(?:\\[[0-?]{0,32}[ -/]{0,4}[@-~]|\\][^\x07\x1b]{0,1000}(?:\x07|\x1b\\\\|$)|[@-Z\\\\-_])"
)
_CUT = " …"


def visible(text: str) -> str:
    """Return the text as it looks: without invisible characters, control codes and CR."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", _INVISIBLE.sub("", without_escapes(text)))


def hidden_runs(text: str) -> list[str]:
    """Return each run of characters that the eye cannot see, line ends and tabs aside."""
    return [run for run in _RUNS.findall(text) if run.strip("\r")]


def without_escapes(text: str) -> str:
    """Return the text without what only tells a terminal about colours, cursor and titles."""
    return _ESCAPES.sub("", text)


def one_line(text: str, limit: int) -> str:
    """Return the text as it looks, in one line of no more than `limit` characters."""
    # A text of megabytes is not worth reading to the end for the line that is shown.
    return cut(" ".join(visible(text[: limit * 8]).split()), limit)


def cut(text: str, limit: int) -> str:
    """Return no more than `limit` characters, and show that there were more."""
    return text if len(text) <= limit else text[: limit - len(_CUT)].rstrip() + _CUT
