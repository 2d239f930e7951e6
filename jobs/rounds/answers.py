"""Reads what the agent says of each thread out of its summary, where it was told to say it."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the agent says that it did about a thread."""

    FIXED = "fixed"
    NOT_CHANGED = "not changed"
    QUESTION = "question"


@dataclass(frozen=True)
class Answer:
    """What the agent says of one thread, in its own words, which nobody has checked."""

    verdict: Verdict
    words: str


_LINE = re.compile(
    r"^[\s>*_`#-]*thread\s*#?\s*(?P<number>\d{1,3})[\s*_`]*[:.)\u2013\u2014-]*[\s*_`]*"
    r"(?P<verdict>fixed|done|not[ _-]changed|unchanged|question)\b[\s*_`]*[:.,\u2013\u2014-]*\s*"
    r"(?P<words>.*)$",
    re.IGNORECASE,
)
_MEANS = {
    "fixed": Verdict.FIXED,
    "done": Verdict.FIXED,
    "question": Verdict.QUESTION,
}


def answers(summary: str) -> dict[int, Answer]:
    """Return what is said of each thread, by its number; the first word about a thread counts."""
    found: dict[int, Answer] = {}
    for line in summary.split("\n"):
        if match := _LINE.match(line):
            verdict = _MEANS.get(match["verdict"].lower(), Verdict.NOT_CHANGED)
            found.setdefault(int(match["number"]), Answer(verdict, match["words"].strip(" *_")))
    return found


def without_answers(summary: str) -> str:
    """Return the summary without what it says of single threads: that stands in the threads."""
    kept = [line for line in summary.split("\n") if not _LINE.match(line)]
    return "\n".join(kept).strip()
