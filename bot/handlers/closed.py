"""Notes what became of the bot's pull requests: merged, closed, or taken back by another one."""

import re

import structlog

from bot.comments.status import CUT_SHORT
from bot.events import PullRequestClosed
from bot.github_errors import AWAY, GitHubError
from bot.handlers.reverted import taken_back_by
from bot.handlers.stop import show_end
from bot.own_pull_requests import opened_by
from bot.request import Outcome, Request
from records.deliveries import DeliveryState
from records.effects import Ambiguous
from records.pulls import Fate
from records.task import Task, TaskState

_WRITE = {"contents": "write", "metadata": "read"}
_LOOKED_THROUGH = 60
_RETRY_LINE = re.compile(r"^.*<!-- do:retry[^\n]*\n*", re.MULTILINE)

_log = structlog.get_logger()


def closed(event: PullRequestClosed, request: Request) -> Outcome:
    """Record what became of a pull request, and end what is on its way for it."""
    taken_back = taken_back_by(event, request) if event.pull.merged else None
    origin = opened_by(request)
    if origin is None:
        if taken_back:
            return Outcome(DeliveryState.HANDLED, f"pull request #{taken_back} was reverted")
        return Outcome(DeliveryState.IGNORED, "not the bot's pull request")
    fate = Fate.MERGED if event.pull.merged else Fate.CLOSED
    _decide(event, fate, request)
    stopped = _stop_all(request)
    if fate is Fate.MERGED:
        _remove_branch(event, origin, request)
        _take_retries_away(origin, request)
    return Outcome(DeliveryState.HANDLED, f"{fate}; {stopped} tasks on it stopped")


def _decide(event: PullRequestClosed, fate: Fate, request: Request) -> None:
    request.context.tasks.pulls.decide(
        event.repository.id,
        event.issue.number,
        fate,
        by=event.sender.login,
        merge_sha=event.pull.merge_sha if fate is Fate.MERGED else "",
    )


def _stop_all(request: Request) -> int:
    """Stop what is on its way on the pull request: there is nothing left to push to."""
    event, tasks = request.event, request.context.tasks
    stopped = _on_their_way(request)
    for task_id in stopped:
        task = tasks.request_stop(task_id, event.sender.login)
        if task.state is TaskState.STOPPED and not task.explanation:
            # No job comes that could say it.
            show_end(task, request)
    return len(stopped)


def _on_their_way(request: Request) -> list[str]:
    """Return the tasks of the pull request as it was closed, also once some of them are stopped."""
    event, context = request.event, request.context

    def look_up() -> dict[str, list[str]]:
        line = context.tasks.line(event.repository.id, event.issue.number)
        return {"tasks": [task.id for task in line]}

    key = f"to stop:{event.key}"
    kept = context.effects.once(request.conversation.scope, key, do=look_up, look=lambda: None)
    return list(kept["tasks"])


def _take_retries_away(origin: Task, request: Request) -> None:
    """Offer no more to try again what is merged now, in the comments of the issue's tasks."""
    repository, tasks = request.conversation.repository, request.context.tasks
    for task in tasks.newest_on_issue(origin.repository_id, origin.issue_number, _LOOKED_THROUGH):
        if task.status_comment_id is None or task.state not in CUT_SHORT:
            continue
        try:
            body = repository.comment_body(task.status_comment_id)
            without = _RETRY_LINE.sub("", body)
            if without != body:
                repository.edit_comment(task.status_comment_id, without)
        except AWAY:
            raise  # the delivery comes again when GitHub is back
        except GitHubError as trouble:
            # A tick on a box that stays is answered: the issue is closed, or has its pull request.
            _log.info("retry.not_taken_away", task=task.id, why=str(trouble))


def _remove_branch(event: PullRequestClosed, origin: Task, request: Request) -> None:
    """Remove the branch of a merged pull request, if it is the bot's and nobody pushed since."""
    pull, context = event.pull, request.context
    if pull.head_repository_id != event.repository.id or pull.head_branch != origin.branch:
        return
    try:
        repository = context.github.kept_repository(
            event.installation_id, event.repository.id, _WRITE
        )
        repository.remove_branch(pull.head_branch, only_at=pull.head_sha)
    except AWAY:
        raise  # the delivery comes again when GitHub is back; all before this is done only once
    except (GitHubError, Ambiguous) as trouble:
        # A branch that stays is in nobody's way, and the rules of a repository may want it so.
        _log.info("branch.not_removed", pull_request=event.issue.number, why=str(trouble))
