"""A job on real records: what the units of one job's work are tried with."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from pydantic import SecretStr

from bot.github_app import GitHubApp
from bot.redaction import Redactor
from bot.settings import Settings
from jobs.job import Job
from jobs.repository.mirror import Mirrors
from jobs.sandbox.engine import Engine
from jobs.services import Services
from jobs.task_log import TaskLog
from jobs.watch import Watch
from records.actions import Actions
from records.baselines import Baselines
from records.checkpoints import Checkpoints
from records.database import Database, migrate, open_database
from records.effects import Effects
from records.task import NewTask
from records.tasks import Tasks
from tests.records.given import new_task

SECRET = "a webhook secret of well over 32 bytes"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    migrate(url)
    opened = open_database(url)
    yield opened
    opened.close()


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    """Services that reach nobody: no GitHub, no model, no engine."""
    settings = Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr(SECRET),
        data_dir=tmp_path,
    )
    return Services(
        settings=settings,
        tasks=Tasks(database),
        actions=Actions(database),
        effects=Effects(database),
        checkpoints=Checkpoints(database),
        baselines=Baselines(database),
        github=GitHubApp(1, "none", "http://127.0.0.1:1"),
        mirrors=Mirrors(tmp_path / "mirrors"),
        sandboxes=Engine("unix:///nowhere/docker.sock"),
        open_wire=_no_model,
        redactor=Redactor([SECRET]),
        task_url=lambda task_id: f"http://127.0.0.1:8000/tasks/{task_id}",
    )


def _no_model(_place: str, _model: str = "", _effort: str = "", /) -> NoReturn:
    raise AssertionError("no model is needed here")


MakeJob = Callable[..., Job]


@pytest.fixture
def make_job(services: Services) -> MakeJob:
    """Take a task for a job; the same task again once its lease has run out."""

    def make(new: NewTask | None = None, *, lease_s: float = 30.0) -> Job:
        task, _ = services.tasks.create(new or new_task())
        lease = services.tasks.take(task.id, "a job", lease_s)
        assert lease is not None
        task = services.tasks.get(task.id)
        log = TaskLog(services.actions, lease, redactor=services.redactor, progress=task.progress)
        watch = Watch(services.tasks, lease, shutting_down=threading.Event())
        return Job(services, task, lease, log, watch)

    return make
