"""Starts two tasks on a project, one after the other, up to where an agent would begin.

The first finds out by itself how the project is set up, does that behind the proxy, and runs its
checks on what was kept, offline: the baseline. The second is another task on the same commit.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import SecretStr

from bench.chosen_projects import Project
from bench.releases import make_repository
from bot.github_app import GitHubApp
from bot.redaction import Redactor
from bot.settings import Settings
from jobs.baseline import Baseline, alongside
from jobs.checkout import Base
from jobs.job import Job
from jobs.limits import limits_of
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.sandbox.engine import Engine
from jobs.services import Services
from jobs.task_log import TaskLog
from jobs.watch import Watch
from jobs.workplace import Workplace
from records.actions import Actions
from records.baselines import Baselines
from records.checkpoints import Checkpoints
from records.database import migrate, open_database
from records.effects import Effects
from records.task import IssueSnapshot, NewTask
from records.tasks import Tasks

Json = dict[str, Any]
BASELINE_S = 300.0
"""More than the default: what a suite comes to is to be seen, on a busy machine too."""
_SECRET = "no webhook ever comes here, but a secret has to be"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class Start:
    """How one task came to where the agent would begin."""

    ready_s: float
    """Until the agent's sandbox had the code in it, set-up and all."""
    known_s: float
    """Until the baseline was known as well."""
    image: str
    baseline: Baseline
    told: tuple[str, ...]
    """What the agent is told of its environment."""
    events: tuple[Json, ...]

    @property
    def commands(self) -> list[Json]:
        """The commands of the set-up, each with how it ended."""
        return [one for one in self.events if one["title"].startswith("set up: ")]

    def to_json(self) -> Json:
        """Return what the results keep of it."""
        return {
            "ready_s": round(self.ready_s, 2),
            "known_s": round(self.known_s, 2),
            "image": self.image,
            "told": list(self.told),
            "events": [
                {"title": one["title"], "result": one["result"], "text": one["text"][-2000:]}
                for one in self.events
            ],
            "checks": [
                {"command": check.command, **(outcome.to_json() if outcome else {})}
                for check, outcome in zip(self.baseline.checks, self.baseline.outcomes, strict=True)
            ],
        }


@dataclass(frozen=True)
class Prepared:
    """A project that was prepared for two tasks, one after the other."""

    project: Project
    first: Start
    second: Start

    @property
    def ready(self) -> bool:
        """Say whether the set-up ended well and each check could be run."""
        set_up = not any(line.startswith("The set-up ") for line in self.first.told)
        states = [
            outcome.state.value if outcome else "" for outcome in self.first.baseline.outcomes
        ]
        return set_up and all(state in {"passed", "failed", "no tests"} for state in states)

    def to_json(self) -> Json:
        """Return what the results keep of it."""
        return {
            "release": self.project.release,
            "stands_for": self.project.stands_for,
            "ready": self.ready,
            "first": self.first.to_json(),
            "second": self.second.to_json(),
        }


def prepare(project: Project, engine: Engine, folder: Path) -> Prepared:
    """Bring the project and start two tasks on it, up to where an agent would begin."""
    origin = make_repository(project, folder)
    mirror = Mirrors(folder / "mirrors", Git(allow_file=True)).open(1)
    base = Base(mirror, mirror.fetch(origin.as_uri(), "main"), "main")
    with _services(engine, folder) as services:
        first, second = (_start(services, base, number) for number in (1, 2))
    return Prepared(project, first, second)


def _start(services: Services, base: Base, number: int) -> Start:
    began = time.monotonic()
    with _job(services, number) as job:
        workplace, checks = Workplace(job, base), base.detection().checks
        with alongside(job, workplace, checks) as before, workplace.sandbox():
            ready_s = time.monotonic() - began
            baseline = before()
            known_s = time.monotonic() - began
        environment = workplace.environment
        return Start(
            ready_s,
            known_s,
            environment.image,
            baseline,
            (*environment.facts, *baseline.told()),
            tuple(content for kind, content in job.log.entries() if kind == "event"),
        )


@contextmanager
def _job(services: Services, number: int) -> Iterator[Job]:
    """Take a new task, as a worker does."""
    task, _ = services.tasks.create(
        NewTask(
            semantic_key=f"bench:{number}",
            verb="fix",
            installation_id=1,
            repository_id=1,
            repository="bench/project",
            issue_number=number,
            requester="bench",
            requester_id=1,
            instruction="",
            trigger_comment_id=None,
            issue=IssueSnapshot("Nothing to do", "", "bench", ""),
        )
    )
    lease = services.tasks.take(task.id, "bench", 3600)
    if lease is None:
        raise RuntimeError("somebody else took a task of the bench")
    log = TaskLog(services.actions, lease, redactor=services.redactor, progress=task.progress)
    with Watch(services.tasks, lease, shutting_down=threading.Event()) as watch:
        yield Job(services, task, lease, log, watch)


@contextmanager
def _services(engine: Engine, folder: Path) -> Iterator[Services]:
    """Return what a worker has, without GitHub and without a model."""
    settings = _settings(folder)
    migrate(settings.database())
    database = open_database(settings.database())
    yield Services(
        settings=settings,
        tasks=Tasks(database),
        actions=Actions(database),
        effects=Effects(database),
        checkpoints=Checkpoints(database),
        baselines=Baselines(database),
        github=GitHubApp(1, "none", "http://127.0.0.1:1"),
        mirrors=Mirrors(folder / "mirrors"),
        sandboxes=engine,
        open_wire=_no_model,
        redactor=Redactor([_SECRET]),
        task_url=lambda task_id: task_id,
    )
    database.close()


def _settings(folder: Path) -> Settings:
    return Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr(_SECRET),
        data_dir=folder,
        baseline_seconds=BASELINE_S,
    )


def _no_model(_place: str, _model: str = "", _effort: str = "", /) -> NoReturn:
    raise RuntimeError("the agent does not begin here")


@contextmanager
def own_engine(docker_host: str) -> Iterator[Engine]:
    """Give an engine with the limits of a worker, and take away what it kept afterwards."""
    with tempfile.TemporaryDirectory(prefix="patchbay-limits-") as folder:
        limits = limits_of(_settings(Path(folder)))
    engine = Engine(docker_host, limits=limits, owner=f"bench-{os.getpid()}")
    try:
        yield engine
    finally:
        for stored in engine.snapshots.stored():
            engine.snapshots.remove(stored)
        engine.close()
