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
from jobs.keeper.client import Keeper
from jobs.sandbox import Sandbox, Snapshot

_PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.05
_DEADLINE_S = 600.0


@dataclass(frozen=True)
class Kept:
    """A keeper, with its pool."""

    keeper: Keeper
    process: int
    pool: int

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
                kept = Kept(Keeper(Path(folder) / "keeper.sock"), process.pid, pool)
                kept.wait_for_pool()
                yield kept
            finally:
                process.terminate()
                process.wait(30)
