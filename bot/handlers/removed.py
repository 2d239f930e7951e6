"""Stops tasks that may not go on: the App was taken off, or the repository is not what it was."""

import structlog

from bot.comments.checks import became_public
from bot.conversation import Conversation
from bot.events import InstallationRemoved, RepositoryChanged
from bot.github_errors import AWAY, GitHubError
from bot.request import Context, Outcome
from records.deliveries import DeliveryState
from records.effects import Ambiguous
from records.task import Task

_SPEAK = {"issues": "write", "metadata": "read"}
_DAY_S = 86_400

_log = structlog.get_logger()


def installation_removed(event: InstallationRemoved, context: Context) -> Outcome:
    """Stop all tasks in the repositories that the App has lost; nowhere can that be said."""
    tasks = context.tasks.living.of_installation(event.installation_id, event.repository_ids)
    for task_id in tasks:
        context.tasks.request_stop(task_id, event.sender.login)
        _forget(context.tasks.get(task_id), context)
    words = f"{event.action}: {len(tasks)} tasks stopped"
    return Outcome(DeliveryState.HANDLED if tasks else DeliveryState.IGNORED, words)


def repository_changed(event: RepositoryChanged, context: Context) -> Outcome:
    """Stop the tasks of a repository that takes no more changes, or is open to all the world."""
    match event.action:
        case "archived" | "deleted" | "publicized":
            return _stop_all(event, context)
        case "transferred" | "renamed":
            # Tokens are minted by the repository's number, and come with its name of today.
            _forget_all(event, context)
            return Outcome(DeliveryState.HANDLED, f"{event.action}: {event.repository.full_name}")
        case _:
            return Outcome(DeliveryState.IGNORED, f"the repository was {event.action}")


def _stop_all(event: RepositoryChanged, context: Context) -> Outcome:
    tasks = _on_their_way(event, context)
    stopped = [context.tasks.request_stop(task_id, event.sender.login) for task_id in tasks]
    if event.action == "publicized":
        for task in stopped:
            _say_why(task, event, context)
    words = f"{event.action}: {len(tasks)} tasks stopped"
    return Outcome(DeliveryState.HANDLED if tasks else DeliveryState.IGNORED, words)


def _on_their_way(event: RepositoryChanged, context: Context) -> list[str]:
    """Return the repository's tasks, and those that were stopped when this was told before.

    What has been said of a task is not said again; what could not be said then is said now.
    """
    living = list(context.tasks.living.of_repository(event.repository.id))
    scope, key = f"repository:{event.repository.id}", f"to stop:{event.key}"
    kept = context.effects.once(scope, key, do=lambda: {"tasks": living}, look=lambda: None)
    return list(dict.fromkeys([*living, *kept["tasks"]]))


def _say_why(task: Task, event: RepositoryChanged, context: Context) -> None:
    try:
        repository = context.github.kept_repository(
            task.installation_id, task.repository_id, _SPEAK
        )
        conversation = Conversation.of(
            task, repository, context.effects, context.secret, clean=context.clean
        )
        words = became_public(context.command, task, event.sender.login)
        conversation.say(f"public:{task.id}", words, since=context.now() - 2 * _DAY_S)
    except AWAY:
        raise  # the delivery comes again when GitHub is back; the tasks are stopped already
    except (GitHubError, Ambiguous) as trouble:
        # The task is stopped all the same; its page says by whom.
        _log.warning("task.stop_not_said", task=task.id, why=str(trouble))


def _forget_all(event: RepositoryChanged, context: Context) -> None:
    for task_id in context.tasks.living.of_repository(event.repository.id):
        _forget(context.tasks.get(task_id), context)
    context.github.forget(event.installation_id, event.repository.id)


def _forget(task: Task, context: Context) -> None:
    context.github.forget(task.installation_id, task.repository_id)
