"""Where the agent's commands run: a container without network, secret or way back to the host.

Read in this order: `errors` (what can go wrong, in two sorts), `profile` (what a container may
do), `engine` (starting and removing containers; the only door to Docker), `sandbox` (what a task
does with one), `stream` (the frames between the two sides), and then `inside/`, the tool server
that answers from within. `readiness` checks a real sandbox before any task trusts one.
"""

from jobs.sandbox.engine import READY, Sandboxes
from jobs.sandbox.errors import SandboxError, SandboxLost, ToolRefused
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Execution, Sandbox

__all__ = [
    "READY",
    "Execution",
    "Sandbox",
    "SandboxError",
    "SandboxLimits",
    "SandboxLost",
    "Sandboxes",
    "ToolRefused",
]
