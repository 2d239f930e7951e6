"""Measures how soon a sandbox is there: from the pool, without it, on a snapshot, eight at once."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.figures import Figure, Measured
from bench.keeping import Kept, open_keeper
from bench.machine import ROOT
from jobs.sandbox import Sandbox, Snapshot

IMAGE = "patchbay/python"
AT_ONCE = 8
_TIMES = 3
_USABLE = "from asking the keeper until the first `true` has been run"
_POOLED = f"A sandbox that waits in the pool: {_USABLE}; a run's value is the mean of {_TIMES}."
_ASKED = "Of that, from asking until the keeper has given the sandbox and its stream."
_COLD = f"A sandbox that is started when it is asked for, since there is no pool: {_USABLE}."
_ON_SNAPSHOT = (
    f"A sandbox on a prepared environment (a snapshot of 2,000 files, 8 MB), started when it is "
    f"asked for: {_USABLE}."
)
_AT_ONCE = (
    f"{AT_ONCE} sandboxes asked for at the same moment, two of which wait in the pool: until the "
    "last of them has run its first `true`."
)
_FILL = (
    "mkdir -p /workspace/venv/lib && cd /workspace/venv/lib && for i in $(seq 2000); do "
    "head -c 4000 /dev/urandom > f$i; done"
)


def measure(docker_host: str, runs: int) -> Measured:
    """Start them in turns: with a pool, and without."""
    subprocess.run([ROOT / "script" / "images", "python", "proxy"], check=True, stdout=sys.stderr)
    with open_keeper(docker_host, pool=2) as kept:
        pairs = [_pooled(kept) for _ in range(runs)]
        eight = [_together(kept) for _ in range(runs)]
    with open_keeper(docker_host, pool=0) as bare:
        cold = [_usable_ms(lambda: bare.start(IMAGE)) for _ in range(runs)]
        snapshot = _snapshot(bare)
        prepared = [_usable_ms(lambda: bare.start(IMAGE, snapshot)) for _ in range(runs)]
    return Measured(
        [
            Figure("pooled_start_ms", "ms", [usable for usable, _ in pairs], _POOLED, aim=50.0),
            Figure("pooled_given_ms", "ms", [given for _, given in pairs], _ASKED),
            Figure("cold_start_ms", "ms", cold, _COLD),
            Figure("snapshot_start_ms", "ms", prepared, _ON_SNAPSHOT, aim=1000.0),
            Figure("eight_at_once_s", "s", eight, _AT_ONCE, aim=3.0),
        ]
    )


def _pooled(kept: Kept) -> tuple[float, float]:
    """Return what one took until it was usable, and until it was given."""
    usable, given = 0.0, 0.0
    for _ in range(_TIMES):
        kept.wait_for_pool()
        began = time.perf_counter()
        with kept.start(IMAGE) as sandbox:
            given += time.perf_counter() - began
            sandbox.exec("true", workdir="/")
            usable += time.perf_counter() - began
    return usable * 1000 / _TIMES, given * 1000 / _TIMES


def _usable_ms(start: Callable[[], Sandbox]) -> float:
    began = time.perf_counter()
    with start() as sandbox:
        sandbox.exec("true", workdir="/")
        return (time.perf_counter() - began) * 1000


def _together(kept: Kept) -> float:
    kept.wait_for_pool()
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sandboxes = list(threads.map(lambda _: _used(kept), range(AT_ONCE)))
        took = time.perf_counter() - began
    for sandbox in sandboxes:
        sandbox.close()
    return took


def _used(kept: Kept) -> Sandbox:
    sandbox = kept.start(IMAGE)
    sandbox.exec("true", workdir="/")
    return sandbox


def _snapshot(kept: Kept) -> Snapshot:
    """Prepare an environment as a set-up does, and have it kept."""
    snapshot = Snapshot(1, hashlib.sha256(str(os.getpid()).encode()).hexdigest())
    sandbox = kept.keeper.start(
        IMAGE, task_id="bench", epoch=0, deadline_s=600, network_hosts=("pypi.org",)
    )
    with sandbox:
        assert sandbox.exec(_FILL, workdir="/").exit_code == 0
        kept.keeper.save(sandbox, snapshot)
    return snapshot
