"""A job that has something to hand in, and a GitHub of its own to hand it in at."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.github_app import GitHubApp
from bot.github_pulls import PullRequest
from demo.github.server import LocalGitHub
from jobs.agent.task import Ending, Outcome
from jobs.checkout import Base, fetch_base
from jobs.ending import end_of
from jobs.job import Job
from jobs.pull_request import publish
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.services import Services
from jobs.solution import Solution
from records.effects import Effects
from tests.jobs.conftest import MakeJob
from tests.records.given import new_task

REPOSITORY = "acme/shop"
EDIT = ChangedFile("tax.py", FileMode.REGULAR, b"RATE = 0.2\n")


@dataclass
class Desk:
    """A job whose agent is done, and the GitHub to hand in at."""

    github: LocalGitHub
    job: Job
    base: Base

    def hand_in(self, *files: ChangedFile) -> PullRequest:
        ending = Ending(Outcome.RESOLVED, None, "Done.")
        solution = Solution(ending, Change(files or (EDIT,)))
        return publish(self.job, self.base, solution, end_of(solution))

    def pull_requests(self) -> list[dict[str, Any]]:
        return self.github.pull_requests(REPOSITORY)

    def git(self, *arguments: str) -> str:
        folder = self.github.state.repository("acme", "shop").path
        ran = subprocess.run(
            ["git", "--git-dir", folder, *arguments], check=True, capture_output=True, text=True
        )
        return ran.stdout.strip()

    def asked(self, operation: str) -> int:
        return sum(one.operation == operation for one in self.github.exchanges)


@pytest.fixture
def shop_source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "tax.py").write_text("RATE = 0.19\n")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    identity = ["-c", "user.name=Maria", "-c", "user.email=maria@example.org"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "First"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


OpenJob = Callable[..., Job]


@pytest.fixture
def open_job(
    checked_github: LocalGitHub, shop_source: Path, services: Services, make_job: MakeJob
) -> OpenJob:
    """Make a job for an issue of a repository that the App is installed on."""
    github = checked_github

    def open_(permissions: dict[str, str] | None = None, **brief: str) -> Job:
        repository_id = github.create_repository("acme", "shop", shop_source, "main")
        requester_id = github.create_user("maria")
        github.add_collaborator(REPOSITORY, "maria", "write")
        app_id, key = github.create_app("patchbay-demo", permissions=permissions)
        new = replace(
            new_task(),
            installation_id=github.install(app_id, REPOSITORY),
            repository_id=repository_id,
            repository=REPOSITORY,
            requester="maria",
            requester_id=requester_id,
            issue_number=github.open_issue(REPOSITORY, "maria", "Tax is wrong"),
            brief=dict(brief),
        )
        here = replace(
            services,
            github=GitHubApp(app_id, key, github.api_url),
            settings=services.settings.model_copy(update={"github_url": github.url}),
            effects=Effects(services.effects._database, pauses_s=(0.0, 0.5)),
        )
        return replace(make_job(new, lease_s=120.0), services=here)

    return open_


@pytest.fixture
def desk(open_job: OpenJob, checked_github: LocalGitHub) -> Desk:
    job = open_job()
    return Desk(checked_github, job, fetch_base(job.services, job.task))
