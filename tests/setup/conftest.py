"""Set-ups of small repositories, as a task does them."""

import itertools
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.settings import SetupSettings
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.sandbox import Execution, Sandbox
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import setup_limits
from jobs.setup.environment import Environment
from jobs.setup.outcome import Shelf
from jobs.setup.prepare import Setup, Site
from jobs.setup.rules import SetupRules
from jobs.setup.wanted import Wanted
from tests.sandbox.repositories import make_repository

_numbers = itertools.count(1)
Act = Callable[[], None]


@dataclass
class Project:
    """A repository on this machine, and what its set-ups have told."""

    sandboxes: Engine
    folder: Path
    rules: SetupRules
    files: dict[str, str | bytes]
    repository_id: int = field(default_factory=lambda: next(_numbers))
    task_id: str = "setup"
    wanted: tuple[Wanted, ...] = ()
    told: list[tuple[str, str, str]] = field(default_factory=list)
    halted: threading.Event = field(default_factory=threading.Event)
    at_halt: Callable[[Act], AbstractContextManager[None]] = lambda _: nullcontext()

    def __post_init__(self) -> None:
        self.origin = make_repository(self.folder / "origin", self.files)
        self._mirror = Mirrors(self.folder / "mirrors", Git(allow_file=True)).open(1)

    def setup(self) -> Setup:
        """The set-up of what is committed now."""
        sha = self._mirror.fetch(self.origin.path.as_uri(), self.origin.head)
        site = Site(
            self.repository_id,
            self._mirror,
            sha,
            self.task_id,
            1,
            self._tell,
            self.halted,
            self.at_halt,
        )
        return Setup(self.sandboxes, self.rules, Shelf(self.folder / "setups"), site, self.wanted)

    def _tell(self, title: str, result: str = "", text: str = "") -> None:
        self.told.append((title, result, text))

    def prepare(self) -> Environment:
        return self.setup().environment()

    @contextmanager
    def sandbox(self, environment: Environment) -> Iterator[Sandbox]:
        """A sandbox as the agent gets it."""
        started = self.sandboxes.start(
            environment.image,
            task_id=self.task_id,
            epoch=1,
            deadline_s=300,
            snapshot=environment.snapshot,
        )
        with started as box:
            pack = self._mirror.pack(self.origin.head)
            box.put(pack, self.origin.head, pack.shallow)
            yield box

    def run(self, command: str) -> Execution:
        """Prepare it, and run a command in there."""
        with self.sandbox(self.prepare()) as box:
            return box.exec(command)

    def as_task(self, task_id: str) -> "Project":
        """The same repository for another task."""
        self.task_id = task_id
        self.told.clear()
        return self

    def titles(self) -> list[str]:
        return [title for title, _, _ in self.told]


MakeProject = Callable[..., Project]


@pytest.fixture(scope="module")
def small(docker_host: str, sandboxes: Engine, proxy_image: str) -> Iterator[Engine]:
    """Set-ups with little room, so that what fills it is soon done."""
    assert sandboxes is not None
    assert proxy_image
    made = Engine(
        docker_host, owner=f"set-ups-{secrets.token_hex(4)}", setup=setup_limits(1536, 512)
    )
    yield made
    for one in made.running():
        made.remove(one.container)
    for stored in made.snapshots.stored():
        made.snapshots.remove(stored)


@pytest.fixture
def project(small: Engine, tmp_path: Path) -> MakeProject:

    def make(files: dict[str, str | bytes], **rules: object) -> Project:
        defaults = SetupRules.of(SetupSettings())
        return Project(small, tmp_path / str(next(_numbers)), replace(defaults, **rules), files)  # type: ignore[arg-type]

    return make
