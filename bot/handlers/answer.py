"""Takes an answer to what a task asked: by letters, in words, or by a ticked box."""

from typing import Any

from bot.commands import Answer, Revise, Steer
from bot.comments.waits import (
    LETTERS,
    answered_already_comment,
    long_answer_comment,
    no_such_choice_comment,
    nothing_asked_comment,
    two_choices_comment,
    which_question_comment,
)
from bot.handlers.revise import revise
from bot.handlers.steer import steer
from bot.refusals import check_role, check_writer_or_requester
from bot.request import Outcome, Request, UserError
from bot.starting import show
from records.deliveries import DeliveryState
from records.task import TaskState
from records.tasks import Task
from records.waits import Wait, WaitKind

_NO_QUESTIONS = (WaitKind.BUDGET, WaitKind.PACKAGES, WaitKind.CHANGE)
_LONGEST = 4_000
"""Characters of an answer in somebody's own words."""


def answer(command: Answer, request: Request) -> Outcome:
    """Write an answer down; with the last one the task goes on."""
    task, wait = _asked(request)
    if wait.kind is not WaitKind.QUESTION and command.text:
        return _not_a_question(command.text, wait, request)
    check_writer_or_requester(task, "answer", request)
    if wait.kind is not WaitKind.QUESTION:
        raise _nothing_asked(request)
    said, by = _understood(command, wait, request), request.event.sender.login
    now = request.context.tasks.waits.answer(wait, {"answers": said}, by, is_all=_is_all(wait))
    if now is None and not _is_this(wait, said, by, request):
        words = answered_already_comment(request.context.command, wait.answered_by)
        raise UserError(words, why="it was answered already")
    request.conversation.react("hooray")
    if now is None or not now.is_open:
        request.context.wake(task.id)
    _show(task, request)
    return Outcome(DeliveryState.HANDLED, f"an answer for task {task.id}")


def _asked(request: Request) -> tuple[Task, Wait]:
    """Find what the thread's task waits for, or waited for last; UserError where it is nothing."""
    event, tasks = request.event, request.context.tasks
    task = tasks.live_on_issue(event.repository.id, event.issue.number)
    if task is None:
        raise _nothing_asked(request)
    asked = [one for one in tasks.waits.all(task.id) if one.kind not in _NO_QUESTIONS]
    wait = tasks.waits.open(task.id) or next(iter(reversed(asked)), None)
    if wait is None:
        raise _nothing_asked(request)
    return task, wait


def _nothing_asked(request: Request) -> UserError:
    words = nothing_asked_comment(request.context.command)
    return UserError(words, why="nothing is asked", once=request.strangers_key())


def _not_a_question(text: str, wait: Wait, request: Request) -> Outcome:
    """Take words to a task that waits for something else for what they can be."""
    if wait.kind is WaitKind.PLAN and wait.is_open:
        words = Revise(text)
        check_role(words, request)
        return revise(words, request)
    return steer(Steer(text), request)


def _understood(command: Answer, wait: Wait, request: Request) -> dict[str, dict[str, str]]:
    """Return what is said to which question, as the records keep it; UserError if it is unclear."""
    questions: list[dict[str, Any]] = wait.asked["questions"]
    numbers = [number for number, _ in dict.fromkeys(command.choices)]
    if len(numbers) > len(set(numbers)):
        raise UserError(
            two_choices_comment(request.context.command), why="two choices of one question"
        )
    chosen = {str(number): {"choice": letter, "text": ""} for number, letter in command.choices}
    if len(command.text) > _LONGEST:
        words = long_answer_comment(request.context.command, _LONGEST)
        raise UserError(words, why=f"an answer of {len(command.text)} letters")
    if command.text:
        number = command.number or _only_open(wait, request)
        chosen[str(number)] = {"choice": "", "text": command.text}
    for key, said in chosen.items():
        at, name = int(key) - 1, f"{key}{said['choice']}"
        is_asked = 0 <= at < len(questions)
        if not is_asked or said["choice"] not in ("", *LETTERS[: len(questions[at]["choices"])]):
            words = no_such_choice_comment(request.context.command, name)
            raise UserError(words, why=f"no such choice: {name}")
    return chosen


def _only_open(wait: Wait, request: Request) -> int:
    """Return the number of the one question that has no answer yet; UserError if there are more."""
    given = wait.answer.get("answers", {})
    left = [at for at in range(1, len(wait.asked["questions"]) + 1) if str(at) not in given]
    if len(left) != 1:
        words = which_question_comment(request.context.command, left)
        raise UserError(words, why="several questions are open")
    return left[0]


def _is_all(wait: Wait) -> Any:
    count = len(wait.asked["questions"])
    return lambda answer: len(answer.get("answers", {})) >= count


def _is_this(wait: Wait, said: dict[str, dict[str, str]], by: str, request: Request) -> bool:
    """Say whether the answer that stands is this one, told twice."""
    now = request.context.tasks.waits.of_key(wait.task_id, wait.key)
    stands = now.answer.get("answers", {}) if now else {}
    return now is not None and now.answered_by == by and said.items() <= stands.items()


def _show(task: Task, request: Request) -> None:
    """Show what has been answered, unless a quick worker shows more than that already."""
    now = request.context.tasks.get(task.id)
    if now.state in {TaskState.WAITING, TaskState.QUEUED}:
        show(now, request)
