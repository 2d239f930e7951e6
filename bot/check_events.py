"""What GitHub tells of checks on a commit: that they ended, or that somebody pressed a button."""

from dataclasses import dataclass

from bot.event_places import InRepository, OnIssue

AGAIN = "again"
"""Stands for GitHub's own button "Re-run" among the identifiers of ours."""


@dataclass(frozen=True)
class CheckSuiteCompleted(InRepository):
    """All checks of one App on one commit have ended."""

    suite_id: int
    app: str
    """The slug of the App whose checks these are."""
    head_sha: str
    head_branch: str
    conclusion: str
    pull_requests: tuple[int, ...]
    updated_at: str

    @property
    def key(self) -> str:
        """Return what names this event; a suite that is run again completes again."""
        return f"suite:{self.suite_id}:{self.updated_at}"

    @property
    def has_failed(self) -> bool:
        """Say whether it ended in any way that is no success, such as out of time."""
        return self.conclusion not in {"success", "neutral", "skipped"}


@dataclass(frozen=True)
class CheckRunAsked(InRepository):
    """Somebody pressed a button of a check run of ours, or GitHub's own for running it again."""

    run_id: int
    button: str
    """The identifier that we gave the button."""
    delivery_id: str
    """What GitHub calls its telling of it, each time that it does."""
    external_id: str
    """What we filed the check run under."""
    head_sha: str
    pull_requests: tuple[int, ...]

    @property
    def key(self) -> str:
        """Return what names this event; of the act itself the payload has no number and no time."""
        return f"button:{self.run_id}:{self.button}:{self.sender.id}:{self.delivery_id}"


@dataclass(frozen=True)
class ButtonPressed(OnIssue):
    """Somebody pressed a button of our check run on the head of this pull request."""

    button: str
    pressed: str
    """What names the act."""

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return self.pressed


@dataclass(frozen=True)
class ChecksEnded(OnIssue):
    """Checks have ended, not all of them well, on a commit of this pull request."""

    suite: CheckSuiteCompleted

    @property
    def key(self) -> str:
        """Return what names this event, however often GitHub tells of it."""
        return self.suite.key
