"""Tells what is possible in the sandbox that it runs in, as one line of JSON.

Standard library only: it is sent in and run there as any command of the agent is.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
from contextlib import suppress

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000
_PTRACE, _IO_URING_SETUP, _ADD_KEY, _UNSHARE, _MOUNT, _BPF = 101, 425, 248, 272, 165, 321
_FAMILIES = {"AF_ALG": 38, "AF_VSOCK": 40, "AF_PACKET": 17, "AF_BLUETOOTH": 31}


def _allowed(number: int, *arguments: object) -> bool:
    ctypes.set_errno(0)
    return bool(_LIBC.syscall(number, *arguments) != -1)


def _opens(family: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW, socket.SOCK_DGRAM):
        with suppress(OSError):
            socket.socket(family, kind).close()
            return True
    return False


def _writes(folder: str) -> bool:
    try:
        with open(folder + "/.probe", "w"):
            pass
        os.unlink(folder + "/.probe")
    except OSError:
        return False
    return True


def _reads(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _first(*paths: str) -> str:
    for path in paths:
        with suppress(OSError), open(path) as file:
            return file.read().strip()
    return ""


def _status() -> dict[str, str]:
    with open("/proc/self/status") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}


def _parent_of_parent() -> int:
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def _mounts() -> list[str]:
    with open("/proc/self/mountinfo") as file:
        return sorted(line.split()[4] for line in file)


def _facts() -> dict[str, object]:
    status = _status()
    cgroup = "/sys/fs/cgroup"
    return {
        "uid": os.getuid(),
        "capabilities": [int(status[name], 16) for name in ("CapEff", "CapBnd", "CapPrm")],
        "no_new_privileges": status.get("NoNewPrivs"),
        "seccomp": status.get("Seccomp"),
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "families": [name for name, number in _FAMILIES.items() if _opens(number)],
        "io_uring": _allowed(_IO_URING_SETUP, 1, ctypes.create_string_buffer(256)),
        "unshare": _allowed(_UNSHARE, 0),
        "bpf": _allowed(_BPF, 5, ctypes.create_string_buffer(128), 128),
        "keys": _allowed(_ADD_KEY, b"user", b"probe", b"x", 1, -3),
        "ptrace": _allowed(_PTRACE, 16, 1, 0, 0),
        "writable": [each for each in ["/etc", "/usr", "/var", *_mounts()] if _writes(each)],
        "mounts": _mounts(),
        "server_readable": _reads("/proc/1/environ") or _reads("/proc/1/mem"),
        "engine_socket": os.path.exists("/var/run/docker.sock"),
        "own_control_group": _first("/proc/self/cgroup").rpartition(":")[2],
        "environment": sorted(os.environ),
        "hostname": socket.gethostname(),
        "parent_of_shell": _parent_of_parent(),
        "file_size": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "workspace": os.statvfs("/workspace").f_blocks * os.statvfs("/workspace").f_frsize,
        "tmp": os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize,
        "shared_memory": os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize,
        "memory": _first(f"{cgroup}/memory/memory.limit_in_bytes", f"{cgroup}/memory.max"),
        "swap": _first(f"{cgroup}/memory/memory.memsw.limit_in_bytes", f"{cgroup}/memory.swap.max"),
        "pids": _first(f"{cgroup}/pids/pids.max", f"{cgroup}/pids.max"),
        "cpu": _first(f"{cgroup}/cpu/cpu.cfs_quota_us", f"{cgroup}/cpu.max"),
    }


if __name__ == "__main__":
    print(json.dumps(_facts()))  # noqa: T201 - its answer
