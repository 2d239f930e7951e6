"""What GitHub tells the bot, as types of our own; `bot.payloads` reads them."""

from dataclasses import dataclass

from bot.subjects import Issue, Person, Pull, Repository


@dataclass(frozen=True)
class _InRepository:
    installation_id: int
    repository: Repository
    sender: Person


@dataclass(frozen=True)
class _OnIssue(_InRepository):
    issue: Issue


@dataclass(frozen=True)
class _OnPullRequest(_OnIssue):
    pull: Pull


@dataclass(frozen=True)
class IssueCommented(_OnIssue):
    """Somebody wrote a comment on an issue or a pull request."""

    comment_id: int
    body: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"comment:{self.comment_id}"


@dataclass(frozen=True)
class CommentEdited(_OnIssue):
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
        return f"edited:{self.comment_id}:{self.edited_at}"


@dataclass(frozen=True)
class IssueEdited(_OnIssue):
    """Somebody changed the text of an issue or a pull request."""

    before: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"issue edited:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueLabeled(_OnIssue):
    """Somebody set a label on an issue or a pull request."""

    label: str

    @property
    def key(self) -> str:
        """Return what names this event: the act has no number, but the issue's time moves by it."""
        return f"label:{self.issue.id}:{self.label}:{self.issue.updated_at}"


def label_in(key: str) -> str:
    """Return the label that an event's key is about, or nothing where it is no such event."""
    kind, _, rest = key.partition(":")
    _issue, _, labelled = rest.partition(":")
    # Behind the label stands a time, with two colons of its own.
    return labelled.rsplit(":", 3)[0] if kind == "label" else ""


@dataclass(frozen=True)
class IssueAssigned(_OnIssue):
    """Somebody assigned an account to an issue or a pull request."""

    assignee: Person

    @property
    def key(self) -> str:
        """Return what names this event; the time of the last change is that of the assignment."""
        return f"assigned:{self.issue.id}:{self.assignee.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class IssueOpened(_OnIssue):
    """Somebody opened an issue or a pull request."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"issue:{self.issue.id}"


@dataclass(frozen=True)
class IssueClosed(_OnIssue):
    """Somebody closed an issue."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"closed:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class ReviewSubmitted(_OnPullRequest):
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
class ReviewCommented(_OnPullRequest):
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
class PullRequestClosed(_OnPullRequest):
    """Somebody closed a pull request; `pull.merged` says how."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"closed:{self.issue.id}:{self.issue.updated_at}"


@dataclass(frozen=True)
class PullRequestPushed(_OnPullRequest):
    """The head of a pull request has moved."""

    before: str

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return f"pushed:{self.issue.id}:{self.pull.head_sha}"


@dataclass(frozen=True)
class CheckSuiteCompleted(_InRepository):
    """All checks of one App on one commit have ended."""

    suite_id: int
    app: str
    """The slug of the App whose checks these are."""
    head_sha: str
    head_branch: str
    conclusion: str
    pull_requests: tuple[int, ...]
    updated_at: str

    @property
    def key(self) -> str:
        """Return what names this event; a suite that is run again completes again."""
        return f"suite:{self.suite_id}:{self.updated_at}"


@dataclass(frozen=True)
class CheckRunAsked(_InRepository):
    """Somebody pressed a button of a check run of ours."""

    run_id: int
    button: str
    """The identifier that we gave the button."""
    external_id: str
    """What we filed the check run under."""
    head_sha: str
    pull_requests: tuple[int, ...]

    @property
    def key(self) -> str:
        """Return what names this event; the payload has no number for the act of pressing."""
        return f"button:{self.run_id}:{self.button}:{self.sender.id}"


@dataclass(frozen=True)
class ButtonPressed(_OnIssue):
    """Somebody pressed a button of our check run on the head of this pull request."""

    button: str
    pressed: str
    """What names the act."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return self.pressed


@dataclass(frozen=True)
class ChecksEnded(_OnIssue):
    """Checks have ended, not all of them well, on a commit of this pull request."""

    suite: CheckSuiteCompleted

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return self.suite.key


@dataclass(frozen=True)
class BranchPushed(_InRepository):
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
class RepositoryChanged(_InRepository):
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
    | PullRequestClosed
    | PullRequestPushed
    | ButtonPressed
    | ChecksEnded
)
"""What happens in the thread of an issue or a pull request."""

type_of_event = (
    type_of_thread_event
    | CheckSuiteCompleted
    | CheckRunAsked
    | BranchPushed
    | RepositoryChanged
    | InstallationRemoved
    | Ignored
)
