"""The agent worker process: `python -m jobs.agent_worker` works on tasks, each in a child."""

import threading
from contextlib import suppress
from functools import partial

import structlog

from bot.github_app import GitHubApp
from bot.settings import Settings
from bot.task_links import TaskLinks
from jobs.keeper.client import Keeper
from jobs.keeper.reach import docker_in_reach
from jobs.limits import limits_of
from jobs.mirrors import mirrors_of
from jobs.model import Wire, wire_to
from jobs.queues import Bell, BellSilent
from jobs.refusal import refuse
from jobs.run_task import run_task
from jobs.sandbox import SandboxError
from jobs.sandbox.readiness import ready
from jobs.services import Services
from jobs.start import Started, start
from jobs.worker import serve
from records.actions import Actions
from records.baselines import Baselines
from records.checkpoints import Checkpoints
from records.effects import Effects
from records.pacing import Pacing
from records.tasks import Tasks

_log = structlog.get_logger()


def main() -> None:
    """Serve until asked to end."""
    begun = start()
    if words := _lacking(begun.settings):
        refuse(f"Patchbay cannot start:\n  {words}")
    services = services_of(begun)
    try:
        # No task is given to a sandbox that was not seen to deny what it must deny.
        limits, runtime = limits_of(begun.settings), begun.settings.sandbox_runtime
        ready(services.sandboxes, begun.settings.sandbox_image, limits, runtime=runtime)
    except SandboxError as unfit:
        refuse(f"Patchbay cannot start:\n  {unfit}", for_good=False)
    if words := docker_in_reach(begun.settings.docker_host):
        _log.warning("worker.docker_in_reach", why=words)
    stopping, bell = threading.Event(), Bell(begun.settings.redis_url)

    def wake(task_id: str) -> None:
        with suppress(BellSilent):  # the clock will ring
            bell.ring_task(task_id)

    serve(
        "tasks",
        redis_url=begun.settings.redis_url,
        job=partial(run_task, services=services, shutting_down=stopping, wake=wake),
        stopping=stopping,
        forking=True,
    )


def _lacking(settings: Settings) -> str:
    """Say what keeps every task from a model, if anything does."""
    models = settings.choices()
    if not models:
        return "MODEL: is not set"
    keyless = [one for one in models if one.lacks_key]
    return "\n  ".join(
        f"{one.key_env or 'OPENAI_API_KEY'}: is not set ({one.name})" for one in keyless
    )


def services_of(begun: Started) -> Services:
    """Make what every job is handed."""
    settings, database = begun.settings, begun.database
    github = GitHubApp(
        settings.github_app_id,
        settings.private_key(),
        settings.github_api_url,
        on_secret=begun.redactor.learn,
        pacing=Pacing(database, settings.pace()),
        reread_key=settings.private_key,
    )

    def wire(place: str, model: str = "", effort: str = "") -> Wire:
        chosen = settings.model_named(model)
        asked = chosen.model_copy(update={"effort": effort or chosen.effort})
        return wire_to(asked, cache_key=f"patchbay-{place}")

    return Services(
        settings=settings,
        tasks=Tasks(database),
        actions=Actions(database),
        effects=Effects(database),
        checkpoints=Checkpoints(database),
        baselines=Baselines(database),
        github=github,
        mirrors=mirrors_of(settings),
        sandboxes=Keeper(settings.keeper_path()),
        open_wire=wire,
        redactor=begun.redactor,
        task_url=TaskLinks(settings).url,
    )


if __name__ == "__main__":
    main()
