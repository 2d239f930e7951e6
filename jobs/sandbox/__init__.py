"""Where the agent's commands run: a container without network, secret or way back to the host.

Read in this order: `errors` (what can go wrong), `sandboxes` (what can be asked for), `sandbox`
(what a task does with one), `stream` (the frames between the two sides), `profile` (what a
container may do), `engine` (starting and removing containers; the only door to Docker, and only
the keeper goes through it), and then `inside/`, the tool server that answers from within.
`readiness` checks a real sandbox before any task trusts one.
"""

from jobs.sandbox.errors import (
    ImageMissing,
    SandboxError,
    SandboxLost,
    SnapshotMissing,
    ToolRefused,
)
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Execution, Sandbox
from jobs.sandbox.sandboxes import READY, Running, Sandboxes, Snapshot

__all__ = [
    "READY",
    "Execution",
    "ImageMissing",
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
