"""Gives the agent's tests real sandboxes with a small project in them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import Sandbox, Sandboxes
from tests.agent.given import FILES


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The base commit of the project, in a mirror of our own."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Start"]):
        _git(folder, *words)
    mirrors = Mirrors(tmp_path_factory.mktemp("mirrors"), Git(allow_file=True))
    mirror = mirrors.open(1)
    return mirror.at(mirror.fetch(f"file://{folder}", _git(folder, "rev-parse", "HEAD")))


@pytest.fixture
def box(sandboxes: Sandboxes, sandbox_image: str, project: Snapshot) -> Iterator[Sandbox]:
    """A sandbox with the project, for one test."""
    with sandboxes.start(sandbox_image, task_id="one", epoch=1, deadline_s=300) as sandbox:
        sandbox.put(project.mirror.pack(project.sha), project.sha)
        yield sandbox


@pytest.fixture(scope="module")
def shared_box(sandboxes: Sandboxes, sandbox_image: str, project: Snapshot) -> Iterator[Sandbox]:
    """A sandbox with the project, for tests that do not mind what others did in it."""
    with sandboxes.start(sandbox_image, task_id="all", epoch=1, deadline_s=900) as sandbox:
        sandbox.put(project.mirror.pack(project.sha), project.sha)
        yield sandbox


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
