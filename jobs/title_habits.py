"""Finds how a repository begins the titles of its pull requests, so that the bot's begin alike.

It goes by rules over the titles that were merged last, and asks no model: `fix: …` with or without
a scope, `ABC-12: …` with the ticket that the issue names, `[area] …` and `area: …` with an area
that the change is in. Where no rule fits, a title stays as it is.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from jobs.repository.test_files import is_test

_Shape = TypeVar("_Shape")
Worded = Callable[[str], str]
"""Gives a title the way of the repository."""

_FEWEST = 5
"""Titles below which there is no habit."""
_SHARE = 0.6
"""Of the titles that have to begin alike."""
_KINDS = {
    "fix": ("fix", "bugfix", "bug", "hotfix"),
    "feat": ("feat", "feature"),
    "docs": ("docs", "doc"),
    "test": ("test", "tests"),
}
"""What a change is, and the words for it, the usual one first."""
_OTHER_KINDS = ("build", "chore", "ci", "deps", "perf", "refactor", "release", "revert", "style")
_KNOWN = frozenset({*_OTHER_KINDS, *(word for words in _KINDS.values() for word in words)})
_NEW = frozenset({"enhancement", "feature", "feat", "type: feature", "kind/feature"})
"""Labels of issues that ask for something new."""
_DOCUMENTS = (".md", ".rst", ".adoc")

# https://www.conventionalcommits.org/en/v1.0.0/
_CONVENTIONAL = re.compile(
    r"^(?P<kind>[A-Za-z]{2,10})(?:\((?P<scope>[\w ./-]{1,40})\))?!?:\s+(?P<rest>\S.*)$"
)
_TICKET = re.compile(
    r"^(?P<open>[\[(]?)(?P<project>[A-Z][A-Z0-9]{1,9})-\d{1,7}(?P<close>[\])]?:?\s)\s*(?P<rest>\S.*)$"
)
_TAG = re.compile(r"^\[(?P<area>[\w ./+-]{1,40})\](?P<close>:?\s)\s*(?P<rest>\S.*)$")
_AREA = re.compile(r"^(?P<area>[\w./-]{1,40}):\s+(?P<rest>\S.*)$")
_ORDINARY = re.compile(r"^[^\W\d_][a-z]*(?=[\s,;:]|$)")
"""A first word whose capital says no more than that a line begins."""


@dataclass(frozen=True)
class Subject:
    """What a title is about, as far as the rules ask."""

    paths: Sequence[str] = ()
    labels: Collection[str] = field(default_factory=frozenset)
    text: str = ""
    """Title and text of the issue, in which a ticket may be named."""


def as_usual(titles: Sequence[str], subject: Subject) -> Worded:
    """Return what words a title like these, which were merged last; they are any people's text."""
    for rule in (_like_tickets, _like_kinds, _like_tags, _like_areas):
        if worded := rule(titles, subject):
            return worded
    return str


def _matching(pattern: re.Pattern[str], titles: Sequence[str]) -> list[re.Match[str]]:
    """Return the titles of this shape, if that is what most have."""
    found = [match for title in titles if (match := pattern.match(title.strip()))]
    return found if _are_most(found, titles) else []


def _are_most(found: Sequence[object], titles: Sequence[object]) -> bool:
    return len(titles) >= _FEWEST and len(found) >= _SHARE * len(titles)


def _like_tickets(titles: Sequence[str], subject: Subject) -> Worded | None:
    found = _matching(_TICKET, titles)
    if not found:
        return None
    projects = "|".join(sorted({match["project"] for match in found}))
    named = re.search(rf"(?<![\w-])(?:{projects})-\d{{1,7}}(?![\w-])", subject.text)
    if named is None:
        return None
    before, behind = _commonest((match["open"], match["close"]) for match in found)
    return _prefixed(f"{before}{named[0]}{behind}")


def _like_kinds(titles: Sequence[str], subject: Subject) -> Worded | None:
    matching = [match for title in titles if (match := _CONVENTIONAL.match(title.strip()))]
    found = [match for match in matching if match["kind"].lower() in _KNOWN]
    if not _are_most(found, titles):
        return None
    used = [match["kind"] for match in found]
    kind = _word_for(_kind_of(subject), used)
    scopes = [match["scope"] for match in found if match["scope"]]
    scope = _area_of(scopes, subject.paths) if _are_most(scopes, found) else ""
    start = f"{kind}({scope}): " if scope else f"{kind}: "
    cased = _casing(match["rest"] for match in found)

    def worded(title: str) -> str:
        own = _CONVENTIONAL.match(title)
        if own and own["kind"].lower() in _KNOWN:
            # The agent has read the history too, and knows better what its change is.
            head = title[: own.start("rest")].rstrip()
            head = head if own["kind"] in used else f"{head[0].lower()}{head[1:]}"
            return f"{head} {cased(own['rest'])}"
        return f"{start}{cased(title)}"

    return worded


def _like_tags(titles: Sequence[str], subject: Subject) -> Worded | None:
    found = _matching(_TAG, titles)
    area = _area_of([match["area"] for match in found], subject.paths)
    if not area:
        return None
    behind = _commonest(match["close"] for match in found)
    return _prefixed(f"[{area}]{behind}")


def _like_areas(titles: Sequence[str], subject: Subject) -> Worded | None:
    found = _matching(_AREA, titles)
    area = _area_of([match["area"] for match in found], subject.paths)
    if not area:
        return None
    cased = _casing(match["rest"] for match in found)
    return lambda title: title if title.startswith(f"{area}: ") else f"{area}: {cased(title)}"


def _prefixed(start: str) -> Worded:
    return lambda title: title if title.startswith(start.rstrip()) else f"{start}{title}"


def _kind_of(subject: Subject) -> str:
    paths = subject.paths
    if paths and all(path.lower().endswith(_DOCUMENTS) for path in paths):
        return "docs"
    if paths and all(map(is_test, paths)):
        return "test"
    return "feat" if _NEW & {label.lower() for label in subject.labels} else "fix"


def _word_for(kind: str, used: Sequence[str]) -> str:
    """Return the repository's word for a kind of change; the usual one where it has none."""
    counts = Counter(word for word in used if word.lower() in _KINDS[kind])
    return counts.most_common(1)[0][0] if counts else _KINDS[kind][0]


def _area_of(areas: Sequence[str], paths: Sequence[str]) -> str:
    """Return the known area that most of the changed files are in; nothing where there is none."""
    counts = Counter(areas)
    within = {area: sum(_is_in(path, area) for path in paths) for area in counts}
    fitting = [area for area in counts if 2 * within[area] > len(paths)]
    return max(fitting, key=lambda area: (within[area], counts[area], area), default="")


def _is_in(path: str, area: str) -> bool:
    *folders, name = path.lower().split("/")
    whole = "/".join(["", *folders, name.split(".")[0], ""])
    return f"/{area.lower().strip('/')}/" in whole


def _casing(rests: Iterable[str]) -> Worded:
    """Return what begins a title with a small letter or a capital, as most of these do."""
    firsts = [rest[0] for rest in rests if rest[0].isalpha()]
    small = 2 * sum(first.islower() for first in firsts) > len(firsts)

    def cased(title: str) -> str:
        if not _ORDINARY.match(title):
            return title  # a name, which is written as it is
        return (title[0].lower() if small else title[0].upper()) + title[1:]

    return cased


def _commonest(shapes: Iterable[_Shape]) -> _Shape:
    return Counter(shapes).most_common(1)[0][0]
