"""Tells what is possible in the sandbox that it runs in, as JSON.

Standard library only: it is sent in and run there as any command of the agent is. It tries, and
changes nothing: files are opened for writing and not written, system calls get arguments with
which an open door answers otherwise than a shut one.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import re
import resource
import socket
import stat
from contextlib import suppress

_LIBC = ctypes.CDLL(None, use_errno=True)
_SHUT = (errno.EPERM, errno.ENOSYS)
_BAD = ctypes.c_void_p(1)
"""No address: who gets as far as reading it says EFAULT, which is open enough."""
_CLONE_NEWUSER, _SIGCHLD = 0x10000000, 17
_X32 = 0x40000000

_FAMILIES = {
    **{"AF_ALG": 38, "AF_VSOCK": 40, "AF_PACKET": 17, "AF_BLUETOOTH": 31, "AF_KEY": 15},
    **{"AF_XDP": 44, "AF_CAN": 29, "AF_TIPC": 30, "AF_RDS": 21},
}
_NETLINK = {"audit": 9, "netfilter": 12, "uevent": 15, "generic": 16, "crypto": 21}

_CALLS: dict[str, tuple[object, ...]] = {
    "io_uring_setup": (425, 1, _BAD),
    "io_uring_enter": (426, -1, 0, 0, 0, 0, 0),
    "io_uring_register": (427, -1, 0, 0, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, _BAD, 1, _BAD, 1, 0),
    "process_vm_writev": (311, 1, _BAD, 1, _BAD, 1, 0),
    "kcmp": (312, -1, -1, 99, 0, 0),
    "pidfd_getfd": (438, -1, -1, 0),
    "bpf": (321, 9999, 0, 0),
    "perf_event_open": (298, _BAD, 0, -1, -1, 0),
    "userfaultfd": (323, 1),
    "memfd_secret": (447, 0x7FFF),
    "add_key": (248, _BAD, _BAD, 0, 0, 0),
    "request_key": (249, _BAD, _BAD, 0, 0),
    "keyctl": (250, 9999, 0, 0, 0, 0),
    "mount": (165, _BAD, _BAD, _BAD, 0, 0),
    "umount2": (166, _BAD, 0x7FFF0000),
    "pivot_root": (155, _BAD, _BAD),
    "open_tree": (428, -100, _BAD, 0x7FFF0000),
    "mount_setattr": (442, -1, _BAD, 0x7FFF0000, 0, 0),
    "chroot": (161, _BAD),
    "setns": (308, -1, 0),
    "unshare": (272, 0),
    "clone of a user namespace": (56, _CLONE_NEWUSER | _SIGCHLD, 0, 0, 0, 0),
    "clone3": (435, _BAD, 8),
    "name_to_handle_at": (303, -100, _BAD, _BAD, _BAD, 0x7FFF0000),
    "personality": (135, 0x0040000),
    "modify_ldt": (154, 0, 0, 0),
    "vmsplice": (278, -1, 0, 0, 0),
    "syslog": (103, 10, 0, 0),
    "quotactl": (179, 0x7FFFFFFF, _BAD, 0, _BAD),
    "fanotify_init": (300, 0x200, 0),
    "x32": (_X32 | 39,),
}
_ENOUGH = 20
_INT_0X80_GETPID = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"

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
_DEVICES = {
    *("console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"),
}
_OTHER_PLACES = ("169.254.169.254", "1.1.1.1", "fd00:ec2::254", "2606:4700:4700::1111")
_LOOKS_SECRET = re.compile(r"gh[a-z]_\w{16}|github_pat_|-----BEGIN|\bsk-\w|AKIA[A-Z0-9]{12}")
_LOWEST_INITIAL, _HIGHEST_INITIAL = 0xEFFFFFF0, 0xEFFFFFFF
"""The kernel's own namespaces carry fixed numbers; every later one carries another."""


def _in_a_child(do: object) -> bool:
    """Tell whether `do()` is true in a process that may die of it."""
    pid = os.fork()
    if not pid:
        answer = 1
        with suppress(Exception):
            answer = 0 if do() else 1  # type: ignore[operator]
        os._exit(answer)
    return os.waitpid(pid, 0)[1] == 0


def _call(number: int, *arguments: object) -> bool:
    """Tell whether a system call is let through, whatever it then answers."""
    ctypes.set_errno(0)
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    answer = _LIBC.syscall(ctypes.c_long(number), *wide)
    if answer == 0 and number == _CALLS["clone of a user namespace"][0]:
        os._exit(0)  # the clone, which stands here too
    return answer != -1 or ctypes.get_errno() not in _SHUT


def _call_32_bit() -> bool:
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(_INT_0X80_GETPID)
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return bool(ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0)


def _open_calls() -> list[str]:
    if os.uname().machine != "x86_64":
        return []  # the numbers are those of x86-64
    found = [name for name, call in _CALLS.items() if _in_a_child(lambda call=call: _call(*call))]
    return [*found, *(["32-bit"] if _in_a_child(_call_32_bit) else [])]


def _opens(family: int, protocol: int = 0) -> bool:
    kinds = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW, socket.SOCK_DGRAM)
    for kind in kinds:
        with suppress(OSError):
            socket.socket(family, kind, protocol).close()
            return True
    return False


def _families() -> list[str]:
    found = [name for name, number in _FAMILIES.items() if _opens(number)]
    found += [f"AF_NETLINK {name}" for name, number in _NETLINK.items() if _opens(16, number)]
    with suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
        found.append("raw AF_INET")
    return found


def _reaches() -> list[str]:
    """List the places that a packet would be sent to; connecting UDP sends none."""
    found = []
    for place in _OTHER_PLACES:
        family = socket.AF_INET6 if ":" in place else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((place, 53))
            found.append(place)
    return found


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
    names = {
        **{"file_size": resource.RLIMIT_FSIZE, "open_files": resource.RLIMIT_NOFILE},
        **{"core": resource.RLIMIT_CORE, "locked": resource.RLIMIT_MEMLOCK},
    }
    return {
        **{name: resource.getrlimit(number)[1] for name, number in names.items()},
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
        "reaches": _reaches(),
        "nameservers": _nameservers(),
        "unix_sockets": _unix_sockets(),
        "families": _families(),
        "calls": _open_calls(),
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
        "raising_files": _raising_files(),
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
