"""The intake process: `python -m jobs.intake` handles deliveries, one after the other."""

import threading
from collections.abc import Callable
from functools import partial

import structlog

from bot.github_app import GitHubApp
from bot.limits import Allowance, limits_of
from bot.project import Projects
from bot.request import Context
from bot.task_links import TaskLinks
from jobs.handle_delivery import Intake, handle_delivery
from jobs.project_file.file import read_project
from jobs.queues import Bell, BellSilent
from jobs.repository.protected import why_blocked
from jobs.start import start
from jobs.worker import serve
from records.deliveries import Deliveries
from records.effects import Effects
from records.pacing import Pacing
from records.tasks import Tasks

_log = structlog.get_logger()


def main() -> None:
    """Serve until asked to end."""
    begun = start()
    settings = begun.settings
    github = GitHubApp(
        settings.github_app_id,
        settings.private_key(),
        settings.github_api_url,
        on_secret=begun.redactor.learn,
        pacing=Pacing(begun.database, settings.pace()),
        reread_key=settings.private_key,
    )
    bell = Bell(settings.redis_url)
    context = Context(
        tasks=Tasks(begun.database),
        effects=Effects(begun.database),
        github=github,
        wake=partial(_rung, bell.ring_task),
        secret=begun.secret,
        limits=limits_of(settings),
        command=settings.command,
        fix_label=settings.fix_label,
        plan_label=settings.plan_label,
        ask_label=settings.ask_label,
        attempts_label=settings.attempts_label,
        attempts_most=settings.attempts_most,
        review_quiet_s=settings.review_quiet_seconds,
        budget_most_times=settings.budget_most_times,
        models=settings.choices(),
        allowance=Allowance.of(settings),
        protected=why_blocked,
        projects=Projects(read_project),
        task_url=TaskLinks(settings).url,
        clean=begun.redactor.clean,
    )
    deliveries, ring = Deliveries(begun.database), partial(_rung, bell.ring_delivery)
    serve(
        "deliveries",
        redis_url=settings.redis_url,
        job=partial(handle_delivery, intake=Intake(deliveries, context, ring)),
        stopping=threading.Event(),
        forking=False,
    )


def _rung(ring: Callable[[str], None], subject: str) -> None:
    try:
        ring(subject)
    except BellSilent as silent:
        _log.warning("bell.silent", subject=subject, error=str(silent))  # the clock will ring


if __name__ == "__main__":
    main()
