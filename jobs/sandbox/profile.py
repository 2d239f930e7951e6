"""Says what a sandbox's container may do and have: the whole profile in one place."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

AGENT = "10001:10001"
"""The user of everything in a sandbox; it owns nothing but the work folders."""

LABEL = "dev.patchbay.sandbox"
DEADLINE_LABEL = "dev.patchbay.deadline"
OWNER_LABEL = "dev.patchbay.owner"

_MB = 1024 * 1024


@dataclass(frozen=True)
class SandboxLimits:
    """What one sandbox may use of the machine."""

    memory_mb: int = 2048
    """Everything together: processes and the files of the work folders, which live in memory."""
    cpus: float = 1.0
    pids: int = 256
    workspace_mb: int = 1024
    """The code, what is built from it, the home folder and what was installed."""
    tmp_mb: int = 256
    shared_memory_mb: int = 64
    file_mb: int = 256
    """The largest single file."""
    open_files: int = 4096
    output_mb: int = 8
    """What one command may write to its output before it is ended."""


def setup_limits(memory_mb: int = 6144, workspace_mb: int = 4096) -> SandboxLimits:
    """Return what a sandbox may use while it is set up: installing takes more than working."""
    return SandboxLimits(
        memory_mb=memory_mb,
        cpus=2.0,
        pids=1024,
        workspace_mb=workspace_mb,
        tmp_mb=1024,
        file_mb=2048,
        open_files=16384,
    )


def environment() -> list[str]:
    """Return the environment of everything in a sandbox, as Docker wants to be told."""
    return ["HOME=/workspace/home", "LANG=C.UTF-8"]


@cache
def seccomp() -> str:
    """Return the system calls that a sandbox may make, as Docker wants to be told."""
    return (Path(__file__).parent / "seccomp.json").read_text(encoding="utf-8")


def host_config(limits: SandboxLimits, runtime: str) -> dict[str, Any]:
    """Return the container's isolation, in the names of Docker's API.

    A folder that can be written is a sized tmpfs: no quota of the disk is needed, and nothing is
    left when the container goes. There is no limit on processes per user (RLIMIT_NPROC): it
    counts over all containers of the machine, so that one sandbox could starve the next.
    """
    return {
        "NetworkMode": "none",
        # Else Docker copies the host's name server into a container that cannot reach it.
        "Dns": ["127.0.0.1"],
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={seccomp()}"],
        "Privileged": False,
        "ReadonlyRootfs": True,
        "Tmpfs": _tmpfs(limits),
        "ShmSize": limits.shared_memory_mb * _MB,
        "Memory": limits.memory_mb * _MB,
        "MemorySwap": limits.memory_mb * _MB,
        "OomScoreAdj": 500,
        "NanoCpus": int(limits.cpus * 1e9),
        "CpuShares": 256,
        "PidsLimit": limits.pids,
        "Ulimits": _ulimits(limits),
        "LogConfig": {"Type": "none", "Config": {}},
        "Runtime": runtime,
        "AutoRemove": True,
    }


def _tmpfs(limits: SandboxLimits) -> dict[str, str]:
    own = "uid=10001,gid=10001,mode=0700"
    return {
        "/workspace": f"rw,exec,nosuid,nodev,size={limits.workspace_mb}m,nr_inodes=200k,{own}",
        "/tmp": f"rw,exec,nosuid,nodev,size={limits.tmp_mb}m,nr_inodes=64k,mode=1777",  # noqa: S108 - the container's own
        "/run": "rw,noexec,nosuid,nodev,size=8m,nr_inodes=1k,mode=0755",
        # Room for the tool server when commands have filled everything else.
        "/run/agent": f"rw,noexec,nosuid,nodev,size=24m,nr_inodes=1k,{own}",
    }


def _ulimits(limits: SandboxLimits) -> list[dict[str, Any]]:
    hard_and_soft = {
        "nofile": limits.open_files,
        "fsize": limits.file_mb * _MB,
        "core": 0,
        "memlock": 65536,
    }
    same = [{"Name": name, "Soft": n, "Hard": n} for name, n in hard_and_soft.items()]
    return [*same, {"Name": "stack", "Soft": 8 * _MB, "Hard": 16 * _MB}]
