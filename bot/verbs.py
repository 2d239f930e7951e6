"""Takes a command to its handler."""

from typing import assert_never

from bot.commands import (
    Address,
    Answer,
    Approve,
    Ask,
    Autofix,
    Batch,
    Budget,
    Ci,
    Config,
    Each,
    Fix,
    Help,
    Log,
    Packages,
    Plan,
    Reject,
    Remark,
    Retry,
    Review,
    Revise,
    Status,
    Steer,
    Stop,
    Sync,
    Undo,
    Words,
    type_of_command,
    type_of_question,
    type_of_word,
    type_of_work,
)
from bot.handlers.address import address
from bot.handlers.answer import answer
from bot.handlers.approve import approve
from bot.handlers.ask import ask
from bot.handlers.batch import batch
from bot.handlers.budget import budget
from bot.handlers.ci import autofix, ci
from bot.handlers.config import config
from bot.handlers.each import each
from bot.handlers.fix import fix
from bot.handlers.hear import hear
from bot.handlers.help import answer_slip, give_help
from bot.handlers.packages import packages
from bot.handlers.plan import plan
from bot.handlers.reject import reject
from bot.handlers.retry import retry
from bot.handlers.review import review
from bot.handlers.revise import revise
from bot.handlers.status import log, status
from bot.handlers.steer import steer
from bot.handlers.stop import stop
from bot.handlers.sync import sync
from bot.handlers.undo import undo
from bot.own_pull_requests import opened_by
from bot.request import Outcome, Request
from bot.slips import DidYouMean, LateOption, Misused, NoSuchOption, NoValue
from records.task import TaskState


def meant(command: type_of_command, request: Request) -> type_of_command:
    """Return what words without a verb stand for: an answer, a word to a task, or a wish.

    On the bot's own pull request a wish is a round of review with these words.
    """
    if isinstance(command, Fix) and command == Fix(command.instruction) and opened_by(request):
        return Address(command.instruction)
    if not isinstance(command, Words):
        return command
    event = request.event
    live = request.context.tasks.live_on_issue(event.repository.id, event.issue.number)
    if live is None:
        return meant(Fix(command.text), request)
    return Answer(command.text) if live.state is TaskState.WAITING else Steer(command.text)


def carry_out(command: type_of_command, request: Request) -> Outcome:  # noqa: PLR0911 - a case each
    """Do what a command says; whoever gave it may, unless its handler has to know the task."""
    match command:
        case Fix() | Plan() | Ask() | Review() | Retry() | Address() | Ci() | Sync() | Undo():
            return _work(command, request)
        case Batch() | Each():
            return _work(command, request)
        case Approve() | Reject() | Revise() | Answer() | Steer() | Stop() | Budget():
            return _tell(command, request)
        case Packages() | Autofix():
            return _tell(command, request)
        case Status() | Log() | Config() | Help():
            return _question(command, request)
        case Remark():
            return hear(request)
        case Words():
            return carry_out(meant(command, request), request)
        case DidYouMean() | NoSuchOption() | NoValue() | LateOption() | Misused():
            return answer_slip(command, request)
        case _:
            assert_never(command)


def _work(command: type_of_work, request: Request) -> Outcome:  # noqa: C901, PLR0911 - a case each
    match command:
        case Fix():
            return fix(command, request)
        case Plan():
            return plan(command, request)
        case Ask():
            return ask(command, request)
        case Review():
            return review(command, request)
        case Retry():
            return retry(command, request)
        case Address():
            return address(command, request)
        case Ci():
            return ci(command, request)
        case Sync():
            return sync(command, request)
        case Undo():
            return undo(command, request)
        case Batch():
            return batch(command, request)
        case Each():
            return each(command, request)
        case _:
            assert_never(command)


def _tell(command: type_of_word, request: Request) -> Outcome:  # noqa: PLR0911 - a case each
    match command:
        case Approve():
            return approve(command, request)
        case Reject():
            return reject(command, request)
        case Revise():
            return revise(command, request)
        case Answer():
            return answer(command, request)
        case Steer():
            return steer(command, request)
        case Stop():
            return stop(command, request)
        case Budget():
            return budget(command, request)
        case Packages():
            return packages(command, request)
        case Autofix():
            return autofix(command, request)
        case _:
            assert_never(command)


def _question(command: type_of_question, request: Request) -> Outcome:
    match command:
        case Status():
            return status(request)
        case Log():
            return log(command, request)
        case Config():
            return config(request)
        case Help():
            return give_help(request)
        case _:
            assert_never(command)
