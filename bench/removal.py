"""Measures what sandboxes leave behind on the machine when they are removed, many in a row."""

import subprocess
import time
from pathlib import Path

from bench.figures import Figure, Measured
from bench.keeping import Kept, open_keeper
from bench.machine import ROOT

_IMAGE = "patchbay/python"
_SETTLES_S = 20.0
_PID_FILE = ROOT / "var" / "engine" / "dockerd.pid"
_LEFT = (
    "Containers, volumes and networks of this keeper's, mounts of the engine, processes of "
    "containerd's shim, and open files of the keeper and (in fives) of the engine that are there "
    "more than before, after {times} sandboxes were started, used and given back one after the "
    "other. The engine's mounts and files are counted only where it is the checkout's own."
)
_EACH = "A sandbox started, used and given back, without a pool; the mean of {times} in a row."
_SHIM = "containerd-shim"
_OPEN_FILES = 5
"""An engine that has just worked may hold some more: it keeps connections for a while."""


def measure(docker_host: str, runs: int, *, times: int) -> Measured:
    """Start and remove `times` sandboxes; `runs` says how many rounds that are looked at apart."""
    left: list[float] = []
    took: list[float] = []
    with open_keeper(docker_host, pool=0) as kept:
        _round(kept, 1)  # what is opened once, and kept
        for _ in range(runs):
            before = _there(docker_host, kept)
            began = time.perf_counter()
            _round(kept, times // runs)
            took.append((time.perf_counter() - began) * 1000 / (times // runs))
            left.append(_left(docker_host, kept, before))
    return Measured(
        [
            Figure("left_behind", "", left, _LEFT.format(times=times), aim=0.0),
            Figure("start_and_removal_ms", "ms", took, _EACH.format(times=times // runs)),
        ]
    )


def _round(kept: Kept, times: int) -> None:
    for _ in range(times):
        with kept.start(_IMAGE) as sandbox:
            assert sandbox.exec("touch /workspace/file", workdir="/").exit_code == 0


def _left(docker_host: str, kept: Kept, before: dict[str, int]) -> int:
    """Count what is there more than before; the engine may take a moment to be through."""
    deadline = time.monotonic() + _SETTLES_S
    while True:
        now = _there(docker_host, kept)
        more = {name: now[name] - before[name] for name in now if now[name] > before[name]}
        if not more or time.monotonic() > deadline:
            return sum(more.values())
        time.sleep(0.2)


def _there(docker_host: str, kept: Kept) -> dict[str, int]:
    mine = ("--quiet", "--filter", f"label={kept.owner}")
    found = {
        "containers": _listed(docker_host, "ps", "--all", *mine),
        "volumes": _listed(docker_host, "volume", "ls", *mine),
        "networks": _listed(docker_host, "network", "ls", *mine),
        "shims": _shims(docker_host),
        "files of the keeper": _open_files(kept.process),
    }
    if docker_host == f"unix://{_PID_FILE.with_name('docker.sock')}":
        engine = _PID_FILE.read_text().strip()
        mounts = Path(f"/proc/{engine}/mountinfo").read_text()
        found["mounts"] = mounts.count("\n")
        found["files of the engine"] = _open_files(int(engine)) // _OPEN_FILES
    return found


def _open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except PermissionError:
        return 0


def _listed(docker_host: str, *arguments: str) -> int:
    command = ["docker", "--host", docker_host, *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return len(ran.stdout.split())


def _shims(docker_host: str) -> int:
    """Count containerd's shims: those of this checkout's engine, or all if it is another."""
    socket = Path(docker_host.removeprefix("unix://"))
    address = f"{socket.parent}/exec/" if socket == _PID_FILE.with_name(socket.name) else ""
    count = 0
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = place.read_bytes().decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        count += command.split("\0")[0].rpartition("/")[2].startswith(_SHIM) and address in command
    return count
