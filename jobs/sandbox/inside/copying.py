"""Copies what a set-up left into the volume of a snapshot: as the agent's user, up to a limit.

A program of its own, in a container without network that has both folders, started as root only
to give the new one to the agent. The tree was written by anybody: nothing in it is followed.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from typing import Dict, List, Tuple

FROM = "/from"
TO = "/to"
_AGENT = 10001
_PIECE = 1024 * 1024
_BLOCK = 512


class TooLarge(Exception):
    """The copy would be larger than was allowed."""


class Copy:
    """One copy of a tree: hard links stay links, holes stay holes; no sockets and no pipes."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._links: Dict[int, str] = {}
        self._folders: List[Tuple[str, os.stat_result]] = []
        self.bytes = 0

    def run(self, source: str, target: str) -> None:
        """Copy what is in `source` to `target`, an empty folder."""
        waiting = [(source, target)]
        self._folders.append((target, os.lstat(source)))
        while waiting:
            folder, new_folder = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    new = f"{new_folder}/{entry.name}"
                    about = entry.stat(follow_symlinks=False)
                    self._count(about)
                    if stat.S_ISDIR(about.st_mode):
                        os.mkdir(new, 0o700)
                        self._folders.append((new, about))
                        waiting.append((entry.path, new))
                    else:
                        self._one(entry.path, new, about)
        # Innermost first: what is put into a folder changes its time, and it may be read-only.
        for folder, about in reversed(self._folders):
            os.chmod(folder, about.st_mode & 0o777)
            os.utime(folder, ns=(about.st_atime_ns, about.st_mtime_ns))

    def _count(self, about: os.stat_result) -> None:
        # At least a block for each name: a million empty files are not free.
        size = max(about.st_blocks * _BLOCK, 4096)
        self.bytes += size
        if self.bytes > self._left:
            raise TooLarge

    def _one(self, path: str, new: str, about: os.stat_result) -> None:
        if stat.S_ISLNK(about.st_mode):
            os.symlink(os.readlink(path), new)
            os.utime(new, ns=(about.st_atime_ns, about.st_mtime_ns), follow_symlinks=False)
        elif stat.S_ISREG(about.st_mode):
            if about.st_ino in self._links:
                os.link(self._links[about.st_ino], new)
                return
            _copy_file(path, new, about)
            if about.st_nlink > 1:
                self._links[about.st_ino] = new


def _copy_file(path: str, new: str, about: os.stat_result) -> None:
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    target = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if about.st_blocks * _BLOCK < about.st_size:
            _copy_with_holes(source, target, about.st_size)
        else:
            while os.sendfile(target, source, None, _PIECE):
                pass
        os.fchmod(target, about.st_mode & 0o777)
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    finally:
        os.close(source)
        os.close(target)


def _copy_with_holes(source: int, target: int, size: int) -> None:
    os.ftruncate(target, size)
    start = 0
    while start < size:
        try:
            start = os.lseek(source, start, os.SEEK_DATA)
        except OSError:
            return  # no more data: a hole up to the end
        end = os.lseek(source, start, os.SEEK_HOLE)
        os.lseek(target, start, os.SEEK_SET)
        while start < end:
            data = os.pread(source, min(_PIECE, end - start), start)
            os.write(target, data)
            start += len(data)


def main(limit: int) -> None:
    """Copy, and print how many bytes the copy takes, or `too large`."""
    os.chown(TO, _AGENT, _AGENT)
    os.setgroups([])
    os.setgid(_AGENT)
    os.setuid(_AGENT)
    copy = Copy(limit)
    try:
        copy.run(FROM, TO)
    except TooLarge:
        sys.stdout.write("too large\n")
        return
    # What is offered as whole must be whole after a power cut too.
    folder = os.open(TO, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).syncfs(folder):
        raise OSError(ctypes.get_errno(), "syncfs")
    sys.stdout.write(f"{copy.bytes}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
