"""What can go wrong with a sandbox.

SandboxError            the words are for the operator
├── ImageMissing        there is no image of that name: it has to be built
├── SnapshotMissing     the environment was not prepared yet, or was thrown away
├── SandboxLost         this sandbox is gone or cannot be trusted any more; another may do
└── ToolRefused         the sandbox is fine, the request was not; the words are for the model
"""


class SandboxError(Exception):
    """Something about sandboxes did not work; says what, and what mends it."""


class ImageMissing(SandboxError):
    """There is no image of that name on this machine."""


class SnapshotMissing(SandboxError):
    """There is no snapshot of that name on this machine."""


class SandboxLost(SandboxError):
    """The container is gone, silent, or broke the protocol; nothing more will come from it."""


class ToolRefused(SandboxError):
    """The tool server would not do what was asked; the message is written for the model."""
