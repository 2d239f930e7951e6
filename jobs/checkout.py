"""Brings the base commit to this machine and reads from it what the agent is told at the start."""

from dataclasses import dataclass
from functools import cached_property

from bot.github_app import Token
from bot.others_pull_requests import ONTO
from bot.project import PROJECT_FILE, Project, unreadable
from jobs.agent.task import AgentTask
from jobs.evidence.detect import Detection, detect
from jobs.minted import minted
from jobs.plans.approved import BRIEF, with_plan
from jobs.project_file.file import read_project
from jobs.repository.mirror import Mirror
from jobs.repository.policy import PathRules
from jobs.seen import seen
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
    setup_sha: str = ""
    """The commit that is set up with the network, and that says how the project is tested, if it
    is another: where the base is what nobody has merged, neither is its to say."""

    @cached_property
    def project(self) -> Project:
        """What the default branch says in the project's file; a file that is none is a problem."""
        snapshot = self.mirror.at(self.project_sha or self.sha)
        text = snapshot.text(PROJECT_FILE)
        if text is None and snapshot.object_id(PROJECT_FILE):
            return unreadable("is no regular file, or is too large")
        return read_project(text)

    def path_rules(self, task: Task) -> PathRules:
        """Return what the project and the command say of paths."""
        paths = self.project.paths
        asked = tuple(task.brief.get("paths") or ())
        only = (paths.only, asked)
        return PathRules(paths.deny, only, protect=paths.protect, approve=paths.approve)

    def detection(self) -> Detection:
        """Find out how this project is tested."""
        return detect(self.mirror.at(self.sha), self.mirror.at(self.setup_sha or self.sha))


def fetch_base(services: Services, task: Task) -> Base:
    """Fetch the head of the branch to work from, or the commit that an earlier job worked from.

    That is the default branch, unless the command or the project names another.
    """
    with minted(services, task, READ) as token:
        return _fetch(services, task, token)


def _fetch(services: Services, task: Task, token: Token) -> Base:
    mirror = services.mirrors.open(task.repository_id)
    # By its name of today: a task may have waited through a rename, and no redirect is followed.
    url = f"{services.settings.github_url}/{token.repository}.git"
    asked = str(task.brief.get("base") or "")
    # A plan was approved for one commit; the branch may have moved while the task was in line.
    approved = task.brief.get(BRIEF) or {}
    known = task.base_branch or approved.get("base_branch") or asked
    # What a project says of itself counts on its default branch alone.
    of_a_pull = _is_of_a_pull_request(task, known)
    apart = of_a_pull or bool(asked)
    default = (
        services.github.repository(token).default_branch() if apart or not task.base_sha else ""
    )
    rules = mirror.fetch(url, default, token.value) if apart and asked != default else ""
    branch = known or default
    wanted = task.base_sha or approved.get("base_sha") or branch
    sha = wanted if mirror.has(wanted) else mirror.fetch(url, wanted, token.value)
    return Base(mirror, sha, branch, rules, setup_sha=rules if of_a_pull else "")


def _is_of_a_pull_request(task: Task, branch: str) -> bool:
    """Say whether the base is what nobody has merged: a pull request's head, or a task's branch."""
    is_head = bool(task.base_sha) and task.pull_request_number == task.issue_number
    return is_head or bool(task.brief.get(ONTO)) or branch.startswith("agent/")


def guidance_of(base: Base) -> tuple[str, str]:
    """Return the file with the repository's rules and its text; the text is empty without one.

    They are the base commit's; where the base is the head of a pull request, the default branch's.
    """
    rules = base.mirror.at(base.project_sha or base.sha)
    found = ((name, rules.text(name)) for name in _GUIDANCE)
    return next(((name, text) for name, text in found if text), (_GUIDANCE[0], ""))


def agent_task(
    task: Task, base: Base, detection: Detection, environment: tuple[str, ...] = ()
) -> AgentTask:
    """Say what the first message to the model is made of; `environment` is one fact a line."""
    from_base, rules = base.mirror.at(base.sha), base.mirror.at(base.project_sha or base.sha)
    source, guidance = guidance_of(base)
    return AgentTask(
        repository=task.repository,
        base_sha=base.sha,
        paths=from_base.paths(),
        issue=seen(task).issue,
        requester=task.requester,
        instruction=with_plan(task),
        guidance=guidance,
        guidance_source=source,
        nested=frozenset(path for path in rules.paths() if path.endswith(f"/{_GUIDANCE[0]}")),
        read_base=rules.text,
        environment=(
            *environment,
            *base.mirror.facts(base.sha).told(),
            *(f"No check is known: {problem}." for problem in detection.problems),
        ),
        checks=tuple(check.command for check in detection.checks),
    )
