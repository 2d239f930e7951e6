"""Says where an event happened, and who did it: what the types of events are made of."""

from dataclasses import dataclass

from bot.subjects import Issue, Person, Pull, Repository


@dataclass(frozen=True)
class InRepository:
    """Somebody did something in a repository."""

    installation_id: int
    repository: Repository
    sender: Person


@dataclass(frozen=True)
class OnIssue(InRepository):
    """It was in the thread of an issue or of a pull request."""

    issue: Issue


@dataclass(frozen=True)
class OnPullRequest(OnIssue):
    """It was in that of a pull request, of which GitHub told the branches too."""

    pull: Pull
