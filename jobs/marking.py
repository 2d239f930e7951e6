"""Marks a pull request for people: the label of the bot, and whoever asked as assignee."""

import structlog

from bot.github_errors import GitHubError
from bot.github_repository import GitHubRepository
from jobs.job import Job
from records.effects import Ambiguous

_LABEL = "agent"

_log = structlog.get_logger()


def mark(job: Job, repository: GitHubRepository, number: int) -> None:
    """Set label and assignee, each once; a failure is only logged, for they are ornaments.

    GitHub makes the label if there is none. For a pull request both want no more than the
    permission to write pull requests.
    """
    requester = job.task.requester

    def label() -> dict[str, str]:
        repository.add_labels(number, [_LABEL])
        return {"label": _LABEL}

    def assign() -> dict[str, str]:
        repository.add_assignee(number, requester)
        return {"assignee": requester}

    def labelled() -> dict[str, str] | None:
        return {"label": _LABEL} if _LABEL in repository.issue(number).labels else None

    def assigned() -> dict[str, str] | None:
        return {"assignee": requester} if requester in repository.issue(number).assignees else None

    scope = f"task:{job.task.id}"
    for key, do, look in (("label", label, labelled), ("assignee", assign, assigned)):
        try:
            job.services.effects.once(scope, key, do=do, look=look, lease=job.lease)
        except (GitHubError, Ambiguous) as trouble:
            _log.info("pull_request.not_marked", task=job.task.id, mark=key, error=str(trouble))
