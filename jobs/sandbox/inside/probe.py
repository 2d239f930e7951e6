"""Tells what is possible in the sandbox that it runs in, as JSON.

Standard library only: it is sent in and run there as any command of the agent is. It tries, and
changes nothing: a file of the system is opened for writing and not written.
"""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import stat
import sys
from contextlib import suppress

from . import doors

_ENOUGH = 20
_ENGINE_SOCKETS = (
    *("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock"),
    *("/run/podman/podman.sock", "/run/crio/crio.sock"),
)
_SWITCHES = (
    *("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe"),
    *("/proc/sys/vm/drop_caches", "/proc/sys/fs/binfmt_misc/register"),
    *("/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled"),
    *("/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse"),
)
_GROUP_SWITCHES = ("release_agent", "cgroup.procs", "tasks", "memory.max", "devices.allow")
_MASKED = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware")
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_DEVICES = {"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"}
_LOOKS_SECRET = re.compile(r"gh[a-z]_\w{16}|github_pat_|-----BEGIN|\bsk-\w|AKIA[A-Z0-9]{12}")
_LOWEST_INITIAL, _HIGHEST_INITIAL = 0xEFFFFFF0, 0xEFFFFFFF
"""The kernel's own namespaces carry fixed numbers; every later one carries another."""


def _writes(folder: str) -> bool:
    try:
        with open(folder + "/.probe", "w"):
            pass
        os.unlink(folder + "/.probe")
    except OSError:
        return False
    return True


def _opens_for_writing(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _reads(path: str) -> bool:
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
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


def _mounts() -> dict[str, str]:
    """Return where something is mounted, each with its options, blanks around each."""
    with open("/proc/self/mountinfo") as file:
        fields = [line.split() for line in file]
    return {each[4]: f" {each[5].replace(',', ' ')} " for each in fields}


def _initial_namespaces() -> list[str]:
    found = []
    for name in ("cgroup", "ipc", "pid", "uts"):
        with suppress(OSError, IndexError, ValueError):
            number = int(os.readlink(f"/proc/self/ns/{name}").split("[")[1].rstrip("]"))
            if _LOWEST_INITIAL <= number <= _HIGHEST_INITIAL:
                found.append(name)
    return found


def _switches() -> list[str]:
    groups = [folder for folder, _, _ in os.walk("/sys/fs/cgroup")]
    paths = [*_SWITCHES, *(f"{folder}/{name}" for folder in groups for name in _GROUP_SWITCHES)]
    return [path for path in paths if _opens_for_writing(path)]


def _devices() -> list[str]:
    found = []
    for folder, _, names in os.walk("/dev"):
        for name in names:
            path = f"{folder}/{name}"
            mode = os.lstat(path).st_mode
            if (stat.S_ISBLK(mode) or stat.S_ISCHR(mode)) and folder != "/dev/pts":
                found.append(path[len("/dev/") :])
    return sorted(set(found) - _DEVICES)


def _makes_a_device() -> bool:
    try:
        os.mknod("/tmp/.probe-device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except OSError:
        return False
    os.unlink("/tmp/.probe-device")
    return True


def _raising_files() -> list[str]:
    """List the files of the image that would give more rights to whoever runs them."""
    found = []
    for folder, folders, names in os.walk("/"):
        folders[:] = [each for each in folders if not os.path.ismount(os.path.join(folder, each))]
        for name in names:
            path = os.path.join(folder, name)
            with suppress(OSError):
                mode = os.lstat(path).st_mode
                if not stat.S_ISREG(mode) or not mode & 0o111:
                    continue
                if mode & (stat.S_ISUID | stat.S_ISGID) or _has_capabilities(path):
                    found.append(path)
    return sorted(found)[:_ENOUGH]


def _has_capabilities(path: str) -> bool:
    with suppress(OSError):
        return bool(os.getxattr(path, "security.capability", follow_symlinks=False))
    return False


def _room(folder: str) -> dict[str, int]:
    found = os.statvfs(folder)
    return {"bytes": found.f_blocks * found.f_frsize, "files": found.f_files}


def _nameservers() -> list[str]:
    lines = _first("/etc/resolv.conf").splitlines()
    return [line.split()[1] for line in lines if line.startswith("nameserver ")]


def _unix_sockets() -> list[str]:
    """List the abstract sockets within reach: they belong to a network, not to a folder."""
    lines = _first("/proc/net/unix").splitlines()
    return sorted({line.split()[7] for line in lines if " @" in line})


def _limits() -> dict[str, object]:
    cgroup = "/sys/fs/cgroup"
    return {
        "file_size": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "locked": resource.getrlimit(resource.RLIMIT_MEMLOCK)[1],
        "workspace": _room("/workspace"),
        "tmp": _room("/tmp"),
        "shared_memory": _room("/dev/shm"),
        "memory": _first(f"{cgroup}/memory/memory.limit_in_bytes", f"{cgroup}/memory.max"),
        "swap": _first(f"{cgroup}/memory/memory.memsw.limit_in_bytes", f"{cgroup}/memory.swap.max"),
        "pids": _first(f"{cgroup}/pids/pids.max", f"{cgroup}/pids.max"),
        "cpu": _first(f"{cgroup}/cpu/cpu.cfs_quota_us", f"{cgroup}/cpu.max"),
        "killed_first": int(_first("/proc/1/oom_score_adj") or 0),
    }


def _facts() -> dict[str, object]:
    status, mounts = _status(), _mounts()
    return {
        "kernel": os.uname().release,
        "uid": os.getuid(),
        "groups": sorted({os.getgid(), *os.getgroups()}),
        "capabilities": [int(status[name], 16) for name in ("CapEff", "CapBnd", "CapPrm")],
        "no_new_privileges": status.get("NoNewPrivs"),
        "seccomp": status.get("Seccomp"),
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "reaches": doors.reaches(),
        "nameservers": _nameservers(),
        "unix_sockets": _unix_sockets(),
        "families": doors.families(),
        "calls": doors.open_calls(),
        "writable": [each for each in ["/etc", "/usr", "/var", *mounts] if _writes(each)],
        "mounts": mounts,
        "switches": _switches(),
        "unmasked": [each for each in _MASKED if each not in mounts and os.path.exists(each)],
        "unguarded": [
            each
            for each in _READ_ONLY
            if " ro " not in mounts.get(each, "") and os.path.exists(each)
        ],
        "devices": _devices(),
        "makes_devices": _makes_a_device(),
        # It takes a look at every file of the image.
        "raising_files": _raising_files() if "--files" in sys.argv else [],
        "server_readable": any(map(_reads, ("/proc/1/environ", "/proc/1/mem", "/proc/1/root"))),
        "engine_sockets": [each for each in _ENGINE_SOCKETS if os.path.exists(each)],
        "initial_namespaces": _initial_namespaces(),
        "own_control_group": _first("/proc/self/cgroup").rpartition(":")[2],
        "environment": sorted(os.environ),
        "secret_values": sorted(n for n, v in os.environ.items() if _LOOKS_SECRET.search(v)),
        "hostname": socket.gethostname(),
        "parent_of_shell": _parent_of_parent(),
        **_limits(),
    }


if __name__ == "__main__":
    # On many lines: a long one is cut on its way out.
    print(json.dumps(_facts(), indent=0))  # noqa: T201 - its answer
