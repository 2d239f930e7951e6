"""Where the agent's commands run: a container without network, secret or way back to the host.

Read in this order: `errors` (what can go wrong), `sandboxes` (what can be asked for), `sandbox`
(what a task does with one), `execution` (how a command ended), `stream` (the frames between the
two sides), `profile` (what a container may do), `engine` (starting and removing containers; the
only door to Docker, and only the keeper goes through it), and then `inside/`, the tool server that
answers from within. What the engine stands on, as it comes up: `asked` (what a start is told),
`names`, `bundle` (the tool server, packed), `connection` (whose things are whose), `networks` (the
way out of a set-up), `errand` (a small container of the keeper's own), `copier`, `snapshots` and
`uppers` (what a set-up left, and what is written over it), `hosts`, `leftovers` and `shims` (what
nobody holds any more). `readiness` checks a real
sandbox before any task trusts one, by what `expectations` names.
"""

from jobs.sandbox.errors import (
    ImageMissing,
    SandboxError,
    SandboxLost,
    SnapshotMissing,
    ToolRefused,
)
from jobs.sandbox.execution import Execution, Limit, LimitHit
from jobs.sandbox.inside.bounds import MAX_COMMAND_S, READ_LINES
from jobs.sandbox.inside.places import REPO
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import READY, Running, Sandboxes, Snapshot

__all__ = [
    "MAX_COMMAND_S",
    "READY",
    "READ_LINES",
    "REPO",
    "Execution",
    "ImageMissing",
    "Limit",
    "LimitHit",
    "Running",
    "Sandbox",
    "SandboxError",
    "SandboxLimits",
    "SandboxLost",
    "Sandboxes",
    "Snapshot",
    "SnapshotMissing",
    "ToolRefused",
]
