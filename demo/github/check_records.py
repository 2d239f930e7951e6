"""What a GitHub keeps of checks: check runs, commit statuses, workflow runs and their jobs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # those records hold these
    from demo.github.records import App, User


@dataclass
class CheckRun:
    """A check on a commit, as an App reports it."""

    id: int
    suite_id: int
    app: "App"
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: float
    completed_at: float | None
    external_id: str
    details_url: str
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)
    """Its buttons: label, description and identifier of each."""


@dataclass
class WorkflowJob:
    """A job of a workflow run, which is a check run too, with what it printed."""

    check: CheckRun
    attempt: int
    log: str = ""


@dataclass
class WorkflowRun:
    """One run of a workflow on a commit; running it again is another attempt of the same run."""

    id: int
    suite_id: int
    name: str
    number: int
    head_sha: str
    head_branch: str
    event: str
    actor: "User"
    created_at: float
    attempt: int = 1
    jobs: list[WorkflowJob] = field(default_factory=list)

    @property
    def latest(self) -> list[WorkflowJob]:
        """The newest attempt at each job."""
        return list({each.check.name: each for each in self.jobs}.values())


@dataclass
class CommitStatus:
    """A status of the older kind on a commit."""

    id: int
    sha: str
    user: "User"
    state: str
    context: str
    description: str | None
    target_url: str | None
    created_at: float
