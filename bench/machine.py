"""Says what a figure was measured on: the machine, the versions, the state of the checkout."""

import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
_FSYNCS = 50


def facts(docker_host: str) -> dict[str, Any]:
    """Return everything that a reader needs to judge the figures by."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "memory_gib": round(_memory_kib() / 2**20, 1),
            "kernel": platform.release(),
            "distribution": platform.freedesktop_os_release()["PRETTY_NAME"],
            "load_at_start": [round(load, 2) for load in os.getloadavg()],
            "waiting_for_a_cpu_percent": _cpu_pressure(),
            "fsync_ms": round(_fsync_ms(), 3),
        },
        "versions": {
            "python": platform.python_version(),
            "docker_engine": _said_by(
                "docker", "--host", docker_host, "version", "--format", "{{.Server.Version}}"
            ),
            "redis": _redis(),
            "sqlite": sqlite3.sqlite_version,
            "gunicorn": version("gunicorn"),
            "rq": version("rq"),
        },
    }


def _commit() -> str:
    said = _said_by("git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty")
    return said.replace("-dirty", " and changes that are not committed")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _memory_kib() -> int:
    first = Path("/proc/meminfo").read_text().splitlines()[0]
    return int(first.split()[1])


def _cpu_pressure() -> float | None:
    """Return the share of the last ten seconds in which something waited for a processor."""
    try:
        words = Path("/proc/pressure/cpu").read_text().split()
    except OSError:  # not every kernel is built with it
        return None
    return float(words[1].removeprefix("avg10="))


def _redis() -> str:
    words = _said_by("redis-server", "--version").split()
    return next(word[2:] for word in words if word.startswith("v="))


def _fsync_ms() -> float:
    """Return what it costs to have one page on disk, which every record waits for."""
    took: list[float] = []
    with tempfile.NamedTemporaryFile(prefix="patchbay-fsync-") as file:
        for _ in range(_FSYNCS):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return median(took)


def _said_by(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
