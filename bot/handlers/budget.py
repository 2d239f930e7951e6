"""Gives a task more of what it may use, while it works or when it has paused for want of it."""

from typing import Any

from bot.commands import Budget
from bot.comments.waits import (
    budget_given_comment,
    day_budget_comment,
    limit_named,
    little_budget_comment,
    no_money_limit_comment,
    nothing_to_pay_comment,
    other_budget_comment,
    too_much_comment,
)
from bot.limits import granted, most_of, within
from bot.request import Outcome, Request, UserError
from bot.starting import show
from records.deliveries import DeliveryState
from records.task import TaskState
from records.tasks import Task
from records.waits import NewWait, Wait, WaitKind


def budget(command: Budget, request: Request) -> Outcome:
    """Grant it, up to what the operator allows; a paused task goes on."""
    event, context = request.event, request.context
    task = context.tasks.live_on_issue(event.repository.id, event.issue.number)
    if task is None:
        words = nothing_to_pay_comment(context.command)
        raise UserError(words, why="nothing to pay for", once=request.strangers_key())
    key = f"grant:{event.key}"
    waits = context.tasks.waits
    if waits.of_key(task.id, key) is None:
        _check(command, task, request)
    by = event.sender.login
    said = dict([_given(command)])
    # A row of its own, so that it counts once however often GitHub tells of it.
    waits.grant(task.id, NewWait(key, WaitKind.BUDGET, {}), said, by)
    open_wait = waits.open(task.id)
    if open_wait and open_wait.kind is WaitKind.BUDGET:
        waits.answer(open_wait, {"granted": True}, by)
        context.wake(task.id)
    request.conversation.react("hooray")
    limits = granted(within(context.limits, task), waits.all(task.id))
    request.say("budget", budget_given_comment(by, *_given(command), limits))
    now = context.tasks.get(task.id)
    if now.state is TaskState.QUEUED:
        show(now, request)
    return Outcome(DeliveryState.HANDLED, f"more for task {task.id}")


def _check(command: Budget, task: Task, request: Request) -> None:
    """Refuse what would be more than the operator lets a task come to; UserError."""
    context = request.context
    wait = context.tasks.waits.open(task.id)
    waits_for_day = wait is not None and wait.asked.get("what") == "day"
    if wait and waits_for_day:
        _check_day(command, wait.asked, request)
    usual = within(context.limits, task)
    now = granted(usual, context.tasks.waits.all(task.id))
    if command.usd and now.usd is None and not waits_for_day:
        words = no_money_limit_comment(context.command)
        raise UserError(words, why="there is no limit in money")
    name, more = _given(command)
    if wait and wait.kind is WaitKind.BUDGET and not waits_for_day:
        _check_helps(name, vars(now)[name] or 0, more, wait, task, request)
    most = vars(most_of(context.limits, context.budget_most_times))[name]
    has = vars(now)[name]
    if most is not None and has + more > most:
        words = too_much_comment(context.command, name, has, most)
        raise UserError(words, why="more than a task may come to")


def _check_helps(
    name: str, has: float, more: float, wait: Wait, task: Task, request: Request
) -> None:
    """Refuse what lets a paused task go on to no more than its next pause; UserError."""
    word, short = request.context.command, wait.asked["what"]
    if name != limit_named(short):
        raise UserError(other_budget_comment(word, short), why=f"{short} is what is short")
    used = _used(task).get(name, 0.0)
    # Of several attempts each has a share, and what is used is the sum.
    if has + more <= used and task.wanted_attempts == 1:
        words = little_budget_comment(word, name, used, used - has)
        raise UserError(words, why="less than what is used already")


def _used(task: Task) -> dict[str, float]:
    """Return what a task has used, by the names that limits have; time stands still in a pause."""
    progress = task.progress
    return {
        "usd": progress.cost_usd,
        "tokens": progress.input_tokens + progress.output_tokens,
        "turns": progress.turns,
    }


def _check_day(command: Budget, asked: dict[str, Any], request: Request) -> None:
    """Refuse what gives a task no money of a day that it has to wait for; UserError."""
    context = request.context
    most = context.allowance.usd_day
    if not command.usd or (most is not None and asked["usd"] + command.usd > most):
        too_dear = most if command.usd else None
        words = day_budget_comment(context.command, too_dear, asked["until"])
        raise UserError(words, why="no money of the day")


def _given(command: Budget) -> tuple[str, float]:
    """Return what a task is to have more of, by its name among the limits, and how much."""
    return next((name, more) for name, more in vars(command).items() if more)
