"""What GitHub tells the bot, as types of our own; `bot.payloads` reads them."""

import hashlib
from dataclasses import dataclass

from bot.check_events import ButtonPressed, CheckRunAsked, ChecksEnded, CheckSuiteCompleted
from bot.event_places import InRepository, OnIssue, OnPullRequest
from bot.subjects import Person


@dataclass(frozen=True)
class IssueCommented(OnIssue):
    """Somebody wrote a comment on an issue or a pull request."""

    comment_id: int
    body: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"comment:{self.comment_id}"


@dataclass(frozen=True)
class CommentEdited(OnIssue):
    """Somebody changed the text of a comment on an issue or a pull request."""

    comment_id: int
    author: Person
    """Who wrote the comment, which is not always the sender."""
    before: str
    body: str
    edited_at: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        # GitHub's time has whole seconds, and two boxes are quickly ticked.
        texts = _digest(self.before, self.body)
        return f"edited:{self.comment_id}:{self.edited_at}:{texts}"


@dataclass(frozen=True)
class IssueEdited(OnIssue):
    """Somebody changed the text of an issue or a pull request."""

    before: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"issue edited:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueLabeled(OnIssue):
    """Somebody set a label on an issue or a pull request."""

    label: str

    @property
    def key(self) -> str:
        """Return what names this event: the act has no number, but the issue's time moves by it."""
        return f"label:{self.issue.id}:{self.label}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueUnlabeled(OnIssue):
    """Somebody took a label off an issue or a pull request."""

    label: str

    @property
    def key(self) -> str:
        """Return what names this event; the issue's time moves by it."""
        return f"unlabel:{self.issue.id}:{self.label}:{self.issue.updated_at}"


def label_in(key: str) -> str:
    """Return the label that an event's key is about, or nothing where it is no such event."""
    kind, _, rest = key.partition(":")
    _issue, _, labelled = rest.partition(":")
    # Behind the label stands a time, with two colons of its own.
    return labelled.rsplit(":", 3)[0] if kind == "label" else ""


@dataclass(frozen=True)
class IssueAssigned(OnIssue):
    """Somebody assigned an account to an issue or a pull request."""

    assignee: Person

    @property
    def key(self) -> str:
        """Return what names this event; the time of the last change is that of the assignment."""
        return f"assigned:{self.issue.id}:{self.assignee.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueOpened(OnIssue):
    """Somebody opened an issue or a pull request."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"issue:{self.issue.id}"


@dataclass(frozen=True)
class IssueClosed(OnIssue):
    """Somebody closed an issue."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"closed:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class ReviewSubmitted(OnPullRequest):
    """Somebody submitted a review of a pull request; its comments come as events of their own."""

    review_id: int
    node_id: str
    """What GraphQL calls the review: a reaction to it goes that way only."""
    state: str
    """approved, changes_requested or commented."""
    body: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"review:{self.review_id}"


@dataclass(frozen=True)
class ReviewCommented(OnPullRequest):
    """Somebody wrote a comment on a line of a pull request, alone or as part of a review."""

    comment_id: int
    body: str
    review_id: int
    """0 where GitHub names none."""
    reply_to: int
    """The comment that begins the thread, or 0 where it is this one."""
    path: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"review comment:{self.comment_id}"


@dataclass(frozen=True)
class ReviewTextEdited(OnPullRequest):
    """Somebody changed the text of a review, or of a comment on a line."""

    about: str
    """The key of the event by which that text was told first."""
    before: str
    body: str

    @property
    def key(self) -> str:
        """Return what names this event; of a review's edit GitHub tells no time."""
        return f"{self.about}:edited:{_digest(self.before, self.body)}"


@dataclass(frozen=True)
class PullRequestClosed(OnPullRequest):
    """Somebody closed a pull request; `pull.merged` says how."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"closed:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class PullRequestPushed(OnPullRequest):
    """The head of a pull request has moved."""

    before: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"pushed:{self.issue.id}:{self.pull.head_sha}"


@dataclass(frozen=True)
class BranchPushed(InRepository):
    """Somebody pushed commits to a branch."""

    branch: str
    head_sha: str
    messages: tuple[str, ...]
    """What the commits say that came, the oldest first."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"push:{self.repository.id}:{self.branch}:{self.head_sha}"


@dataclass(frozen=True)
class RepositoryChanged(InRepository):
    """A repository was renamed, transferred, made public or private, archived or deleted."""

    action: str

    @property
    def key(self) -> str:
        """Return what names this event."""
        return f"repository:{self.repository.id}:{self.action}:{self.repository.full_name}"


@dataclass(frozen=True)
class InstallationRemoved:
    """The App lost repositories: uninstalled, suspended, or taken off some of them."""

    installation_id: int
    action: str
    """deleted, suspend or removed."""
    repository_ids: tuple[int, ...]
    """Those that it lost; all of the installation's where there are none here."""
    sender: Person

    @property
    def key(self) -> str:
        """Return what names this event."""
        return f"installation:{self.installation_id}:{self.action}"


@dataclass(frozen=True)
class Ignored:
    """Nothing that the bot answers to."""

    reason: str


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


type_of_thread_event = (
    IssueCommented
    | CommentEdited
    | IssueEdited
    | IssueLabeled
    | IssueAssigned
    | IssueOpened
    | IssueClosed
    | ReviewSubmitted
    | ReviewCommented
    | ReviewTextEdited
    | PullRequestClosed
    | PullRequestPushed
    | ButtonPressed
    | ChecksEnded
)
"""What happens in the thread of an issue or a pull request."""

type_of_event = (
    type_of_thread_event
    | IssueUnlabeled
    | CheckSuiteCompleted
    | CheckRunAsked
    | BranchPushed
    | RepositoryChanged
    | InstallationRemoved
    | Ignored
)
