"""Takes changes on the bot's branch back by a commit of its own; no model is asked."""

from typing import Any

from bot.after_commit import renew_text, show_not_measured
from bot.commands import Undo
from bot.comments.checks import undone_why
from bot.comments.held import held, is_held
from bot.comments.pull_request import credit
from bot.comments.rounds import (
    cannot_undo_comment,
    undo_commit,
    undone_comment,
)
from bot.github_errors import Conflict, Forbidden, Invalid
from bot.github_history import BranchCommit, History, TooManyFiles
from bot.github_repository import GitHubRepository
from bot.own_pull_requests import own_and_open
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread
from bot.text_changes import undone
from bot.undoing import CannotUndo, Undoing, base_of, commit_meant, of_commit, of_paths
from records.deliveries import DeliveryState
from records.task import Task

_MOST_FILES, _MOST_BYTES = 100, 10 * 1024**2
"""What one commit puts back: each file is a request, and all of them stand in one."""
_WRITE = {"contents": "write", "pull_requests": "read", "metadata": "read"}


def undo(command: Undo, request: Request) -> Outcome:
    """Take back what is named, or say why that cannot be done."""
    origin = own_and_open(request, "undo")
    check_thread(request, "undo")
    event, context = request.event, request.context
    repository = context.github.kept_repository(event.installation_id, event.repository.id, _WRITE)
    trailer = f"Agent-Undo: {event.key.replace(':', '-').replace(' ', '-')}"

    def do() -> dict[str, Any]:
        return _take_back(command, request, repository, origin, trailer)

    def look() -> dict[str, Any] | None:
        commits = repository.history().of_pull_request(event.issue.number)
        done = [one for one in commits if trailer in one.message.split("\n")]
        return {"sha": done[-1].sha, "before": done[-1].parents[0], "paths": []} if done else None

    key = f"undo:{event.key}"
    done = context.effects.once(request.conversation.scope, key, do=do, look=look)
    sha = done["sha"]
    request.conversation.react("hooray")
    request.say("undone", undone_comment(sha, done["paths"]))
    if before := done.get("before"):  # not on record where an earlier version did it
        renew_text(undone(before, sha, origin.issue_number), request)
        show_not_measured(origin, sha, undone_why(before), request)
    return Outcome(DeliveryState.HANDLED, f"undone in {sha[:12]}")


def _take_back(
    command: Undo, request: Request, repository: GitHubRepository, origin: Task, trailer: str
) -> dict[str, Any]:
    number, sender = request.event.issue.number, request.event.sender
    history = repository.history()
    try:
        head = repository.reviews(number).opened().head_sha
        commits = history.of_pull_request(number)
        what, undoing = _worked_out(command, history, commits, head)
        headline, body = undo_commit(
            what, origin.issue_number, credit(sender.login, sender.id), trailer
        )
        if is_held(repository.commit_message(head)):
            body = held(body)  # what is left is no more looked at than before
        sha = repository.create_commit_on_branch(
            str(origin.branch),
            head,
            headline,
            body,
            additions=_contents(history, undoing),
            deletions=undoing.gone,
        )
    except CannotUndo as reason:
        raise _refused(str(reason), request) from reason
    except TooManyFiles as too_many:
        raise _refused("GitHub does not list so many files", request) from too_many
    except (Conflict, Forbidden, Invalid) as refused:
        raise _refused(f"GitHub says: {refused}", request) from refused
    return {"sha": sha, "before": head, "paths": list(undoing.paths)}


def _contents(history: History, undoing: Undoing) -> dict[str, bytes]:
    """Read what is to be written, each file from its blob; CannotUndo where that is too much."""
    if (count := len(undoing.written)) > _MOST_FILES:
        raise CannotUndo(f"it is {count} files, and I put {_MOST_FILES} back at once at most")
    contents: dict[str, bytes] = {}
    room = _MOST_BYTES
    for path, blob in undoing.written.items():
        contents[path] = history.content(blob)
        room -= len(contents[path])
        if room < 0:
            raise CannotUndo(f"it is more than {_MOST_BYTES // 1024**2} MB")
    return contents


def _worked_out(
    command: Undo, history: History, commits: tuple[BranchCommit, ...], head: str
) -> tuple[str, Undoing]:
    """Return what is taken back, in words, and what that takes."""
    meant = commit_meant(command.targets, commits, head)
    now = history.tree(head)
    if meant is None:
        base = history.tree(base_of(commits))
        return ", ".join(command.targets), of_paths(command.targets, base, now)
    if len(meant.parents) != 1:
        raise CannotUndo(f"{meant.sha[:10]} is a merge")
    before, after = history.tree(meant.parents[0]), history.tree(meant.sha)
    return f"{meant.sha[:10]} ({meant.headline})", of_commit(before, after, now)


def _refused(why: str, request: Request) -> UserError:
    return UserError(cannot_undo_comment(request.context.command, why), why=why)
