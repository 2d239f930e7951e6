"""The bot's pull request as a job works on it: its review, its branch, and a token for both."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bot.comments.failures import Failure
from bot.github_app import Token
from bot.github_errors import Conflict, Forbidden, Invalid, NotFound
from bot.github_repository import GitHubRepository
from bot.github_reviews import PullRequestReviews
from bot.others_pull_requests import PUSH_TO
from jobs.checkout import Base
from jobs.ending import TaskFailed
from jobs.job import Job
from jobs.minted import minted
from jobs.pull_request import WRITE
from jobs.repository.change import HostileChange
from jobs.repository.mirror import Mirror
from jobs.repository.push import PushRefused
from jobs.rounds.branch import Branch

READ = {"contents": "read", "pull_requests": "read", "metadata": "read"}


@dataclass(frozen=True)
class Place:
    """Where a round works, as long as its token is worth something."""

    repository: GitHubRepository
    reviews: PullRequestReviews
    branch: Branch
    mirror: Mirror
    token: Token

    def fetch(self, ref_or_sha: str) -> str:
        """Bring a commit or the head of a branch here; return the commit."""
        return self.mirror.fetch(self.branch.url, ref_or_sha, self.token.value)

    def base(self, sha: str) -> Base:
        """Return a commit of the branch to work from, under the rules of the default branch."""
        self.fetch(sha)
        rules = self.fetch(self.repository.default_branch())
        return Base(self.mirror, sha, self.branch.name, project_sha=rules, setup_sha=rules)


def branch_of(job: Job) -> str:
    """Name the branch of the pull request: it is on record with the task that opened it.

    This task's own record may name another, where work was kept that did not get onto that one.
    """
    task, tasks = job.task, job.services.tasks
    if asked := task.brief.get(PUSH_TO):
        return str(asked)
    number = task.pull_request_number or task.issue_number
    origin = tasks.rounds.opened_by(task.repository_id, number)
    return (tasks.get(origin) if origin else task).branch or ""


@contextmanager
def at_pull_request(job: Job, permissions: Mapping[str, str] = WRITE) -> Iterator[Place]:
    """Open the task's pull request, for writing or less; what GitHub refuses ends as TaskFailed."""
    task, services = job.task, job.services
    mirror = services.mirrors.open(task.repository_id)
    try:
        with minted(services, task, permissions) as token:
            repository = services.github.repository(token)
            yield Place(
                repository,
                repository.reviews(task.pull_request_number or task.issue_number),
                Branch(job, mirror, token, branch_of(job)),
                mirror,
                token,
            )
    except (Conflict, Forbidden, Invalid, NotFound, PushRefused) as refused:
        raise TaskFailed(Failure.PUSH_REJECTED, f"GitHub says: {refused}") from refused
    except HostileChange as hostile:
        raise TaskFailed(Failure.POLICY_BLOCKED, hostile.reason) from hostile
