"""Shows the gate the work tree of a sandbox, by way of our own mirror."""

from collections.abc import Sequence
from typing import Protocol

from jobs.agent.debris import without_caches
from jobs.agent.ports import CommandResult
from jobs.repository import change as hostile
from jobs.repository import policy, tree
from jobs.repository.change import Change, HostileChange
from jobs.repository.policy import PolicyReport
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import ToolRefused

_CANNOT_RUN = 126
_OUT_OF_TIME = 124
"""Exit codes as a shell and `timeout` would give them."""


class WorkTree(Protocol):
    """What is asked of the sandbox."""

    def collect(self) -> bytes:
        """Return what differs from the base commit, as frames."""
        ...

    def exec(self, script: str, *, timeout_s: float = ...) -> CommandResult:
        """Run a script in a fresh shell."""
        ...


class SandboxView:
    """The change of one sandbox against its base commit; nothing of it runs out here."""

    def __init__(
        self,
        sandbox: WorkTree,
        base: Snapshot,
        *,
        live_secrets: Sequence[str] = (),
        rules: policy.PathRules | None = None,
    ) -> None:
        self.base = base
        self._sandbox = sandbox
        self._live_secrets = live_secrets
        self._rules = rules or policy.PathRules()

    def collect(self) -> Change:
        """Return the change as it is now, without caches; raises HostileChange."""
        try:
            frames = self._sandbox.collect()
        except ToolRefused as refusal:
            raise HostileChange(str(refusal)) from refusal
        return without_caches(hostile.parse(frames), self.base)

    def policy(self, change: Change) -> PolicyReport:
        """Return what may not be published, and what a person should look at."""
        secrets, rules = self._live_secrets, self._rules
        return policy.review(change, self.base, live_secrets=secrets, rules=rules)

    def diff(self, change: Change) -> str:
        """Return the change as a unified diff."""
        made = tree.write_tree(self.base.mirror, self.base.sha, change)
        return tree.diff(self.base.mirror, self.base.sha, made)

    def run(self, command: str, timeout_s: float) -> tuple[int, str]:
        """Run a command in a fresh shell; return its exit code and the end of its output."""
        try:
            ran = self._sandbox.exec(command, timeout_s=timeout_s)
        except ToolRefused as refusal:
            return _CANNOT_RUN, str(refusal)
        return (_OUT_OF_TIME if ran.timed_out else ran.exit_code), ran.output
