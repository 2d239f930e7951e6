"""Measures how long code takes into a sandbox, for a repository of 35 MB and one of 1 GB."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, Measured
from bench.repositories import FOLDER, LARGE, MIDDLE, Shape, made
from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from jobs.repository.pack import forget
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import SandboxLimits

_IMAGE = "patchbay/python"
_ROOM = SandboxLimits(memory_mb=4096, workspace_mb=2560)
_WHAT = (
    "`put` of {name} (a work tree of {size:,} MB, {commits:,} commits, 50 of which go in) into a "
    "sandbox until it is checked out: "
)
_WARM = _WHAT + "its mirror warm, its pack kept from an earlier task."
_FRESH = _WHAT + "its mirror warm, its pack made anew, as for a commit's first task."
_FETCH = "The first fetch of the repository of 35 MB from a file on the same machine."
_LARGE_RUNS = 2


def measure(docker_host: str, runs: int) -> Measured:
    """Put both in; the large one fewer times, since it takes seconds."""
    sandboxes = Engine(docker_host, limits=_ROOM, owner=f"bench-{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix="patchbay-bench-") as folder:
        mirrors = Mirrors(Path(folder), Git(allow_file=True))
        fetched = [_fetch(mirrors, number) for number in range(1, runs + 1)]
        middle = mirrors.open(1)
        warm = [_put(sandboxes, middle, MIDDLE) for _ in range(runs)]
        fresh = [_put(sandboxes, middle, MIDDLE, forget) for _ in range(runs)]
    # The large one is fetched once for all runs of the bench: it is a gigabyte.
    large = Mirrors(FOLDER / "mirrors", Git(allow_file=True)).open(1)
    _put(sandboxes, large, LARGE)
    great = [_put(sandboxes, large, LARGE) for _ in range(min(runs, _LARGE_RUNS))]
    return Measured(
        [
            Figure("put_35mb_s", "s", warm, _said(_WARM, MIDDLE), aim=1.0),
            Figure("put_35mb_new_commit_s", "s", fresh, _said(_FRESH, MIDDLE), aim=1.0),
            Figure("fetch_35mb_s", "s", fetched, _FETCH),
            Figure("put_1gb_s", "s", great, _said(_WARM, LARGE)),
        ]
    )


def _fetch(mirrors: Mirrors, number: int) -> float:
    shutil.rmtree(mirrors.open(number).path, ignore_errors=True)
    began = time.perf_counter()
    mirrors.open(number).fetch(made(MIDDLE).as_uri(), "main")
    return time.perf_counter() - began


def _put(
    sandboxes: Engine,
    mirror: Mirror,
    shape: Shape,
    before: Callable[[Path], None] = lambda _: None,
) -> float:
    """Return the seconds from asking for the pack until the code is checked out."""
    sha = mirror.fetch(made(shape).as_uri(), "main")
    before(mirror.path)
    with sandboxes.start(_IMAGE, task_id="bench", epoch=0, deadline_s=300) as sandbox:
        sandbox.exec("true", workdir="/")
        began = time.perf_counter()
        sandbox.put(mirror.pack(sha), sha)
        took = time.perf_counter() - began
        assert sandbox.exec("git status --short").output == "(no output)"
    return took


def _said(how: str, shape: Shape) -> str:
    size = shape.text_mb + shape.noise_mb
    return how.format(name=f"a repository of {shape.name}", size=size, commits=shape.commits)
