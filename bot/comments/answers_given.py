"""The answer to a question about the code: the agent's words, and places that we looked up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.comments.neutral import code, quoted, words

ANSWER = "answer"
"""What the action log calls it."""
_LONGEST, _PLACE, _SHOWS, _UNSURE = 7_000, 200, 200, 2_000
_MISSING = 10


def answer_words(answer: Mapping[str, Any], repository_url: str) -> str:
    """Return the answer as it stands in the task's comment."""
    parts = [
        f"**In the agent's words:**\n\n{quoted(answer['answer'], _LONGEST)}",
        _cited(answer, repository_url),
        _missing(answer["missing"]),
        _unsure(answer["unverified"]),
    ]
    return "\n\n".join(part for part in parts if part)


def link(path: str, line: int, end_line: int, sha: str, repository_url: str) -> str:
    """Return a place in the code as a link to the commit that it was looked up in."""
    lines = f"L{line}" if end_line == line else f"L{line}-L{end_line}"
    shown = code(f"{path}:{line}" if end_line == line else f"{path}:{line}-{end_line}", _PLACE)
    if not repository_url:
        return shown
    return f"[{shown}]({repository_url}/blob/{quote(sha)}/{quote(path)}#{lines})"


def _cited(answer: Mapping[str, Any], repository_url: str) -> str:
    sha = str(answer["base_sha"])
    lines = [_cite(one, sha, repository_url) for one in answer["cited"]]
    if not lines:
        return "No place in the code was cited."
    head = f"**Cited, and looked up by me in {code(sha[:7])}:**"
    return f"{head}\n\n" + "\n".join(f"- {line}" for line in lines)


def _cite(one: Mapping[str, Any], sha: str, repository_url: str) -> str:
    place = link(one["path"], one["line"], one["end_line"], sha, repository_url)
    text = f" {code(one['text'], _SHOWS)}" if one["text"] else ""
    shows = f": {words(one['shows'], _SHOWS)}" if one["shows"] else ""
    return f"{place}{text}{shows}"


def _missing(missing: list[str]) -> str:
    if not missing:
        return ""
    named = ", ".join(code(place, _PLACE) for place in missing[:_MISSING])
    return f"⚠ The answer names places that are not there: {named}."


def _unsure(unverified: str) -> str:
    return f"**Not sure:** {words(unverified, _UNSURE)}" if unverified.strip() else ""
