"""Asks GitHub how a repository words its titles, for the title of a pull request and its commit."""

import structlog

from bot.github_errors import GitHubError
from bot.github_repository import GitHubRepository
from jobs.repository.change import Change
from jobs.title_habits import Subject, Worded, as_usual
from records.task import Task

_LOOKED_AT = 30
"""Titles, the newest; older ones say how it was done once."""

_log = structlog.get_logger()


def wording(repository: GitHubRepository, task: Task, change: Change) -> Worded:
    """Return what words a title as the last merged ones; an unread list leaves it as it is."""
    try:
        merged = repository.merged_pull_requests()
    except GitHubError as trouble:
        _log.info("pull_request.titles_not_read", task=task.id, why=str(trouble))
        return str
    # The bot's own say how the bot does it, which is no habit of anybody's.
    titles = [one.title for one in merged if not one.by_bot][:_LOOKED_AT]
    issue = task.issue
    text = f"{issue.title}\n{issue.body}"
    return as_usual(titles, Subject(change.paths(), frozenset(issue.labels), text))
