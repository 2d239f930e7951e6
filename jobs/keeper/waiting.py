"""A sandbox that waits in the pool, and how one sees that it is still what it was."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import Snapshot
from jobs.sandbox.stream import FrameStream


@dataclass(frozen=True)
class Kind:
    """What makes one waiting sandbox as good as another."""

    image: str
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Waiting:
    """A started sandbox that nobody has used: its stream is silent until somebody gets it."""

    kind: Kind
    container: str
    image_digest: str
    stream: socket.socket
    ends: float
    """Until then at least it would live by itself (monotonic)."""
    since: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, sandbox: Sandbox, kind: Kind, ends: float) -> "Waiting":
        """Let a sandbox wait that was started to live until `ends` at least."""
        stream = sandbox.detach()
        stream.setblocking(False)
        return cls(kind, sandbox.container, sandbox.image_digest, stream, ends)

    def is_well(self) -> bool:
        """Say whether it still waits in silence; one that ended or speaks is of no use."""
        try:
            self.stream.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def awake(self, remove: Callable[[str], None]) -> Sandbox:
        """Return it as a sandbox that can be spoken to."""
        stream = FrameStream(self.stream)
        end = partial(remove, self.container)
        return Sandbox(self.container, stream, end, image_digest=self.image_digest)
