"""What one round is about: the threads as they stood when it began, and who is heard in them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """What somebody said in a thread, who may write to the repository."""

    comment_id: int
    author: str
    author_id: int
    text: str
    is_ours: bool = False
    """Whether it was the bot itself, in a round before."""
    whole: bool = True
    """Whether it stands here as it was written, with no secret taken out of it."""


@dataclass(frozen=True)
class RoundThread:
    """One unresolved thread."""

    number: int
    """Counted from 1, for the agent to answer by."""
    id: str
    comment_id: int
    """The comment that the thread began with."""
    path: str
    start_line: int
    """The first line that it is about; 0 where it is about none that is there."""
    line: int
    hunk: str
    said: tuple[Said, ...]
    url: str = ""

    @property
    def people(self) -> tuple[Said, ...]:
        """Return what people said, the oldest first."""
        return tuple(one for one in self.said if not one.is_ours)

    @property
    def where(self) -> str:
        """Name the place."""
        if not self.line:
            return self.path
        lines = f"{self.start_line}-{self.line}" if self.start_line < self.line else f"{self.line}"
        return f"{self.path}:{lines}"


@dataclass(frozen=True)
class Words:
    """What somebody wrote over a whole review, or behind the command."""

    author: str
    author_id: int
    text: str


@dataclass(frozen=True)
class Round:
    """One pass over the open threads of a pull request."""

    number: int
    head_sha: str
    """The head of the branch when the round began."""
    threads: tuple[RoundThread, ...]
    words: tuple[Words, ...] = ()
    strangers: int = 0
    """Threads of people who may not write to the repository, left alone."""
    answered: int = 0
    """Threads in which the bot spoke last, so that there is nothing new to do."""

    @property
    def reviewers(self) -> tuple[tuple[str, int], ...]:
        """Name whoever asked for something, with their account's id, each once."""
        spoke = [(one.author, one.author_id) for thread in self.threads for one in thread.people]
        spoke += [(one.author, one.author_id) for one in self.words]
        return tuple(dict.fromkeys(spoke))

    def as_json(self) -> dict[str, Any]:
        """Return it as the log keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Round":
        """Return what `as_json` wrote."""
        threads = tuple(
            RoundThread(**{**one, "said": tuple(Said(**said) for said in one["said"])})
            for one in value["threads"]
        )
        words = tuple(Words(**one) for one in value["words"])
        names = ("number", "head_sha", "strangers", "answered")
        return cls(threads=threads, words=words, **{name: value[name] for name in names})
