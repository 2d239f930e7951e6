"""Sandboxes for attackers: one that all may use whose attack leaves nothing, and fresh ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from jobs.sandbox import Sandbox, Sandboxes
from tests.sandbox.repositories import Repository, make_repository

Start = Callable[[], Sandbox]
FILES: dict[str, str | bytes] = {"README": "hello\n", "src/a.py": "a = 1\n", "run": "#!/bin/sh\n"}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A small repository on the host."""
    return make_repository(tmp_path_factory.mktemp("attacked") / "code", FILES)


@pytest.fixture
def start(sandboxes: Sandboxes, sandbox_image: str, code: Repository) -> Iterator[Start]:
    """Start as many as a test wants, each with the code in it."""
    started: list[Sandbox] = []

    def start_one() -> Sandbox:
        box = sandboxes.start(sandbox_image, task_id="attack", epoch=1, deadline_s=170)
        started.append(box)
        code.put_into(box)
        return box

    yield start_one
    for box in started:
        box.close()


@pytest.fixture
def box(start: Start) -> Sandbox:
    """A sandbox for one attack."""
    return start()


@pytest.fixture(scope="module")
def shared_box(sandboxes: Sandboxes, sandbox_image: str, code: Repository) -> Iterator[Sandbox]:
    """A sandbox for attacks that leave nothing behind."""
    with sandboxes.start(sandbox_image, task_id="shared", epoch=1, deadline_s=900) as box:
        code.put_into(box)
        yield box


@pytest.fixture(scope="session")
def engine(docker_host: str) -> Iterator[docker.APIClient]:
    """The engine itself, for what an attacker on the host's side would do."""
    client = docker.APIClient(docker_host, "auto")
    yield client
    client.close()


@pytest.fixture(scope="session")
def canary() -> Iterator[Path]:
    """A file on the host that must never come to be."""
    file = Path(f"/tmp/patchbay-canary-{id(object()):x}")  # noqa: S108 - attackers write there
    file.unlink(missing_ok=True)
    yield file
    assert not file.exists()
