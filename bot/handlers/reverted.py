"""Notes that what the bot made was taken back after its merge: by a pull request or by a commit."""

import re

import structlog

from bot.events import BranchPushed, PullRequestClosed
from bot.github_errors import AWAY, GitHubError
from bot.request import Context, Outcome, Request
from records.deliveries import DeliveryState
from records.pulls import Fate

_READ_PULLS = {"pull_requests": "read", "metadata": "read"}
# As GitHub's own button writes it: https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/reverting-a-pull-request
_REVERTS = re.compile(
    r"^Reverts (?:(?P<repository>[\w.-]+/[\w.-]+))?#(?P<number>\d{1,9})\s*$", re.MULTILINE
)
_REVERTS_TITLE = re.compile(r'^Revert "(?P<title>.+)"')
# As `git revert` writes it: https://git-scm.com/docs/git-revert
_REVERTS_COMMIT = re.compile(r"^This reverts commit (?P<sha>[0-9a-f]{40})\b", re.MULTILINE)

_log = structlog.get_logger()


def branch_pushed(event: BranchPushed, context: Context) -> Outcome:
    """Record which of the bot's merged pull requests the commits on the default branch undo."""
    if event.branch != event.repository.default_branch:
        return Outcome(DeliveryState.IGNORED, "not the default branch")
    pulls, repository_id = context.tasks.pulls, event.repository.id
    shas = [found["sha"] for text in event.messages for found in _REVERTS_COMMIT.finditer(text)]
    undone = [number for sha in shas if (number := pulls.merged_as(repository_id, sha))]
    for number in undone:
        pulls.decide(repository_id, number, Fate.REVERTED, by=event.sender.login)
    if not undone:
        return Outcome(DeliveryState.IGNORED, "no commit undoes what the bot made")
    named = ", ".join(f"#{number}" for number in undone)
    return Outcome(DeliveryState.HANDLED, f"pull request {named} was reverted")


def taken_back_by(event: PullRequestClosed, request: Request) -> int | None:
    """Record that this merged pull request reverts one of the bot's; return that one's number."""
    tasks, repository_id = request.context.tasks, event.repository.id
    number = _named_in_body(event, request) or _named_in_title(event, request)
    if number is None:
        return None
    tasks.pulls.decide(repository_id, number, Fate.REVERTED, by=event.sender.login)
    return number


def _named_in_body(event: PullRequestClosed, request: Request) -> int | None:
    tasks = request.context.tasks
    for found in _REVERTS.finditer(event.issue.body.replace("\r", "")):
        elsewhere = found["repository"] not in {None, event.repository.full_name}
        number = int(found["number"])
        if not elsewhere and tasks.rounds.opened_by(event.repository.id, number):
            return number
    return None


def _named_in_title(event: PullRequestClosed, request: Request) -> int | None:
    """Find what is reverted by the title that GitHub gives it: its text may have been replaced."""
    named = _REVERTS_TITLE.match(event.issue.title)
    if named is None:
        return None
    try:
        repository = request.context.github.kept_repository(
            event.installation_id, event.repository.id, _READ_PULLS
        )
        merged = repository.merged_pull_requests()
    except AWAY:
        raise  # the delivery comes again when GitHub is back
    except GitHubError as trouble:
        _log.info("revert.not_looked_up", pull_request=event.issue.number, why=str(trouble))
        return None
    found = (one.number for one in merged if one.by_bot and one.title == named["title"])
    return next(found, None)
