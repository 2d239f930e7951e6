"""Finds what GitHub turns into links in plain text: addresses, @names, #numbers and commits."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

_FOUND = re.compile(
    r"""
      (?<![\w/@]) (?P<url> (?:https?://|www\.) [^\s<>"]+ )
    | (?<![\w/.@`-]) @ (?P<login> [a-z\d] (?:[a-z\d]|-(?=[a-z\d])){0,38} (?:\[bot\])? ) (?![\w/@])
    | (?<![\w/.&-]) (?P<other> [\w-]+/[\w.-]+ )? \# (?P<number> [1-9]\d{0,8} ) (?!\w)
    | (?<![\w/@.-]) (?P<sha> [\da-f]{40} ) (?![\w-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NOT_AT_THE_END = "?!.,:*_~'\";"


@dataclass(frozen=True)
class Reference:
    """One piece of a text that points somewhere."""

    start: int
    end: int
    text: str
    href: str
    kind: str
    """The class of its link; empty for a plain address."""


def references(text: str, repository: str, logins: Container[str]) -> Iterator[Reference]:
    """All references in `text`, in order; `logins` (lower case) are the people who exist."""
    for match in _FOUND.finditer(text):
        found = _read(match, repository, logins)
        if found:
            yield found


def _read(match: re.Match[str], repository: str, logins: Container[str]) -> Reference | None:
    start, end, whole = match.start(), match.end(), match[0]
    if match["url"]:
        url = _without_tail(match["url"])
        href = url if "://" in url else f"http://{url}"
        return Reference(start, start + len(url), url, href, "")
    if match["login"]:
        known = match["login"].lower() in logins
        return Reference(start, end, whole, f"/{match['login']}", "user-mention") if known else None
    target = match["other"] or repository
    if not target:
        return None
    if match["number"]:
        return Reference(start, end, whole, f"/{target}/issues/{match['number']}", "issue-link")
    return Reference(start, end, whole[:7], f"/{target}/commit/{whole}", "commit-link")


def _without_tail(url: str) -> str:
    """Leave out what ends the sentence and not the address: a full stop, a bracket never opened."""
    while True:
        shorter = url.rstrip(_NOT_AT_THE_END)
        if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
            shorter = shorter[:-1]
        if shorter == url:
            return url
        url = shorter
