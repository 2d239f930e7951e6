"""Says what is to be done to prepare a project, as commands in an order."""

from dataclasses import dataclass, replace

from jobs.setup.interpreters import PythonWish

PLAN_VERSION = 1
"""Part of every key: a release that prepares otherwise prepares anew."""

VENV = "/workspace/venv"

REPORTS = "set-up:"
"""Begins a line by which a command of ours says what it did otherwise than was asked."""


@dataclass(frozen=True)
class Step:
    """One command, and the folder of the repository that it is run in."""

    command: str
    folder: str = ""
    unless: str = ""
    """A command that says by its exit code 0 that this step is not needed."""
    otherwise: "tuple[str | Step, ...]" = ()
    """Commands to try one after the other where the first one fails, until one does not."""
    label: str = ""
    """What is shown in place of a command that is too long to be read."""


@dataclass(frozen=True)
class Part:
    """What is to be done for one language in one folder."""

    source: str
    steps: tuple[Step, ...]
    python: PythonWish | None = None
    makes_venv: bool = False
    """Whether the steps need a Python environment made before them; uv makes its own."""
    builds: bool = False


@dataclass(frozen=True)
class Plan:
    """What a set-up does. Without steps there is nothing to set up."""

    source: str = ""
    """What it was taken from, for people."""
    steps: tuple[Step, ...] = ()
    python: PythonWish | None = None
    """Which Python the environment is made with, if the project is in Python."""
    makes_venv: bool = False
    """Whether the environment is made before the first step."""
    builds: bool = False
    """Whether something is built from the code, which other code may need anew."""
    declared: bool = False
    """Whether the project wrote it: then a step that fails ends the set-up."""
    packages: tuple[str, ...] = ()
    """Debian packages, brought in before the first step."""
    allowed: tuple[Step, ...] = ()
    """What brings in packages that people allowed; each is tried, whatever came of all others."""
    problems: tuple[str, ...] = ()
    """What of the project's wishes does not count, and why."""

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.steps and not self.packages and not self.allowed


def placed(folder: str, steps: list[Step]) -> tuple[Step, ...]:
    """Have steps run in a folder of the repository."""
    return tuple(replace(step, folder=folder) for step in steps)
