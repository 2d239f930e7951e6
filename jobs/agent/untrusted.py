"""Makes other people's text safe to show to the model: nothing hidden, no way out of its block."""

import re
import unicodedata
from dataclasses import dataclass

from bot.plain_text import INVISIBLE_LETTERS, VARIATION_SELECTORS
from bot.rendered import rendered

VOICE = "[harness]"
"""At the start of everything that we say in the middle of the work."""
BLOCKS = (
    "repository", "instructions", "environment", "issue", "comment", "task", "recap", "github",
    "harness",
)  # fmt: skip
"""The blocks of the first message and of later ones, and the mark of later words of ours."""

_DRAWN_AS_NOTHING = INVISIBLE_LETTERS | VARIATION_SELECTORS
_HIDDEN_CATEGORIES = frozenset({"Cf", "Cc", "Cs", "Cn"})
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_ROLES = ("system", "developer", "assistant", "user", "tool", "function_calls", "tool_call")
_TAG = re.compile(
    r"[<\uff1c\ufe64](?=\s*[/\uff0f]?\s*(?:" + "|".join((*BLOCKS, *_ROLES)) + r")\b)",
    re.IGNORECASE,
)
# What chat templates put between the turns; some servers read them in anybody's text.
_TEMPLATE_MARK = re.compile(
    r"<(?=\||\uff5c|/?s>|/?(?:start|end)_of_turn>|/?(?:bos|eos)>)|\[(?=/?INST\])", re.IGNORECASE
)


@dataclass(frozen=True)
class Cleaned:
    """A text as the eye sees it, and how much was taken out to get there."""

    text: str
    hidden: int
    """Invisible characters, and the characters of comments that are not rendered."""


def clean(text: str) -> Cleaned:
    """Take out what a reader of the rendered page cannot see."""
    lines = re.sub("\r\n?|[\u2028\u2029\u0085]", "\n", text)
    kept = "".join(char for char in lines if not _is_invisible(char))
    shown = _without_comments(kept)
    return Cleaned(text=shown, hidden=len(lines) - len(shown))


def escape(text: str) -> str:
    """Keep a text from ending its block, from opening another, and from posing as a turn."""
    return in_its_own_voice(_TEMPLATE_MARK.sub(_entity, _TAG.sub("&lt;", text)))


def in_its_own_voice(text: str) -> str:
    """Keep the output of a tool from speaking as we do."""
    return text.replace(VOICE, "[harness\\]") if VOICE in text else text


def quoted(text: str) -> Cleaned:
    """Return a text that is both clean and unable to leave its block."""
    cleaned = clean(text)
    return Cleaned(text=escape(cleaned.text), hidden=cleaned.hidden)


def as_seen(text: str) -> str:
    """Return somebody's text as a reader of its page sees it, and unable to leave its block."""
    return quoted(rendered(text).text).text


def _is_invisible(char: str) -> bool:
    if char in "\n\t":
        return False
    return char in _DRAWN_AS_NOTHING or unicodedata.category(char) in _HIDDEN_CATEGORIES


def _entity(match: re.Match[str]) -> str:
    return "&lt;" if match.group() == "<" else "&#91;"


def _without_comments(text: str) -> str:
    """Drop HTML comments, closed or not, except in code, where the page shows them."""
    if "<!--" not in text:
        return text
    kept: list[str] = []
    fence = ""
    in_comment = False
    for line in text.split("\n"):
        mark = "" if in_comment else _fence_of(line)
        if fence:
            fence = "" if mark.startswith(fence) and not line.strip(f" {fence[0]}") else fence
            kept.append(line)
        elif mark:
            fence = mark
            kept.append(line)
        else:
            shown, in_comment = _visible_part(line, in_comment=in_comment)
            if shown or not (in_comment or line.strip()):
                kept.append(shown)
    return "\n".join(kept)


def _fence_of(line: str) -> str:
    match = _FENCE.match(line)
    return match.group(1) if match else ""


def _visible_part(line: str, *, in_comment: bool) -> tuple[str, bool]:
    shown: list[str] = []
    at = 0
    while True:
        if in_comment:
            end = line.find("-->", at)
            if end < 0:
                return "".join(shown), True
            at, in_comment = end + 3, False
        start = _comment_start(line, at)
        if start < 0:
            return "".join([*shown, line[at:]]), False
        shown.append(line[at:start])
        at, in_comment = start + 4, True


def _comment_start(line: str, at: int) -> int:
    spans = [span.span() for span in _CODE_SPAN.finditer(line)]
    start = line.find("<!--", at)
    while start >= 0 and any(begin <= start < end for begin, end in spans):
        start = line.find("<!--", start + 4)
    return start
