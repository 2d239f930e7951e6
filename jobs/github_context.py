"""Fetches issues, pull requests and commits of a task's own repository, for an agent that asks.

It happens out here, with a token that can only read that repository and ends with the call; what
comes back goes to the model as other people's words, and nothing of the token does.
"""

import re

from bot.github_app import Token
from bot.github_errors import GitHubError, Invalid, NotFound
from jobs.agent.abilities import Unavailable
from jobs.agent.github_block import commit_block, thread_block
from jobs.minted import minted
from jobs.services import Services
from records.effects import Ambiguous
from records.task import Task

READ = {"contents": "read", "issues": "read", "metadata": "read", "pull_requests": "read"}
_NUMBER = re.compile(r"(?:#|GH-)?([1-9]\d{0,9})")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class GitHubContext:
    """What one task may look at."""

    def __init__(self, services: Services, task: Task) -> None:
        self._services = services
        self._task = task

    def __call__(self, kind: str, ref: str) -> str:
        """Return a block for the model; raises Unavailable with words for it."""
        wanted = _checked(kind, ref.strip())
        try:
            with minted(self._services, self._task, READ) as token:
                return self._read(token, kind, wanted)
        except (NotFound, Invalid) as error:
            what = kind.replace("_", " ")
            raise Unavailable(
                f"This repository has no {what} {wanted} that can be read."
            ) from error
        except (GitHubError, Ambiguous) as error:
            raise Unavailable("GitHub does not answer now. Go on without it.") from error

    def _read(self, token: Token, kind: str, ref: str) -> str:
        repository = self._services.github.repository(token)
        if kind == "commit":
            return commit_block(repository.commit(ref))
        return thread_block(repository.thread(int(ref)))


def _checked(kind: str, ref: str) -> str:
    """Return a reference that can stand in a path; raises Unavailable."""
    if kind == "commit":
        if not _COMMIT.fullmatch(ref.lower()):
            raise Unavailable("A commit is named by its id: 7 to 40 letters and digits, a to f.")
        return ref.lower()
    match = _NUMBER.fullmatch(ref)
    if not match:
        raise Unavailable("An issue or pull request of this repository is named by its number.")
    return match[1]
