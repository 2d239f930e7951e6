"""Finds issues and pull requests by words and by the few qualifiers that bots and `gh` use."""

import re

from demo.github.auth import Caller
from demo.github.permissions import Need, may, sees
from demo.github.records import Issue, Repository
from demo.github.state import State

READ = Need(("issues", "pull_requests"), "read", "read")
TERM = re.compile(r'(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')


def find_issues(state: State, caller: Caller, text: str) -> list[tuple[Repository, Issue]]:
    """Find what a caller may see, newest first."""
    terms = [
        (found["key"] or "", (found["quoted"] or found["plain"] or "").lower())
        for found in TERM.finditer(text)
    ]
    hits = [
        (repository, issue)
        for repository in state.repositories
        if sees(caller, repository) and may(caller, repository, READ)
        for issue in repository.issues.values()
        if all(_fits(repository, issue, key, value) for key, value in terms)
    ]
    hits.sort(key=lambda hit: hit[1].created_at, reverse=True)
    return hits


def _fits(repository: Repository, issue: Issue, key: str, value: str) -> bool:  # noqa: PLR0911 - one a qualifier
    match key:
        case "repo":
            return repository.full_name.lower() == value
        case "user" | "org":
            return repository.owner.login.lower() == value
        case "author":
            return issue.user.login.lower() == value
        case "label":
            return any(label.name.lower() == value for label in issue.labels)
        case "is" | "type" | "state":
            return value in _words(issue)
        case "head":
            return issue.pull is not None and issue.pull.head_ref.lower() == value
        case "sort" | "in":
            return True
        case _:
            return value in f"{issue.title}\n{issue.body}".lower()


def _words(issue: Issue) -> set[str]:
    words = {issue.state, "issue" if issue.pull is None else "pr"}
    if issue.pull is not None:
        words |= {"merged"} if issue.pull.merged_at else {"unmerged"}
        words |= {"draft"} if issue.pull.draft else set()
    return words
