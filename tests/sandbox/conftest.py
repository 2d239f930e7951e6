"""Sandboxes for a test of its own, or shared by a module where tests leave nothing behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, Sandboxes
from tests.sandbox.repositories import Repository, make_repository

Start = Callable[[], Sandbox]


@pytest.fixture
def start(sandboxes: Sandboxes, sandbox_image: str) -> Iterator[Start]:
    started: list[Sandbox] = []

    def start_one() -> Sandbox:
        box = sandboxes.start(sandbox_image, task_id="test", epoch=1, deadline_s=150)
        started.append(box)
        return box

    yield start_one
    for box in started:
        box.close()


@pytest.fixture
def box(start: Start, tmp_path: Path) -> Sandbox:
    """A sandbox with a small repository in it."""
    box = start()
    make_repository(tmp_path / "code", {"README": "hello\n"}).put_into(box)
    return box


@pytest.fixture(scope="module")
def shared_box(
    sandboxes: Sandboxes, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """A sandbox for tests that do not get in each other's way."""
    with sandboxes.start(sandbox_image, task_id="shared", epoch=1, deadline_s=600) as box:
        make_repository(tmp_path_factory.mktemp("code"), {"README": "hello\n"}).put_into(box)
        yield box


@pytest.fixture
def code_in(
    start: Start, tmp_path: Path
) -> Callable[[dict[str, str | bytes]], tuple[Sandbox, Repository]]:
    """Make a sandbox with the given files as its base."""

    def put(files: dict[str, str | bytes]) -> tuple[Sandbox, Repository]:
        repository = make_repository(tmp_path / "base", files)
        box = start()
        repository.put_into(box)
        return box, repository

    return put
