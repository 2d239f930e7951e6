"""The things a GitHub keeps: users, repositories, issues, pull requests, Apps and their kin."""

from dataclasses import dataclass, field
from pathlib import Path

from demo.github.check_records import CheckRun, CommitStatus, WorkflowRun
from demo.github.git_store import GitStore

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass
class User:
    """A person, an organization or the bot of an App."""

    id: int
    login: str
    type: str = "User"
    name: str = ""
    created_at: float = 0.0

    @property
    def email(self) -> str:
        """The address that GitHub gives to those who keep theirs private."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(frozen=True)
class Actor:
    """Who does something, and through which App, if through one."""

    user: User
    app: "App | None" = None


@dataclass
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Reaction:
    """An emoji of one user on an issue or a comment."""

    id: int
    user: User
    content: str
    created_at: float


@dataclass
class Comment:
    """A comment on the conversation of an issue or a pull request."""

    id: int
    user: User
    body: str
    created_at: float
    updated_at: float
    app: "App | None" = None
    reactions: list[Reaction] = field(default_factory=list)
    minimized_reason: str | None = None


@dataclass
class IssueEvent:
    """Something that happened to an issue besides comments: labeled, closed, merged and so on."""

    id: int
    kind: str
    actor: User
    created_at: float
    app: "App | None" = None
    label: Label | None = None
    commit_sha: str | None = None
    assignee: User | None = None
    rename: tuple[str, str] | None = None


@dataclass
class ReviewComment:
    """A comment on a line of a pull request's diff."""

    id: int
    user: User
    body: str
    path: str
    commit_sha: str
    original_commit_sha: str
    diff_hunk: str
    created_at: float
    updated_at: float
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    review_id: int | None = None
    in_reply_to: int | None = None
    app: "App | None" = None
    reactions: list[Reaction] = field(default_factory=list)
    minimized_reason: str | None = None
    subject_type: str = "line"
    original_line: int | None = None
    original_start_line: int | None = None
    resolved_by: User | None = None
    """Who closed the thread that this comment opened."""


@dataclass
class Review:
    """A review of a pull request: PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED."""

    id: int
    user: User
    body: str
    state: str
    commit_sha: str
    submitted_at: float | None
    app: "App | None" = None
    reactions: list[Reaction] = field(default_factory=list)
    minimized_reason: str | None = None


@dataclass
class Pull:
    """What makes an issue a pull request."""

    id: int
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: float | None = None
    merged_by: User | None = None
    merge_sha: str | None = None
    maintainer_can_modify: bool = False
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    requested_reviewers: list[User] = field(default_factory=list)
    fork: "Repository | None" = None
    """Where the head branch is, if it is not in the repository of the base."""


@dataclass
class Issue:
    """An issue, or a pull request when `pull` is there."""

    id: int
    number: int
    user: User
    title: str
    body: str | None
    created_at: float
    updated_at: float
    state: str = "open"
    state_reason: str | None = None
    closed_at: float | None = None
    closed_by: User | None = None
    locked: bool = False
    lock_reason: str | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    events: list[IssueEvent] = field(default_factory=list)
    edited_at: float | None = None
    """When the body was changed last."""
    pull: Pull | None = None
    app: "App | None" = None


@dataclass
class Repository:
    """A repository; its git objects are the bare repository at `path`."""

    id: int
    owner: User
    name: str
    path: Path
    created_at: float
    default_branch: str = "main"
    private: bool = True
    archived: bool = False
    has_issues: bool = True
    has_drafts: bool = True
    description: str | None = None
    old_names: list[str] = field(default_factory=list)
    ref_moves: dict[str, tuple[float, str | None]] = field(default_factory=dict)
    """For each ref when it last moved, and from where."""
    pushed_at: float = 0.0
    next_number: int = 1
    collaborators: dict[str, str] = field(default_factory=dict)
    """Login in lower case → role; the owner is always admin."""
    labels: list[Label] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    check_runs: list[CheckRun] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    workflow_runs: list[WorkflowRun] = field(default_factory=list)
    parent: "Repository | None" = None
    """What this is a fork of."""

    @property
    def full_name(self) -> str:
        """The name with which people call it: owner/name."""
        return f"{self.owner.login}/{self.name}"

    @property
    def git(self) -> GitStore:
        """Its git objects and refs."""
        return GitStore(self.path)

    def role_of(self, user: User | None) -> str:
        """Say which role a user has here; everybody reads what is public."""
        if user is not None and user.id == self.owner.id:
            return "admin"
        granted = self.collaborators.get(user.login.lower(), "none") if user else "none"
        return "read" if granted == "none" and not self.private else granted


@dataclass
class App:
    """A GitHub App with its key, its webhook and its bot user."""

    id: int
    slug: str
    name: str
    owner: User
    bot: User
    public_key_pem: str
    client_id: str
    webhook_url: str
    webhook_secret: str
    hook_id: int
    permissions: dict[str, str]
    events: list[str]
    created_at: float
    description: str = ""
    external_url: str = ""


@dataclass
class Installation:
    """An App on an account, for some of its repositories or all of them."""

    id: int
    app: App
    account: User
    permissions: dict[str, str]
    events: list[str]
    created_at: float
    repositories: list[Repository] | None = None
    """None: all repositories of the account."""
    suspended_at: float | None = None

    def covers(self, repository: Repository) -> bool:
        """Say whether this installation may see a repository."""
        if self.repositories is None:
            return repository.owner.id == self.account.id
        return any(each.id == repository.id for each in self.repositories)


@dataclass
class Token:
    """A secret with which somebody may call: a person's, or an installation's for an hour."""

    user: User
    created_at: float
    value: str = ""
    expires_at: float | None = None
    installation: Installation | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    repositories: list[Repository] | None = None
