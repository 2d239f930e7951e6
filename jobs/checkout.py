"""Brings the base commit to this machine and reads from it what the agent is told at the start."""

from dataclasses import dataclass
from functools import cached_property

from bot.github_app import Token
from bot.project import PROJECT_FILE, Project, unreadable
from jobs.agent.task import AgentTask, IssueText
from jobs.evidence.detect import Detection, detect
from jobs.minted import minted
from jobs.project_file.file import read_project
from jobs.repository.mirror import Mirror
from jobs.services import Services
from records.task import Task

_GUIDANCE = ("AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md")
"""The repository's own rules; the first that exists is the one that counts."""
READ = {"contents": "read", "metadata": "read"}


@dataclass(frozen=True)
class Base:
    """The commit that a task works from, and the branch that it was the head of."""

    mirror: Mirror
    sha: str
    branch: str
    project_sha: str = ""
    """The commit of the default branch that the project's rules are from, if it is another."""

    @cached_property
    def project(self) -> Project:
        """What the default branch says in the project's file; a file that is none is a problem."""
        snapshot = self.mirror.at(self.project_sha or self.sha)
        text = snapshot.text(PROJECT_FILE)
        if text is None and snapshot.object_id(PROJECT_FILE):
            return unreadable("is no regular file, or is too large")
        return read_project(text)

    def detection(self) -> Detection:
        """Find out how this project is tested."""
        return detect(self.mirror.at(self.sha))


def fetch_base(services: Services, task: Task) -> Base:
    """Fetch the head of the default branch, or the commit that an earlier job worked from."""
    with minted(services, task, READ) as token:
        return _fetch(services, task, token)


def _fetch(services: Services, task: Task, token: Token) -> Base:
    mirror = services.mirrors.open(task.repository_id)
    if task.base_sha and task.base_branch:
        branch, wanted = task.base_branch, task.base_sha
    else:
        branch = services.github.repository(token).default_branch()
        wanted = branch
    if mirror.has(wanted):
        return Base(mirror, wanted, branch)
    # By its name of today: a task may have waited through a rename, and no redirect is followed.
    url = f"{services.settings.github_url}/{token.repository}.git"
    return Base(mirror, mirror.fetch(url, wanted, token.value), branch)


def agent_task(
    task: Task, base: Base, detection: Detection, environment: tuple[str, ...] = ()
) -> AgentTask:
    """Say what the first message to the model is made of; `environment` is one fact a line."""
    snapshot = base.mirror.at(base.sha)
    source, guidance = _GUIDANCE[0], ""
    for name in _GUIDANCE:
        text = snapshot.text(name)
        if text:
            source, guidance = name, text
            break
    return AgentTask(
        repository=task.repository,
        base_sha=base.sha,
        paths=snapshot.paths(),
        issue=IssueText(
            number=task.issue_number,
            title=task.issue.title,
            body=task.issue.body,
            author=task.issue.author,
        ),
        requester=task.requester,
        instruction=task.instruction,
        guidance=guidance,
        guidance_source=source,
        nested=frozenset(path for path in snapshot.paths() if path.endswith(f"/{_GUIDANCE[0]}")),
        read_base=snapshot.text,
        environment=(
            *environment,
            *base.mirror.facts(base.sha).told(),
            *(f"No check is known: {problem}." for problem in detection.problems),
        ),
        checks=tuple(check.command for check in detection.checks),
    )
