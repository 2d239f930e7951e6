"""Keepers on the real engine, each with a folder and an installation of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.keeper.client import Keeper
from tests.keeper.keeper_process import KeeperProcess


@pytest.fixture
def keeper(docker_host: str, sandbox_image: str, tmp_path: Path) -> Iterator[KeeperProcess]:
    """A keeper without a pool, so that every container is one that a test asked for."""
    assert sandbox_image
    with KeeperProcess(tmp_path, docker_host, pool_size=0) as running:
        yield running


@pytest.fixture
def pooling(docker_host: str, sandbox_image: str, tmp_path: Path) -> Iterator[KeeperProcess]:
    """A keeper with two sandboxes waiting."""
    assert sandbox_image
    settings = {"pool_size": 2, "pool_least_free_mb": 0}
    with KeeperProcess(tmp_path, docker_host, **settings) as running:
        yield running


@pytest.fixture
def client(keeper: KeeperProcess) -> Keeper:
    return keeper.client
