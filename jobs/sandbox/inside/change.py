"""Finds what differs from the base: by looking at the files, not by asking the agent's git.

The base (path, mode and content id of each file) is kept in this process's memory from the moment
the code came in. Git is asked one thing only, which new files are not ignored, and it is asked in
the server's own repository. So nothing the agent does to a `.git` has a say in what comes out.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple

from . import git, processes
from .frames import Refused, Request
from .places import BASE_INDEX, REPO

if TYPE_CHECKING:
    import hashlib

REGULAR, EXECUTABLE, DELETED, SYMLINK, OTHER = range(5)
_GITLINK, _LINK = "160000", "120000"
_ROOT = os.fsencode(REPO) + b"/"
_MAX_ENTRIES = 20_000
_SETTLED_NS = 50_000_000
_SHA1_LENGTH = 40
_READ = 1024 * 1024


class _BaseFile(NamedTuple):
    mode: str
    sha: str
    seen: tuple[int, ...] | None
    """What the file looked like when it was checked out; None if it was too fresh to tell."""


class _Frames:
    """The change as it goes out; refuses to grow over the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._frames: dict[bytes, bytes] = {}

    def add(self, path: bytes, kind: int, content: bytes = b"") -> None:
        frame = len(path).to_bytes(4, "big") + path + bytes([kind])
        frame += len(content).to_bytes(8, "big") + content
        self._frames[path] = frame
        self._size += len(frame)
        if len(self._frames) > _MAX_ENTRIES:
            raise Refused(
                f"the change has more than {_MAX_ENTRIES:,} files: "
                "remove what is not part of it, or have it ignored"
            )
        self.check(path, 0)

    def check(self, path: bytes, more: int) -> None:
        if self._size + more > self._limit:
            name = path.decode("utf-8", "replace")
            raise Refused(
                f"the change is larger than {self._limit:,} bytes (with {name}): "
                "remove what is not part of it"
            )

    def bytes(self) -> bytes:
        return b"".join(self._frames[path] for path in sorted(self._frames)) + bytes(4)


class _State:
    """What the server remembers of the base, where no command can reach it."""

    def __init__(self) -> None:
        self.sha = ""
        self.files: dict[bytes, _BaseFile] = {}
        self.index: tuple[int, ...] = ()


_state = _State()


def has_base() -> bool:
    """Tell whether the code is in."""
    return bool(_state.sha)


def files_of_base() -> Iterable[bytes]:
    """Return the path of each file of the base, from the work tree on."""
    return _state.files


def forget() -> None:
    """Take note that the code is out again."""
    _state.sha = ""
    _state.files = {}


def listing(base: str) -> bytes:
    """Return git's list of the files of `base`, with their modes, ids and sizes."""
    return git.run("ls-tree", "-r", "-l", "-z", "--full-tree", base)


def lines(listed: bytes) -> Iterator[tuple[list[str], bytes]]:
    """Take a listing apart: mode, kind, id and size of each file, and its path."""
    for line in filter(None, listed.split(b"\0")):
        about, path = line.split(b"\t", 1)
        yield about.decode("ascii").split(), path


def remember(base: str, listed: bytes, index: str) -> int:
    """Keep what the work tree looks like now, checked out from `base` with git's `index`."""
    settled = time.time_ns() - _SETTLED_NS
    for (mode, _, sha, _), path in lines(listed):
        found = os.lstat(_ROOT + path)
        seen = _look(found) if found.st_ctime_ns < settled else None
        _state.files[path] = _BaseFile(mode, sha, seen)
    _state.sha = base
    # The same as a new one would be, and 30 ms cheaper.
    shutil.copyfile(index, BASE_INDEX)
    _state.index = _look(os.lstat(BASE_INDEX))
    return len(_state.files)


def collect(request: Request) -> None:
    """Answer a `collect` request."""
    limit = request.header["max_bytes"]
    if not _state.sha:
        raise Refused("no code was put into this sandbox")
    if request.header["sweep"]:
        processes.sweep()
    if os.path.islink(REPO):
        raise Refused("the repository folder was replaced by a link")
    frames = _Frames(limit)
    folders: dict[bytes, bool] = {b"": os.path.isdir(REPO)}
    for path, base in _state.files.items():
        _compare(path, base, folders, frames)
    for path in new_files():
        _add(path, frames)
    request.answer({}, frames.bytes())


def _compare(path: bytes, base: _BaseFile, folders: dict[bytes, bool], frames: _Frames) -> None:
    found = _find(path, folders)
    if base.mode == _GITLINK:
        if found is not None and not stat.S_ISDIR(found.st_mode):
            frames.add(path, OTHER)
    elif found is None or stat.S_ISDIR(found.st_mode):
        frames.add(path, DELETED)
    elif not _is_same(path, base, found):
        _add(path, frames)


def _find(path: bytes, folders: dict[bytes, bool]) -> os.stat_result | None:
    """Look at `path` unless a folder above it is missing or a link to somewhere else."""
    if not _is_real(os.path.dirname(path), folders):
        return None
    try:
        return os.lstat(_ROOT + path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_real_folder(path: bytes) -> bool:
    """Tell whether no part of `path`, from the work tree on, is missing or a link."""
    return _is_real(path, {b"": True})


def _is_real(path: bytes, folders: dict[bytes, bool]) -> bool:
    if path not in folders:
        real = _is_real(os.path.dirname(path), folders)
        try:
            folders[path] = real and stat.S_ISDIR(os.lstat(_ROOT + path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            folders[path] = False
    return folders[path]


def _is_same(path: bytes, base: _BaseFile, found: os.stat_result) -> bool:
    if base.mode == _LINK:
        return stat.S_ISLNK(found.st_mode) and _sha_of_link(path, base.sha) == base.sha
    if not stat.S_ISREG(found.st_mode):
        return False
    if bool(found.st_mode & 0o100) != (base.mode == "100755"):
        return False
    return _look(found) == base.seen or _sha_of_file(path, found.st_size, base.sha) == base.sha


def _add(path: bytes, frames: _Frames) -> None:
    full = _ROOT + path
    try:
        found = os.lstat(full)
        if stat.S_ISLNK(found.st_mode):
            frames.add(path, SYMLINK, os.readlink(full))
        elif stat.S_ISREG(found.st_mode):
            frames.check(path, found.st_size)
            kind = EXECUTABLE if found.st_mode & 0o100 else REGULAR
            frames.add(path, kind, _read(full, found.st_size))
        else:
            frames.add(path, OTHER)
    except FileNotFoundError:
        return  # a process that was not swept is at work, and has removed it again
    except PermissionError:
        raise Refused(
            f"{path.decode('utf-8', 'replace')} cannot be read: give it back its read permission"
        ) from None


def _write_index() -> None:
    git.run("read-tree", _state.sha, index=BASE_INDEX)
    _state.index = _look(os.lstat(BASE_INDEX))


def _mend_index() -> None:
    """Write the list of the base's files again if anybody but the server has touched it."""
    try:
        if _look(os.lstat(BASE_INDEX)) == _state.index:
            return
    except OSError:
        pass  # it is gone
    _write_index()


def new_files() -> list[bytes]:
    """Return the paths that are neither in the base nor ignored; a folder with a `.git` as one."""
    if not os.path.isdir(REPO):
        return []
    _mend_index()
    listed = git.run(
        "ls-files", "-o", "-z", "--exclude-standard", work_tree=REPO, index=BASE_INDEX, silent=True
    )
    # A repository inside of the repository comes with a slash at its end, as a folder.
    return [path.rstrip(b"/") for path in listed.split(b"\0") if path]


def _look(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _read(full: bytes, size: int) -> bytes:
    handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(handle, "rb") as opened:
        return opened.read(size)


def _sha_of_link(path: bytes, like: str) -> str:
    return _sha(like, os.readlink(_ROOT + path))


def _sha_of_file(path: bytes, size: int, like: str) -> str:
    handle = os.open(_ROOT + path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(handle, "rb") as opened:
        digest = _digest(like, size)
        for piece in iter(lambda: opened.read(_READ), b""):
            digest.update(piece)
        return digest.hexdigest()


def _sha(like: str, content: bytes) -> str:
    digest = _digest(like, len(content))
    digest.update(content)
    return digest.hexdigest()


def _digest(like: str, size: int) -> hashlib._Hash:
    import hashlib  # noqa: PLC0415 - OpenSSL takes 10 ms to load, and a start is waited for

    digest = hashlib.sha1() if len(like) == _SHA1_LENGTH else hashlib.sha256()  # noqa: S324 - git's own ids
    digest.update(b"blob %d\0" % size)
    return digest
