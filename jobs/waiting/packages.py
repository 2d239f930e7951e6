"""Lets a task's agent ask for packages, and hands what people allowed to the set-up."""

from collections.abc import Sequence
from typing import Any

from bot.comments.packages import PACKAGES, packages_result
from bot.project import Planning
from jobs.agent.abilities import PackagesPort
from jobs.job import Job
from jobs.setup.wanted import Came, Wanted, wanted
from records.waits import NewWait, Wait, WaitKind


def allowed_packages(job: Job) -> tuple[Wanted, ...]:
    """Return what people allowed this task; of two versions of a package the later one counts."""
    listed = [
        wanted(one)
        for wait in _asked(job)
        if wait.answer.get("allowed")
        for one in wait.asked["packages"]
    ]
    return tuple({(one.manager, one.name): one for one in listed}.values())


def packages_port(job: Job, planning: Planning, came: Sequence[Came]) -> PackagesPort | None:
    """Return how the agent asks for packages; None where nothing is ever set up, or none asked."""
    if job.services.settings.setup != "on" or not planning.ask_questions:
        return None

    def ask(key: str, asked: dict[str, Any]) -> NewWait:
        return NewWait(key, WaitKind.PACKAGES, asked, planning.question_timeout_s)

    return PackagesPort(ask, came)


def note_packages(job: Job, came: Sequence[Came]) -> None:
    """Put into the log, once for each request, what was decided and what came of it."""
    known = {content.get("key") for kind, content in job.log.entries() if kind == PACKAGES}
    for wait in _asked(job):
        if wait.is_open or wait.key in known:
            continue
        asked = [wanted(one).words for one in wait.asked["packages"]]
        allowed = bool(wait.answer.get("allowed"))
        of_these = [vars(one) for one in came if allowed and one.package in asked]
        entry = {"key": wait.key, "by": wait.answered_by, "allowed": allowed, "came": of_these}
        job.log.keep(
            PACKAGES,
            {
                "title": f"packages: {', '.join(asked)}",
                "result": packages_result(entry),
                "text": "\n".join(line for one in came for line in _lines(one)),
                **entry,
            },
        )


def _asked(job: Job) -> list[Wait]:
    waits = job.services.tasks.waits.all(job.task.id)
    return [wait for wait in waits if wait.kind is WaitKind.PACKAGES]


def _lines(one: Came) -> list[str]:
    state = "installed" if one.installed else "not installed"
    return [f"{one.package}: {state}", *one.changes, *one.said.splitlines()]
