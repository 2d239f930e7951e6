"""Runs of a repository's workflows, whose jobs are check runs: a person says how each job ends."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.github.acts.accounts import create_user
from demo.github.acts.checks import announce_check_run, new_check_run
from demo.github.check_records import CheckRun, WorkflowJob, WorkflowRun
from demo.github.errors import Forbidden, GitHubError, NotFound
from demo.github.git_commit import read_commit
from demo.github.present.commits import user_of
from demo.github.records import Actor, App, Repository, User
from demo.github.state import State

SLUG = "github-actions"
SKIPS = re.compile(
    r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]"
    r"|\n\n(?:[\w-]+: [^\n]*\n)*skip-checks: ?true\s*\Z"
)


@dataclass(frozen=True)
class JobEnd:
    """How a job ended, what it printed, and what it noted in files."""

    conclusion: str
    log: str = ""
    annotations: Sequence[Mapping[str, object]] = ()


def actions_app(state: State) -> App:
    """Find the App as which workflows report, or make it; nobody has its key."""
    for app in state.apps:
        if app.slug == SLUG:
            return app
    app = App(
        id=state.next_id(),
        slug=SLUG,
        name="GitHub Actions",
        owner=create_user(state, "github", "Organization"),
        bot=create_user(state, f"{SLUG}[bot]", "Bot"),
        public_key_pem="",
        client_id=SLUG,
        webhook_url="",
        webhook_secret="",
        hook_id=state.next_id(),
        permissions={"actions": "write", "checks": "write", "metadata": "read"},
        events=[],
        created_at=state.now(),
    )
    state.apps.append(app)
    return app


def skips_workflows(repository: Repository, sha: str) -> bool:
    """Say whether a commit's message asks that no workflow runs on it."""
    message = read_commit(repository.git, sha).message
    return SKIPS.search(message.rstrip("\n")) is not None


def start_run(
    state: State, repository: Repository, branch: str, name: str, jobs: Sequence[str]
) -> WorkflowRun | None:
    """Begin a workflow on the head of a branch; None where its commit asks for none.

    As on GitHub, what the run reports has as its sender whoever pushed, who may be an App.
    """
    sha = repository.git.ref(f"refs/heads/{branch}")
    if sha is None:
        raise NotFound
    if skips_workflows(repository, sha):
        return None
    run = WorkflowRun(
        id=state.next_id(),
        suite_id=state.next_id(),
        name=name,
        number=len(repository.workflow_runs) + 1,
        head_sha=sha,
        head_branch=branch,
        event="push",
        actor=_pusher(state, repository, sha),
        created_at=state.now(),
    )
    repository.workflow_runs.append(run)
    for job in jobs:
        _begin(state, repository, run, job)
    return run


def _pusher(state: State, repository: Repository, sha: str) -> User:
    return user_of(state, read_commit(repository.git, sha).author) or repository.owner


def _begin(state: State, repository: Repository, run: WorkflowRun, name: str) -> None:
    check = new_check_run(state, actions_app(state), name, run.head_sha, run.suite_id)
    check.status = "in_progress"
    repository.check_runs.append(check)
    run.jobs.append(WorkflowJob(check, run.attempt))
    announce_check_run(state, repository, Actor(run.actor), check, "created")


def finish_job(
    state: State, repository: Repository, run: WorkflowRun, name: str, end: JobEnd
) -> None:
    """End a job; with the last one ends the suite."""
    for job in run.latest:
        if job.check.name == name and job.check.status != "completed":
            _end(state, job, end)
            announce_check_run(state, repository, Actor(run.actor), job.check, "completed")
            return
    raise NotFound


def _end(state: State, job: WorkflowJob, end: JobEnd) -> None:
    job.log = end.log
    job.check.status, job.check.conclusion = "completed", end.conclusion
    job.check.completed_at = state.now()
    job.check.annotations = [dict(each) for each in end.annotations]


def run_again(
    state: State, repository: Repository, run: WorkflowRun, only: Sequence[CheckRun] | None = None
) -> None:
    """Begin another attempt: of all jobs, or of some."""
    if any(each.check.status != "completed" for each in run.latest):
        raise Forbidden("This workflow run is already running")
    names = [each.check.name for each in run.latest if only is None or each.check in only]
    if not names:
        raise GitHubError(403, "The workflow run has no failed jobs")
    run.attempt += 1
    for name in names:
        _begin(state, repository, run, name)


def failed_jobs(run: WorkflowRun) -> list[CheckRun]:
    """Give the jobs of the newest attempt that did not end well."""
    good = {"success", "skipped", "neutral"}
    return [each.check for each in run.latest if each.check.conclusion not in good]
