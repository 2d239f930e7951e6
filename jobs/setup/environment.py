"""Says what every sandbox of a task begins with: an image, and what a set-up left in it."""

from dataclasses import dataclass

from jobs.sandbox import Snapshot
from jobs.setup.wanted import Came


@dataclass(frozen=True)
class Environment:
    """An image, and the snapshot that lies over it, if a set-up left one."""

    image: str
    digest: str = ""
    """The image's id, `sha256:…`; empty where it could not be asked for."""
    snapshot: Snapshot | None = None
    facts: tuple[str, ...] = ()
    """What the agent is told about how it was prepared."""
    came: tuple[Came, ...] = ()
    """What came of the packages that people allowed the task."""

    @property
    def key(self) -> str:
        """Stand for all that the result of a check depends on, besides the code."""
        return f"{self.digest or self.image}+{self.snapshot.key if self.snapshot else 'plain'}"

    def words(self, digest: str = "", *, pooled: bool = False) -> str:
        """Name it in one line, for the log; `digest` is of what really was started."""
        short = (digest or self.digest).removeprefix("sha256:")[:12]
        named = f"{self.image} ({short})" if short else self.image
        prepared = f"prepared, snapshot {self.snapshot.key[:12]}" if self.snapshot else "plain"
        return f"{named}, {prepared}" + (", from the pool" if pooled else "")
