"""Notes what became of the bot's pull requests: merged, closed, or taken back by another one."""

import re

import structlog

from bot.comments.checks import pull_request_ended
from bot.events import PullRequestClosed
from bot.github_errors import AWAY, GitHubError
from bot.own_pull_requests import opened_by
from bot.request import Outcome, Request
from records.deliveries import DeliveryState
from records.effects import Ambiguous
from records.pulls import Fate
from records.task import Task, TaskState

_WRITE = {"contents": "write", "metadata": "read"}
# As GitHub's own button writes it: https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/reverting-a-pull-request
_REVERTS = re.compile(
    r"^Reverts (?:(?P<repository>[\w.-]+/[\w.-]+))?#(?P<number>\d{1,9})\s*$", re.MULTILINE
)

_log = structlog.get_logger()


def closed(event: PullRequestClosed, request: Request) -> Outcome:
    """Record what became of a pull request, and end what is on its way for it."""
    taken_back = _taken_back(event, request) if event.pull.merged else None
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
    return Outcome(DeliveryState.HANDLED, f"{fate}; {stopped} tasks on it stopped")


def _decide(event: PullRequestClosed, fate: Fate, request: Request) -> None:
    request.context.tasks.pulls.decide(
        event.repository.id,
        event.issue.number,
        fate,
        by=event.sender.login,
        merge_sha=event.pull.merge_sha if fate is Fate.MERGED else "",
    )


def _taken_back(event: PullRequestClosed, request: Request) -> int | None:
    """Record that another pull request was reverted by this one; return its number."""
    tasks = request.context.tasks
    for found in _REVERTS.finditer(event.issue.body.replace("\r", "")):
        elsewhere = found["repository"] not in {None, event.repository.full_name}
        number = int(found["number"])
        if not elsewhere and tasks.rounds.opened_by(event.repository.id, number):
            by = event.sender.login
            tasks.pulls.decide(event.repository.id, number, Fate.REVERTED, by=by)
            return number
    return None


def _stop_all(request: Request) -> int:
    """Stop what is on its way on the pull request: there is nothing left to push to."""
    event, tasks = request.event, request.context.tasks
    stopped = _on_their_way(request)
    for task_id in stopped:
        task = tasks.request_stop(task_id, event.sender.login)
        if task.state is TaskState.STOPPED and not task.explanation:
            # No job comes that could say it.
            request.say(f"stop:{task.id}", pull_request_ended(task, event.sender.login))
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
