"""Mends failing checks when somebody asks, switches the mending, and lets held checks run."""

from bot.after_commit import renew_text, show_not_measured
from bot.commands import Autofix, Ci
from bot.comments import checks as words
from bot.comments.held import is_held
from bot.github_checks import GitHubChecks
from bot.github_errors import Conflict, PermissionsMissing
from bot.handlers.checked import READS, READS_LOGS, as_brief, is_ours
from bot.own_pull_requests import own_and_open, task_on
from bot.request import Outcome, Request, UserError
from bot.starting import check_thread, start
from bot.text_changes import RELEASED
from records.deliveries import DeliveryState
from records.task import Task

_WRITE = {"contents": "write", "pull_requests": "read", "metadata": "read"}


def ci(command: Ci, request: Request) -> Outcome:
    """Start a repair of what fails on the head, or let the checks run on it."""
    origin = own_and_open(request, "ci")
    check_thread(request, "ci")
    if command.run:
        return _release(origin, request)
    return _mend(origin, request)


def autofix(command: Autofix, request: Request) -> Outcome:
    """Switch whether failing checks of this pull request are mended by themselves."""
    own_and_open(request, "autofix")
    event = request.event
    pulls = request.context.tasks.pulls
    pulls.switch_autofix(event.repository.id, event.issue.number, on=command.on)
    attempts = request.project().review.ci_attempts
    request.conversation.react("hooray")
    request.say("autofix", words.autofix_comment(request.context.command, attempts, on=command.on))
    return Outcome(DeliveryState.HANDLED, f"autofix {'on' if command.on else 'off'}")


def _mend(origin: Task, request: Request) -> Outcome:
    event, word = request.event, request.context.command
    head, checks = _head_and_checks(request)
    runs = [run for run in checks.of_commit(head) if not is_ours(run, request)]
    failing = [as_brief(run, "somebody asks for it") for run in runs if run.failed]
    if not failing:
        running = sum(run.status != "completed" for run in runs)
        text = words.nothing_fails_comment(word, head, len(runs), running)
        raise UserError(text, why="no check fails", once=f"nothing fails:{event.key}")
    return start(task_on(origin, "ci", request, head=head, checks=failing), request)


def _head_and_checks(request: Request) -> tuple[str, GitHubChecks]:
    event, github = request.event, request.context.github
    try:
        repository = github.kept_repository(event.installation_id, event.repository.id, READS_LOGS)
    except PermissionsMissing:
        repository = github.kept_repository(event.installation_id, event.repository.id, READS)
    return repository.reviews(event.issue.number).opened().head_sha, repository.checks


def _release(origin: Task, request: Request) -> Outcome:
    """Put an empty commit on the branch, without the trailer that keeps the checks from running."""
    event, context = request.event, request.context
    repository = context.github.kept_repository(event.installation_id, event.repository.id, _WRITE)
    number, branch = event.issue.number, origin.branch or ""
    headline, body = words.release_commit(origin, event.sender.login, event.sender.id)

    def release() -> dict[str, str]:
        head = repository.reviews(number).opened().head_sha
        if not is_held(repository.commit_message(head)):
            return {"head": head, "sha": ""}
        sha = repository.create_commit_on_branch(
            branch, head, headline, body, additions={}, deletions=[]
        )
        return {"head": head, "sha": sha}

    def find() -> dict[str, str] | None:
        head = repository.branch_head(branch)
        return {"head": "", "sha": head} if body in repository.commit_message(head) else None

    try:
        done = context.effects.once(
            request.conversation.scope, f"release:{event.key}", do=release, look=find
        )
    except Conflict as moved:
        raise UserError(words.moved_comment(context.command), why=str(moved)) from moved
    sha = done["sha"]
    request.conversation.react("hooray")
    request.say("ci run", words.released_comment(sha) if sha else words.not_held_comment())
    if sha:
        renew_text(RELEASED, request)
        show_not_measured(origin, sha, words.released_why(), request)
    return Outcome(DeliveryState.HANDLED, "released" if sha else "nothing was held")
