"""What every job is handed: made once in the entry point, passed in, never imported as a value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.github_app import GitHubApp
from bot.redaction import Redactor
from bot.settings import Settings
from jobs.model.wire import Wire
from jobs.repository.mirror import Mirrors
from jobs.sandbox import Sandboxes
from records.actions import Actions
from records.baselines import Baselines
from records.checkpoints import Checkpoints
from records.effects import Effects
from records.tasks import Tasks


class OpenWire(Protocol):
    """Opens the way to one of the operator's models."""

    def __call__(self, place: str, model: str = "", effort: str = "", /) -> Wire:
        """Return a wire to the model of this name, the usual one without a name.

        `effort` is how hard the model is asked to think, if not as the operator says.
        Requests of the same `place` (a task's id) begin alike and share the server's cache.
        Raises UnknownModel where there is no such name.
        """
        ...


@dataclass(frozen=True)
class Services:
    """The records, the outside world, and the settings that say how far a job may go."""

    settings: Settings
    tasks: Tasks
    actions: Actions
    effects: Effects
    checkpoints: Checkpoints
    baselines: Baselines
    github: GitHubApp
    mirrors: Mirrors
    sandboxes: Sandboxes
    open_wire: OpenWire
    redactor: Redactor
    task_url: Callable[[str], str]
    """The address of a task's page, with its key where one is needed."""
