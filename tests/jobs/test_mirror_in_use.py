"""The mirror of a task stays while its job runs, however little room there is."""

import os
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import run_task as running
from jobs.job import Job
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.services import Services
from tests.records.given import new_task


def test_no_room_is_made_of_it(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Mirrors(tmp_path / "mirrors", Git(allow_file=True), quota_bytes=1)
    roomy = replace(full, quota_bytes=2**30)
    task, _ = services.tasks.create(new_task())
    sha = roomy.open(task.repository_id).fetch(_origin(tmp_path / "origin"), "main")
    seen: list[bool] = []

    def work(job: Job) -> None:
        full.sweep()
        seen.append(full.open(job.task.repository_id).has(sha))

    monkeypatch.setattr(running, "_take_to_its_end", work)
    running.run_task(task.id, replace(services, mirrors=roomy), threading.Event())
    assert seen == [True]
    full.sweep()
    assert not full.open(task.repository_id).has(sha)


def _origin(folder: Path) -> str:
    folder.mkdir()
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q", "-b", "main"], [*who, "commit", "-qm", "x", "--allow-empty"]):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)
    return folder.as_uri()
