"""Starts a keeper of the bench's own, and gives sandboxes from it."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import ROOT
from jobs.engine import owner_in
from jobs.keeper.client import Keeper
from jobs.sandbox import Sandbox, Snapshot
from jobs.sandbox.profile import OWNER_LABEL

_PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.05
_DEADLINE_S = 600.0


@dataclass(frozen=True)
class Kept:
    """A keeper, with its pool."""

    keeper: Keeper
    process: int
    pool: int
    owner: str
    """The label of all that it makes."""

    def start(self, image: str, snapshot: Snapshot | None = None) -> Sandbox:
        """Get a sandbox as a worker does."""
        return self.keeper.start(
            image, task_id="bench", epoch=0, deadline_s=_DEADLINE_S, snapshot=snapshot
        )

    def wait_for_pool(self) -> None:
        """Return once the pool is full; what fills it would disturb what is measured."""
        deadline = time.monotonic() + _PATIENCE_S
        while self.keeper.status().idle < self.pool:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the pool did not fill: {self.keeper.status()}")
            time.sleep(_LOOK_AGAIN_S)


@contextmanager
def open_keeper(docker_host: str, *, pool: int = 2, **settings: str) -> Iterator[Kept]:
    """Run a keeper with a pool of this size until the block ends."""
    with tempfile.TemporaryDirectory(prefix="patchbay-bench-") as folder:
        owner = f"{OWNER_LABEL}={owner_in(Path(folder))}"
        environment = {
            **os.environ,
            "DOCKER_HOST": docker_host,
            "PATCHBAY_DATA_DIR": folder,
            "PATCHBAY_POOL_SIZE": str(pool),
            "PATCHBAY_LOG_LEVEL": "warning",
            **settings,
        }
        with subprocess.Popen([ROOT / "script" / "keeper"], env=environment) as process:
            try:
                kept = Kept(Keeper(Path(folder) / "keeper.sock"), process.pid, pool, owner)
                kept.wait_for_pool()
                yield kept
            finally:
                process.terminate()
                process.wait(30)
                _remove_what_it_keeps(docker_host, owner)


def _remove_what_it_keeps(docker_host: str, owner: str) -> None:
    """Remove the environments that it saved: they would wait for tasks that never come."""
    docker = ["docker", "--host", docker_host, "volume"]
    mine = [*docker, "ls", "--quiet", "--filter", f"label={owner}"]
    listed = subprocess.run(mine, check=True, capture_output=True, text=True).stdout.split()
    if listed:
        subprocess.run([*docker, "rm", *listed], check=True, capture_output=True)
