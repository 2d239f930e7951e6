"""What the templates show: plain frozen values, read from the state for one page."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from demo.github.pages.diff import DiffLine


@dataclass(frozen=True)
class Person:
    """Somebody who can act: a person or an App's bot."""

    id: int
    login: str
    bot: bool = False
    role: str = ""
    """The role on the repository shown; empty for none."""

    @property
    def name(self) -> str:
        """The login as GitHub shows it: a bot's without its suffix."""
        return self.login.removesuffix("[bot]")


@dataclass(frozen=True)
class Label:
    """A label with its colour, six hexadecimal digits."""

    name: str
    colour: str = "ededed"
    description: str = ""

    @property
    def bright(self) -> bool:
        """Whether black text reads better on the colour than white."""
        red, green, blue = (int(self.colour[i : i + 2], 16) for i in (0, 2, 4))
        return red * 0.299 + green * 0.587 + blue * 0.114 > 150  # noqa: PLR2004  # of 255


@dataclass(frozen=True)
class Reaction:
    """One kind of reaction and who left it."""

    content: str
    logins: tuple[str, ...]

    @property
    def sign(self) -> str:
        """The picture GitHub shows for it."""
        return {
            "+1": "👍",
            "-1": "👎",
            "laugh": "😄",
            "hooray": "🎉",
            "confused": "😕",
            "heart": "❤️",
            "rocket": "🚀",
            "eyes": "👀",
        }.get(self.content, "❔")


@dataclass(frozen=True)
class Comment:
    """A text somebody wrote: an issue's first one, a comment, a review's or a review comment."""

    anchor: str
    author: Person
    at: float
    html: Markup
    edited: bool = False
    reactions: tuple[Reaction, ...] = ()
    hidden_as: str = ""
    """Why somebody folded it away; empty when nobody did."""
    kind: Literal["comment"] = "comment"


@dataclass(frozen=True)
class Event:
    """A line of the timeline: who did what, and the labels or the text it is about."""

    anchor: str
    actor: Person
    at: float
    name: str
    label: Label | None = None
    detail: str = ""
    url: str = ""
    kind: Literal["event"] = "event"


@dataclass(frozen=True)
class Commit:
    """A commit in a list."""

    sha: str
    headline: str
    author: Person
    at: float
    verified: bool
    body: str = ""
    co_authors: tuple[str, ...] = ()
    kind: Literal["commit"] = "commit"

    @property
    def anchor(self) -> str:
        """The id of its line on a page."""
        return f"commit-{self.sha[:12]}"


@dataclass(frozen=True)
class Thread:
    """Review comments on one line, oldest first."""

    path: str
    line: int | None
    side: str
    lines: tuple[DiffLine, ...]
    comments: tuple[Comment, ...]
    reply_to: int
    resolved_by: str = ""
    """Who closed it; empty while it is open."""

    def on(self, line: DiffLine) -> bool:
        """Whether the thread hangs on a line."""
        number = line.old if self.side == "LEFT" else line.new
        return number is not None and number == self.line


@dataclass(frozen=True)
class Review:
    """A submitted review with the threads it opened."""

    anchor: str
    author: Person
    at: float
    state: str
    html: Markup
    threads: tuple[Thread, ...] = ()
    kind: Literal["review"] = "review"


TimelineItem = Comment | Event | Commit | Review


@dataclass(frozen=True)
class Repository:
    """A repository as every page of it needs it: its name, its tabs' counts, its people."""

    name: str
    description: str
    private: bool
    default_branch: str
    open_issues: int
    open_pulls: int
    people: tuple[Person, ...]
    labels: tuple[Label, ...]
    clone_url: str = ""

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.name.partition("/")[0]

    @property
    def short(self) -> str:
        """Its name without the owner's."""
        return self.name.partition("/")[2]


@dataclass(frozen=True)
class IssueRow:
    """A line of the list of issues or of pull requests."""

    number: int
    title: str
    state: str
    author: Person
    at: float
    labels: tuple[Label, ...]
    comments: int
    draft: bool = False
    merged: bool = False
    mood: str = ""
    """The sign of its checks; empty without checks."""


@dataclass(frozen=True)
class Issue:
    """An issue's page; a pull request's conversation too."""

    number: int
    title: str
    state: str
    state_reason: str
    author: Person
    at: float
    labels: tuple[Label, ...]
    assignees: tuple[Person, ...]
    body: Comment
    timeline: tuple[TimelineItem, ...]
    locked: bool = False

    @property
    def comments(self) -> int:
        """How many comments people and bots wrote under it."""
        return sum(item.kind == "comment" for item in self.timeline)


@dataclass(frozen=True)
class Delivery:
    """A webhook delivery, as its sender keeps it."""

    id: int
    guid: str
    event: str
    action: str
    repository: str
    at: float
    status: str
    status_code: int
    seconds: float
    redelivery: bool
    url: str
    request_headers: str = ""
    payload: str = ""
    response: str = ""

    @property
    def mood(self) -> str:
        """Which sign it gets."""
        if self.status == "pending":
            return "waiting"
        return "good" if 200 <= self.status_code < 300 else "bad"  # noqa: PLR2004  # HTTP's own
