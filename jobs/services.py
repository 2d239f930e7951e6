"""What every job is handed: made once in the entry point, passed in, never imported as a value."""

from collections.abc import Callable
from dataclasses import dataclass

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
    open_wire: Callable[[str], Wire]
    """A wire for the task with this id; each task has its own place in the server's cache."""
    redactor: Redactor
    task_url: Callable[[str], str]
    """The address of a task's page, with its key where one is needed."""
