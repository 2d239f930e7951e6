"""What the agent's work came to: how it ended, the change, and where that may go."""

from dataclasses import dataclass
from enum import StrEnum

from jobs.agent.task import Ending, Outcome
from jobs.evidence.evidence import Evidence
from jobs.repository.change import Change
from jobs.repository.policy import PolicyReport

_NO_CHANGE = Change()
_NOTHING_FOUND = PolicyReport((), ())


class Place(StrEnum):
    """Where a change goes when the work has ended."""

    PULL_REQUEST = "pull request"
    BRANCH = "branch"
    """Kept, and offered to nobody: whoever ended the work did not mean it to be handed in."""
    NOWHERE = "nowhere"


_KEPT_ONLY = {
    Outcome.STOPPED,
    Outcome.NO_CHANGE_NEEDED,
    Outcome.NOT_REPRODUCIBLE,
    Outcome.NEEDS_INFORMATION,
}


@dataclass(frozen=True)
class Solution:
    """How the agent's work ended, and what there is to show for it."""

    ending: Ending
    change: Change = _NO_CHANGE
    policy: PolicyReport = _NOTHING_FOUND
    evidence: Evidence | None = None
    refused: str = ""
    """Why the change may not be published, or nothing."""
    faults: tuple[str, ...] = ()
    """What a look over a change found that nobody handed in as done, such as scratch files."""

    @property
    def publishable(self) -> bool:
        """Say whether there is something to make a branch of."""
        return bool(self.change.files) and not self.refused

    @property
    def place(self) -> Place:
        """Say where the change goes."""
        if not self.publishable:
            return Place.NOWHERE
        return Place.BRANCH if self.ending.outcome in _KEPT_ONLY else Place.PULL_REQUEST
