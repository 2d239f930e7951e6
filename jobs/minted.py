"""A token for one step of a task: minted when the step begins, worthless when it is over."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

from bot.github_app import Token
from bot.github_errors import GitHubError
from jobs.services import Services
from records.task import Task

_log = structlog.get_logger()


@contextmanager
def minted(services: Services, task: Task, permissions: Mapping[str, str]) -> Iterator[Token]:
    """Mint a token for the task's repository and no other, and revoke it afterwards."""
    token = services.github.token(task.installation_id, task.repository_id, permissions)
    try:
        yield token
    finally:
        try:
            services.github.revoke(token)
        except GitHubError as error:
            # It ends by itself within the hour, and the step is done whatever becomes of it.
            _log.warning("token.not_revoked", task=task.id, error=str(error))
