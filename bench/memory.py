"""Weighs processes and sandboxes."""

import os
import re
import subprocess
from pathlib import Path

from bench.figures import Figure, Measured
from jobs.sandbox.engine import Engine

_IMAGE = "patchbay/python"
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_MB = 2**20
_IDLE = (
    "Memory that the container of an idle sandbox is charged for, after one command and without "
    "code in it: use of its cgroup less inactive file pages, as `docker stats` counts it."
)
_SHIM = "Resident set of the process outside (containerd's shim) that keeps each such container."


def measure(docker_host: str, runs: int) -> Measured:
    """Start a sandbox for each run and weigh it."""
    sandboxes = Engine(docker_host, owner=f"bench-{os.getpid()}")
    idle: list[float] = []
    shims: list[float] = []
    for _ in range(runs):
        with sandboxes.start(_IMAGE, task_id="bench", epoch=0, deadline_s=120) as sandbox:
            assert sandbox.exec("true", workdir="/").exit_code == 0
            idle.append(_charged_mb(docker_host, sandbox.container))
            shims.append(_shim_mb(docker_host, sandbox.container))
    return Measured(
        [
            Figure("sandbox_idle_mb", "MB", idle, _IDLE, aim=15.0),
            Figure("sandbox_shim_rss_mb", "MB", shims, _SHIM),
        ]
    )


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process and all its descendants."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return _kib("Pss", rollup) / 1024 + sum(map(pss_mb, _children(pid)))


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _charged_mb(docker_host: str, container: str) -> float:
    said = _docker(docker_host, "stats", "--no-stream", "--format", "{{.MemUsage}}", container)
    found = re.match(r"([\d.]+)([KMG]?i?B)", said)
    assert found, said
    return float(found[1]) * _UNITS[found[2]] / _MB


def _shim_mb(docker_host: str, container: str) -> float:
    pid = _docker(docker_host, "inspect", "--format", "{{.State.Pid}}", container)
    parent = _kib("PPid", Path(f"/proc/{pid}/status").read_text())
    return _kib("VmRSS", Path(f"/proc/{parent}/status").read_text()) / 1024


def _kib(name: str, text: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    assert found, name
    return int(found[1])


def _docker(docker_host: str, *arguments: str) -> str:
    command = ["docker", "--host", docker_host, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
