"""Puts the worker processes together: `python -m jobs.entry intake|worker|clock`."""

import socket
import sys
import threading
from functools import partial

import structlog

from bot.github_app import GitHubApp
from bot.limits import limits_of
from bot.logging import configure
from bot.redaction import Redactor
from bot.request import Context
from bot.settings import Settings, SettingsError
from bot.task_links import TaskLinks
from jobs.clock import Clock
from jobs.handle_delivery import Intake, handle_delivery
from jobs.model import open_wire
from jobs.queues import Bell, BellSilent
from jobs.repository.mirror import Mirrors
from jobs.run_task import run_task
from jobs.sandbox import Sandboxes, SandboxLimits
from jobs.services import Services
from jobs.worker import serve
from records.actions import Actions
from records.checkpoints import Checkpoints
from records.database import Database, migrate, open_database
from records.deliveries import Deliveries
from records.effects import Effects
from records.named_leases import NamedLeases
from records.tasks import Tasks

_log = structlog.get_logger()


def main() -> int:
    """Run one of the three processes until it is asked to end."""
    try:
        settings = Settings.load()
    except SettingsError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    redactor = Redactor(settings.secrets())
    configure(log_format=settings.log_format, level=settings.log_level, redactor=redactor)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate(settings.database())
    database = open_database(settings.database())
    match sys.argv[1:]:
        case ["intake"]:
            serve_intake(settings, database, redactor)
        case ["worker"] if not settings.model:
            print("Patchbay cannot start:\n  MODEL: is not set", file=sys.stderr)
            return 2
        case ["worker"]:
            serve_worker(settings, database, redactor)
        case ["clock"]:
            serve_clock(settings, database)
        case _:
            print("usage: python -m jobs.entry intake|worker|clock", file=sys.stderr)
            return 2
    return 0


def serve_intake(settings: Settings, database: Database, redactor: Redactor) -> None:
    """Handle deliveries, one after the other, in this process."""
    bell = Bell(settings.redis_url)
    context = Context(
        tasks=Tasks(database),
        effects=Effects(database),
        github=_github(settings, redactor),
        wake=partial(_wake, bell),
        secret=settings.webhook_secret.get_secret_value().encode(),
        limits=limits_of(settings),
        command=settings.command,
        fix_label=settings.fix_label,
        model=settings.model,
        task_url=TaskLinks(settings).url,
    )
    intake = Intake(Deliveries(database), context)
    serve(
        "deliveries",
        redis_url=settings.redis_url,
        job=partial(handle_delivery, intake=intake),
        stopping=threading.Event(),
        forking=False,
    )


def serve_worker(settings: Settings, database: Database, redactor: Redactor) -> None:
    """Work on tasks, each in a process of its own."""
    services = Services(
        settings=settings,
        tasks=Tasks(database),
        actions=Actions(database),
        effects=Effects(database),
        checkpoints=Checkpoints(database),
        github=_github(settings, redactor),
        mirrors=Mirrors(settings.data_dir.resolve() / "mirrors"),
        sandboxes=_sandboxes(settings),
        open_wire=lambda task_id: open_wire(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
            model=settings.model,
            api=settings.model_api,
            cache_key=f"patchbay-{task_id}",
        ),
        redactor=redactor,
        task_url=TaskLinks(settings).url,
    )
    stopping = threading.Event()
    serve(
        "tasks",
        redis_url=settings.redis_url,
        job=partial(run_task, services=services, shutting_down=stopping),
        stopping=stopping,
        forking=True,
    )


def serve_clock(settings: Settings, database: Database) -> None:
    """Ring for what was left lying, and remove the sandboxes of jobs that are gone."""
    tasks = Tasks(database)
    sandboxes = _sandboxes(settings)
    Clock(
        deliveries=Deliveries(database),
        tasks=tasks,
        leases=NamedLeases(database),
        bell=Bell(settings.redis_url, patience_s=2.0),
        sweeps=[partial(sandboxes.remove_strays, tasks.is_leased)],
    ).run()


def _wake(bell: Bell, task_id: str) -> None:
    try:
        bell.ring_task(task_id)
    except BellSilent as silent:
        _log.warning("bell.silent", task=task_id, error=str(silent))  # the clock will ring


def _github(settings: Settings, redactor: Redactor) -> GitHubApp:
    return GitHubApp(
        settings.github_app_id,
        settings.private_key(),
        settings.github_api_url,
        on_secret=redactor.learn,
    )


def _sandboxes(settings: Settings) -> Sandboxes:
    limits = SandboxLimits(
        memory_mb=settings.sandbox_memory_mb,
        cpus=settings.sandbox_cpus,
        pids=settings.sandbox_pids,
        workspace_mb=settings.sandbox_workspace_mb,
    )
    owner = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return Sandboxes(settings.docker_host, settings.sandbox_runtime, limits, owner=owner)


if __name__ == "__main__":
    sys.exit(main())
