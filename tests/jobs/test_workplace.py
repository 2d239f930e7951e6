"""The sandboxes of one task: prepared once, each with the base commit, and prepared again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.job import Job
from jobs.sandbox.engine import Engine
from jobs.services import Services
from jobs.workplace import Workplace
from records.task import Progress
from tests.jobs.conftest import MakeJob
from tests.jobs.test_what_checks_are_worth import base_with

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

FILES = {
    ".github/agent.yml": "env: {image: python, setup: [mkdir built], network_hosts: [evil.org]}\n",
    ".gitignore": "built/\n",
    "shop.py": "x = 1\n",
}


@pytest.fixture
def workplace(make_job: MakeJob, sandboxes: Engine, proxy_image: str, tmp_path: Path) -> Workplace:
    assert proxy_image
    job: Job = make_job()
    services: Services = replace(job.services, sandboxes=sandboxes)
    return Workplace(replace(job, services=services), base_with(FILES, tmp_path))


def titles(workplace: Workplace) -> list[str]:
    return [content["title"] for _, content in workplace._job.log.entries()]


def test_two_sandboxes_at_once_are_prepared_once(workplace: Workplace) -> None:
    def look(_: int) -> str:
        with workplace.sandbox() as sandbox:
            return sandbox.exec("ls -d built shop.py && touch built/mine && ls built").output

    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(look, range(2)))
    assert seen == ["built\nshop.py\nmine"] * 2
    assert titles(workplace).count("keep the environment") == 1
    assert "a wish of the project's does not count" in titles(workplace)


def test_while_it_lasts_the_status_comment_says_so(workplace: Workplace) -> None:
    seen: list[Progress] = []
    job = workplace._job
    event = job.log.event

    def note(*words: str, **more: str) -> None:
        event(*words, **more)
        seen.append(job.services.tasks.get(job.task.id).progress)

    job.log.event = note  # type: ignore[method-assign]
    assert workplace.environment.snapshot
    assert {progress.doing for progress in seen} == {"preparing the environment"}


def test_what_was_thrown_away_is_prepared_again(workplace: Workplace, sandboxes: Engine) -> None:
    gone = workplace.environment.snapshot
    for stored in sandboxes.snapshots.stored():
        if stored.snapshot == gone:
            assert sandboxes.snapshots.remove(stored)
    with workplace.sandbox() as sandbox:
        assert sandbox.exec("ls -d built").output == "built"
    assert titles(workplace).count("keep the environment") == 2
