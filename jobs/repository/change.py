"""Reads the change that a sandbox hands over: a byte stream in which nothing is believed.

The stream is frames of `u32 path length | path | u8 kind | u64 size | content`, big-endian, ended
by a path length of zero. The same frames carry a change back into a sandbox.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from jobs.repository.paths import MAX_PATH_BYTES, why_refused

MAX_STREAM_BYTES = 16 * 1024 * 1024
MAX_FRAMES = 1_000
MAX_NAMED = 20

_PATH_LENGTH = struct.Struct(">I")
_KIND_AND_SIZE = struct.Struct(">BQ")


class FileMode(StrEnum):
    """The two modes a changed file can have, as git writes them."""

    REGULAR = "100644"
    EXECUTABLE = "100755"


class Kind(IntEnum):
    """What a frame holds."""

    REGULAR = 0
    EXECUTABLE = 1
    DELETED = 2
    SYMLINK = 3
    OTHER = 4


@dataclass(frozen=True)
class ChangedFile:
    """A file as the change leaves it; no content means that it is deleted."""

    path: str
    mode: FileMode
    content: bytes | None

    @property
    def deleted(self) -> bool:
        """Say whether the change takes the file away."""
        return self.content is None


@dataclass(frozen=True)
class Change:
    """Every file that is different from the base commit, ordered by path."""

    files: tuple[ChangedFile, ...] = ()

    @property
    def size(self) -> int:
        """Count the bytes of all new content."""
        return sum(len(file.content or b"") for file in self.files)

    def paths(self) -> list[str]:
        """List the paths that the change touches."""
        return [file.path for file in self.files]


class HostileChange(Exception):  # reads as what was found
    """The stream breaks the rules; `refused` names the paths, when it is about paths."""

    def __init__(self, reason: str, refused: tuple[tuple[str, str], ...] = ()) -> None:
        """Keep the reason, fit for people, and each refused path with its own."""
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


def parse(stream: bytes) -> Change:
    """Turn a stream into a change, or say what is wrong with it."""
    if len(stream) > MAX_STREAM_BYTES:
        raise HostileChange(f"the change is larger than {MAX_STREAM_BYTES // 2**20} MiB")
    files: dict[str, ChangedFile] = {}
    refused: list[tuple[str, str]] = []
    for raw_path, kind, content in _frames(stream):
        path, why = _judged(raw_path, kind)
        if why:
            refused.append((path, why))
        elif path in files:
            raise HostileChange(f"{path} comes twice")
        else:
            files[path] = _file(path, kind, content)
    refused += _files_used_as_folders(files)
    if refused:
        named = "; ".join(f"{path}: {why}" for path, why in refused[:MAX_NAMED])
        more = f"; and {len(refused) - MAX_NAMED} more" if len(refused) > MAX_NAMED else ""
        raise HostileChange(f"refused: {named}{more}", tuple(refused[:MAX_NAMED]))
    return Change(tuple(files[path] for path in sorted(files)))


def serialise(change: Change) -> bytes:
    """Write a change as frames."""
    out = bytearray()
    for file in change.files:
        path = file.path.encode()
        kind = Kind.EXECUTABLE if file.mode is FileMode.EXECUTABLE else Kind.REGULAR
        kind = Kind.DELETED if file.content is None else kind
        content = file.content or b""
        out += _PATH_LENGTH.pack(len(path)) + path
        out += _KIND_AND_SIZE.pack(kind, len(content)) + content
    return bytes(out + _PATH_LENGTH.pack(0))


class _Reader:
    """Takes bytes off a stream; asking for more than there is means it is cut or forged."""

    def __init__(self, stream: bytes) -> None:
        self._stream = memoryview(stream)
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._stream) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise HostileChange("the stream ends in the middle of a file")
        piece = bytes(self._stream[self._at : self._at + count])
        self._at += count
        return piece


def _frames(stream: bytes) -> list[tuple[bytes, Kind, bytes]]:
    reader = _Reader(stream)
    frames: list[tuple[bytes, Kind, bytes]] = []
    while True:
        (length,) = _PATH_LENGTH.unpack(reader.take(_PATH_LENGTH.size))
        if length == 0:
            break
        if length > MAX_PATH_BYTES:
            raise HostileChange(f"a path is longer than {MAX_PATH_BYTES} bytes")
        if len(frames) == MAX_FRAMES:
            raise HostileChange(f"the change has more than {MAX_FRAMES} files")
        path = reader.take(length)
        number, size = _KIND_AND_SIZE.unpack(reader.take(_KIND_AND_SIZE.size))
        frames.append((path, _kind(number), reader.take(size)))
    if reader.left:
        raise HostileChange("the stream goes on after its end")
    return frames


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError:
        raise HostileChange(f"there is no kind {number}") from None


def _judged(raw_path: bytes, kind: Kind) -> tuple[str, str]:
    try:
        path = raw_path.decode()
    except UnicodeDecodeError:
        return ascii(raw_path)[2:-1], "the name is not valid UTF-8"
    if why := why_refused(path):
        return ascii(path)[1:-1], why
    if kind is Kind.SYMLINK:
        return path, "a symbolic link, which a change may not add or alter"
    if kind is Kind.OTHER:
        return path, "neither a regular file nor a folder"
    return path, ""


def _file(path: str, kind: Kind, content: bytes) -> ChangedFile:
    if kind is Kind.DELETED:
        if content:
            raise HostileChange(f"{path} is deleted and has content")
        return ChangedFile(path, FileMode.REGULAR, None)
    mode = FileMode.EXECUTABLE if kind is Kind.EXECUTABLE else FileMode.REGULAR
    return ChangedFile(path, mode, content)


def _files_used_as_folders(files: dict[str, ChangedFile]) -> list[tuple[str, str]]:
    kept = {path for path, file in files.items() if not file.deleted}
    folders = {folder for path in kept for folder in _folders(path)}
    return [(path, "both a file and a folder") for path in sorted(kept & folders)]


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
