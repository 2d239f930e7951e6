"""Shows somebody that their word has reached the agent."""

import structlog

from bot.dispatch import PERMISSIONS
from bot.github_errors import GitHubError
from jobs.job import Job
from records.effects import Ambiguous
from records.heard import Remark

_log = structlog.get_logger()


def acknowledge(job: Job, remark: Remark) -> None:
    """Set a reaction on a comment that steered; at which step it was taken, the status says."""
    if remark.comment_id <= 0:
        return  # it was no comment of its own
    task = job.task
    try:
        repository = job.services.github.kept_repository(
            task.installation_id, task.repository_id, PERMISSIONS
        )
        repository.reactions.to_comment(remark.comment_id, "rocket")
    except (GitHubError, Ambiguous) as trouble:
        _log.info("steer.not_acknowledged", task=task.id, error=str(trouble))
