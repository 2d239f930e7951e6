"""Knocks at the doors of the kernel, to see which are open: system calls, sockets, ways out.

Standard library only, and harmless: system calls get arguments with which an open door answers
otherwise than a shut one, and does nothing else.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
from contextlib import suppress
from functools import partial
from typing import Any, Callable

_LIBC = ctypes.CDLL(None, use_errno=True)
_SHUT = (errno.EPERM, errno.ENOSYS)
_BAD = ctypes.c_void_p(1)
"""No address: who gets as far as reading it says EFAULT, which is open enough."""
_CLONE_NEWUSER, _SIGCHLD = 0x10000000, 17
_X32 = 0x40000000

_FAMILIES = {"ALG": 38, "VSOCK": 40, "PACKET": 17, "KEY": 15, "XDP": 44, "CAN": 29, "TIPC": 30}
_NETLINK = {"audit": 9, "netfilter": 12, "uevent": 15, "generic": 16, "crypto": 21}

_CALLS: dict[str, tuple[Any, ...]] = {
    "io_uring_setup": (425, 1, _BAD),
    "io_uring_enter": (426, -1, 0, 0, 0, 0, 0),
    "io_uring_register": (427, -1, 0, 0, 0),
    "ptrace": (101, 0, 0, 0, 0),
    "process_vm_readv": (310, 1, _BAD, 1, _BAD, 1, 0),
    "process_vm_writev": (311, 1, _BAD, 1, _BAD, 1, 0),
    "prlimit of another": (302, 1, 7, 0, 0),
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
_INT_0X80_GETPID = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"
_OTHER_PLACES = ("169.254.169.254", "1.1.1.1", "fd00:ec2::254", "2606:4700:4700::1111")


def _in_a_child(do: Callable[[], bool]) -> bool:
    """Tell whether `do()` is true in a process that may die of it."""
    pid = os.fork()
    if not pid:
        answer = 1
        with suppress(Exception):
            answer = 0 if do() else 1
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


def open_calls() -> list[str]:
    """List the dangerous system calls that are let through."""
    if os.uname().machine != "x86_64":
        return []  # the numbers are those of x86-64
    found = [name for name, call in _CALLS.items() if _in_a_child(partial(_call, *call))]
    return [*found, *(["32-bit"] if _in_a_child(_call_32_bit) else [])]


def _opens(family: int, protocol: int = 0) -> bool:
    kinds = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW, socket.SOCK_DGRAM)
    for kind in kinds:
        with suppress(OSError):
            socket.socket(family, kind, protocol).close()
            return True
    return False


def families() -> list[str]:
    """List the families of sockets that open, besides those that tests need."""
    found = [f"AF_{name}" for name, number in _FAMILIES.items() if _opens(number)]
    found += [f"AF_NETLINK {name}" for name, number in _NETLINK.items() if _opens(16, number)]
    with suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
        found.append("raw AF_INET")
    return found


def reaches() -> list[str]:
    """List the places that a packet would be sent to; connecting UDP sends none."""
    found = []
    for place in _OTHER_PLACES:
        family = socket.AF_INET6 if ":" in place else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((place, 53))
            found.append(place)
    return found
