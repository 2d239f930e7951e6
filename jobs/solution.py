"""What the agent's work came to: how it ended, the change, and whether it may be published."""

from dataclasses import dataclass

from jobs.agent.task import Ending
from jobs.evidence.evidence import Evidence
from jobs.repository.change import Change
from jobs.repository.policy import PolicyReport

_NO_CHANGE = Change()
_NOTHING_FOUND = PolicyReport((), ())


@dataclass(frozen=True)
class Solution:
    """How the agent's work ended, and what there is to show for it."""

    ending: Ending
    change: Change = _NO_CHANGE
    policy: PolicyReport = _NOTHING_FOUND
    evidence: Evidence | None = None
    refused: str = ""
    """Why the change may not be published, or nothing."""

    @property
    def publishable(self) -> bool:
        """Say whether there is something to open a pull request with."""
        return bool(self.change.files) and not self.refused
