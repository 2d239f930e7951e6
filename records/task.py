"""The words for a task: its states, what it was asked, how far it is, and the lease on it."""

import json
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypedDict


class TaskState(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    """A change came of it that is said to do what was asked; its pull request is open."""
    PARTIAL = "partial"
    """A part of it is in a pull request; `reason` says what cut the work short, if anything did."""
    NO_CHANGE_NEEDED = "no_change_needed"
    CANNOT_REPRODUCE = "cannot_reproduce"
    NEEDS_INFORMATION = "needs_information"
    FAILED = "failed"
    STOPPED = "stopped"
    REFUSED = "refused"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the task."""
        return self in ENDED


HONEST = frozenset(
    {
        TaskState.SUCCEEDED,
        TaskState.PARTIAL,
        TaskState.NO_CHANGE_NEEDED,
        TaskState.CANNOT_REPRODUCE,
        TaskState.NEEDS_INFORMATION,
    }
)
"""What an agent's work can come to; none of it is a failure."""
AT_WORK = frozenset({TaskState.RUNNING, TaskState.WAITING})
"""Of these a thread has one at a time; what else is asked for waits in its line."""
ENDED = HONEST | {TaskState.FAILED, TaskState.STOPPED, TaskState.REFUSED}


@dataclass(frozen=True)
class Comment:
    """One comment of the thread that the agent is given."""

    author: str
    role: str
    """What the author was to the repository then."""
    text: str
    author_id: int = 0
    """Of the account; a login can be given up and taken by somebody else."""


@dataclass(frozen=True)
class IssueSnapshot:
    """The issue as the requester saw it when asking."""

    title: str
    body: str
    author: str
    url: str
    labels: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    """Those that the agent is given, oldest first."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many comments it is not given, by reason."""
    as_of: float = 0.0
    """When the command was given, by GitHub's clock; 0 where nobody looked at comments."""
    author_id: int = 0
    """Of the author's account; 0 where there is none any more."""


@dataclass(frozen=True)
class NewTask:
    """What a person asked for."""

    semantic_key: str
    """One per request, however often it is told: `comment:<id>`, or issue, label and event."""
    verb: str
    installation_id: int
    repository_id: int
    repository: str
    issue_number: int
    requester: str
    requester_id: int
    instruction: str
    trigger_comment_id: int | None
    issue: IssueSnapshot
    model: str = ""
    """The name of the operator's model that was asked for; without one, the usual one."""
    wanted_attempts: int = 1
    """How many independent runs of the agent were asked for."""
    brief: dict[str, Any] = field(default_factory=dict)
    """What the verb was given beside its words, as JSON can hold it; the verb says what."""
    branch: str | None = None
    """The branch of the bot's own pull request that the task is about."""
    pull_request_number: int | None = None
    base_sha: str | None = None
    """The commit to work from, where it is known before; with the branch that it was on."""
    base_branch: str | None = None


@dataclass(frozen=True)
class PlanStep:
    """One line of the agent's plan."""

    step: str
    status: str


@dataclass(frozen=True)
class LimitMet:
    """A limit of the sandbox that commands ran into, in words for people, and how often."""

    words: str
    times: int = 1


@dataclass(frozen=True)
class Progress:
    """How far a task is, for the status comment."""

    doing: str = ""
    plan: tuple[PlanStep, ...] = ()
    turns: int = 0
    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    sandbox_ready_at: float | None = None
    first_command_at: float | None = None
    limits: tuple[LimitMet, ...] = ()


@dataclass(frozen=True)
class Task:
    """A task as it stands in the records."""

    id: str
    semantic_key: str
    verb: str
    installation_id: int
    repository_id: int
    repository: str
    issue_number: int
    requester: str
    requester_id: int
    instruction: str
    trigger_comment_id: int | None
    issue: IssueSnapshot
    state: TaskState
    reason: str
    """The class of the failure, or of what cut partial work short, or nothing."""
    explanation: str
    """One sentence for people."""
    epoch: int
    attempts: int
    """How many jobs took the task."""
    lease_expires_at: float
    created_at: float
    started_at: float | None
    ended_at: float | None
    stop_requested_by: str | None
    status_comment_id: int | None
    base_sha: str | None
    base_branch: str | None
    head_sha: str | None
    branch: str | None
    pull_request_number: int | None
    pull_request_url: str | None
    progress: Progress
    evidence: dict[str, Any] | None
    summary: str
    title: str
    model: str = ""
    """The name of the operator's model that works on it; without one, the usual one."""
    wanted_attempts: int = 1
    """How many independent runs of the agent were asked for, of which one is chosen."""
    brief: dict[str, Any] = field(default_factory=dict)
    """What the verb was given beside its words; the verb says what."""
    discards: bool = False
    """Whether whoever stopped it wants nothing of its work kept."""


class TaskFields(TypedDict, total=False):
    """What a job may write about its task."""

    base_sha: str
    base_branch: str
    head_sha: str
    branch: str
    pull_request_number: int
    pull_request_url: str
    evidence: dict[str, Any] | None
    summary: str
    title: str
    progress: Progress


@dataclass(frozen=True)
class Lease:
    """The right to write for a task, until another job has taken it."""

    task_id: str
    epoch: int
    owner: str


class LeaseLost(Exception):
    """Another job has the task now; whoever sees this stops and touches nothing more."""


class TaskNotFound(KeyError):
    """There is no task with this id."""


def canonical_json(value: Any) -> str:
    """Write JSON in one way only, so that its hash can be computed again; pure ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def issue_json(issue: IssueSnapshot) -> str:
    """Write an issue snapshot for its column."""
    return canonical_json(asdict(issue))


def issue_from_json(text: str) -> IssueSnapshot:
    """Read an issue snapshot from its column."""
    fields = json.loads(text)
    comments = tuple(Comment(**comment) for comment in fields.get("comments", ()))
    return IssueSnapshot(**{**fields, "labels": tuple(fields["labels"]), "comments": comments})


def progress_json(progress: Progress) -> str:
    """Write progress for its column."""
    # Not asdict: it copies deeply, which is the most expensive part of a step's entry.
    plan = [vars(step) for step in progress.plan]
    limits = [vars(limit) for limit in progress.limits]
    return canonical_json({**vars(progress), "plan": plan, "limits": limits})


def progress_from_json(text: str) -> Progress:
    """Read progress from its column."""
    fields = json.loads(text)
    plan = tuple(PlanStep(**step) for step in fields["plan"])
    limits = tuple(LimitMet(**limit) for limit in fields.get("limits", ()))
    return Progress(**{**fields, "plan": plan, "limits": limits})


def new_row(task_id: str, new: NewTask) -> dict[str, Any]:
    """Write a task that nobody has begun, as a row of its table."""
    now = time.time()
    return {
        **vars(new),
        "id": task_id,
        "issue": issue_json(new.issue),
        "brief": canonical_json(new.brief),
        "state": TaskState.QUEUED,
        "reason": "",
        "explanation": "",
        "epoch": 0,
        "owner": "",
        "attempts": 0,
        "lease_expires_at": 0.0,
        "queued_at": now,
        "created_at": now,
        "progress": progress_json(Progress()),
        "summary": "",
        "title": "",
        "action_count": 0,
        "action_head": "",
    }
