"""Lets a task's agent wait for people: its questions, more money, what steers it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.project import Planning, ProjectLimits
from jobs.agent.abilities import PeoplePort
from jobs.agent.task import Budget, Ending
from jobs.agent.titles import code
from jobs.job import Job
from jobs.repository.change import HostileChange, parse
from jobs.setup.wanted import Came
from jobs.waiting.acknowledging import acknowledge
from jobs.waiting.day import day_pause, is_of_a_day, may_pause
from jobs.waiting.packages import packages_port
from records.heard import Remark
from records.waits import NewWait, Wait, WaitKind

_ASKING = "fix"
"""The verb whose tasks wait for people in the middle; the others come to their end sooner."""
_STEERED = ("plan", "ask", "review", "address", "ci", "sync")
"""Others that say at which step they took a word to them."""
_MAY_GROW = ("money", "tokens", "turns", "time")
"""What people can give more of; a model's window is as large as it is."""
_SHOWN_PATHS = 10


def people_of(
    job: Job, planning: Planning, budget: Budget, came: Sequence[Came] = ()
) -> PeoplePort | None:
    """Return how this job's agent waits for people; None where it cannot.

    `came` is what came of the packages that they allowed it earlier.
    """
    if job.task.verb not in {_ASKING, *_STEERED} or job.attempts > 1:
        return None
    asks = job.task.verb == _ASKING
    waits = job.services.tasks.waits

    def said(key: str) -> Wait | None:
        return waits.of_key(job.task.id, key)

    def question(key: str, asked: dict[str, Any]) -> NewWait:
        at_deadline = {"at_deadline": planning.at_deadline}
        return NewWait(key, WaitKind.QUESTION, asked | at_deadline, planning.question_timeout_s)

    def more(which: str) -> NewWait | None:
        wait = paused(which, budget, planning.question_timeout_s)
        known = wait and waits.of_key(job.task.id, wait.key)
        return None if known and not known.is_open else wait

    def took(remark: Remark, step: int) -> None:
        if job.services.tasks.heard.took(job.task.id, remark.comment_id, step):
            job.log.event(f"steer by {remark.author}: {code(remark.text)}", f"taken at step {step}")
            acknowledge(job, remark)

    pauses = asks and job.services.settings.at_budget_end == "pause"
    return PeoplePort(
        may_ask=asks and planning.ask_questions,
        said=said,
        question=question,
        more=more if pauses else lambda _: None,
        pauses=pauses and may_pause(waits.all(job.task.id)),
        took=took,
        packages=packages_port(job, planning, came) if asks else None,
    )


def was_granted(job: Job, ending: Ending, budget: Budget, limits: ProjectLimits) -> bool:
    """Say whether the work rests for want of what it has by now."""
    wait = ending.wait
    if wait is None or wait.kind is not WaitKind.BUDGET or job.watch.halted.is_set():
        return False
    if is_of_a_day(wait):
        return day_pause(job, limits) is None
    return wait.key != _key(budget)


def told_of_more(job: Job, budget: Budget) -> str:
    """Return what a job that goes on after a pause tells the agent of its budget, or nothing."""
    waits = job.services.tasks.waits.all(job.task.id)
    paused = [wait for wait in waits if wait.kind is WaitKind.BUDGET and wait.answer.get("granted")]
    if not paused:
        return ""
    return (
        f" People have given the task more: {budget.turns} turns and {budget.seconds / 60:g} "
        "minutes in all, what is used so far among them. What was said of an end before counts no "
        "more; go on with the whole of the task."
    )


def with_changes(wait: NewWait, content: bytes) -> NewWait:
    """Return a pause with the paths of what is changed so far, for whoever decides on more."""
    if wait.kind is not WaitKind.BUDGET:
        return wait
    try:
        changed = list(parse(content).paths()[:_SHOWN_PATHS])
    except HostileChange:
        changed = []
    return replace(wait, asked={**wait.asked, "changed": changed})


def paused(which: str, budget: Budget, seconds: float) -> NewWait | None:
    """Return what people are asked when a budget has run out; None for what they cannot extend."""
    if which not in _MAY_GROW:
        return None
    asked = {
        "what": which,
        "usd": budget.usd,
        "tokens": budget.tokens,
        "turns": budget.turns,
        "minutes": budget.seconds / 60,
    }
    return NewWait(_key(budget), WaitKind.BUDGET, asked, seconds)


def _key(budget: Budget) -> str:
    return f"budget:{budget.usd}:{budget.tokens}:{budget.turns}:{budget.seconds}"
