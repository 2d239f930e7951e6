"""Reads the files of one commit, in as few runs of git as it can be done in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jobs.repository.git import GitFailed

if TYPE_CHECKING:
    from jobs.repository.mirror import Mirror

MAX_FILE_BYTES = 1024 * 1024
MAX_LISTING_BYTES = 256 * 1024 * 1024
_NEIGHBOUR_BYTES = 32 * 1024
_NEIGHBOURS = 60
_MAX_POINTERS = 5_000
_NAMED = 10
_POINTER_BYTES = range(100, 300)
_POINTER = b"version https://git-lfs.github.com/spec/"
_GITLINK = "160000"

# Where a project says that its version comes from the newest tag; each tool by its name.
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "hatch.toml", "Makefile", "package.json")
_VERSION_FROM_TAGS = re.compile(
    r"setuptools[-_]scm|hatch-vcs|flit[-_]scm|versioneer|\bpbr\b|dunamai|versioningit|"
    r"poetry-dynamic-versioning|setuptools-git-version|source *= *[\"'](?:scm|vcs)[\"']|"
    r"git describe"
)


class Entry(NamedTuple):
    """A file as the commit's tree names it."""

    mode: str
    sha: str
    size: int
    """In bytes; 0 for a submodule."""


@dataclass(frozen=True)
class TreeSize:
    """How much a checkout of a commit would write."""

    files: int
    bytes: int
    largest: int


@dataclass(frozen=True)
class Facts:
    """What an agent has to know of a checkout: some of the repository is not in it."""

    size: TreeSize
    submodules: tuple[str, ...]
    """Their folders, which stay empty."""
    lfs_pointers: int
    """Files whose content Git LFS keeps elsewhere; what lies there is a pointer of three lines."""

    def told(self) -> tuple[str, ...]:
        """Say it to whoever works on the checkout, one fact a line; nothing where all is there."""
        facts = []
        if self.submodules:
            named = ", ".join(self.submodules[:_NAMED])
            more = len(self.submodules) - _NAMED
            rest = f" and {more} more" if more > 0 else ""
            facts.append(f"Git submodules are not here, their folders are empty: {named}{rest}.")
        if self.lfs_pointers:
            facts.append(
                f"The content of Git LFS files is not here: {self.lfs_pointers} pointers stand for "
                "it. Leave them as they are."
            )
        return tuple(facts)


class Snapshot:
    """The files of one commit, as those who look for tests or judge a change read them."""

    def __init__(self, mirror: "Mirror", sha: str) -> None:
        self.mirror = mirror
        self.sha = sha
        self._contents: dict[str, bytes] = {}

    def paths(self) -> list[str]:
        """List every file."""
        return list(self._entries)

    def content(self, path: str, *, max_bytes: int = MAX_FILE_BYTES) -> bytes | None:
        """Read a regular file; `None` when there is none, or when it is larger."""
        entry = self._entries.get(path)
        if entry is None or not _regular(entry) or entry.size > max_bytes:
            return None
        if path not in self._contents:
            self._contents |= self._read([path, *self._neighbours(path)])
        return self._contents[path]

    def text(self, path: str) -> str | None:
        """Read a regular file as text; bytes that are no text become marks."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8", "replace")

    def object_id(self, path: str) -> str:
        """Return what stands for a file's content, however large it is; empty without one."""
        entry = self._entries.get(path)
        return entry.sha if entry else ""

    def size(self) -> TreeSize:
        """Measure the tree before anybody writes it anywhere."""
        sizes = [entry.size for entry in self._entries.values()]
        return TreeSize(len(sizes), sum(sizes), max(sizes, default=0))

    def facts(self) -> Facts:
        """Find what a checkout of this commit lacks: submodules, and what LFS keeps."""
        submodules = [path for path, entry in self._entries.items() if entry.mode == _GITLINK]
        return Facts(self.size(), tuple(submodules), self._pointers())

    def wants_tags(self) -> bool:
        """Say whether the project takes its version from the newest tag."""
        texts = [self.text(name) for name in _MANIFESTS]
        return any(_VERSION_FROM_TAGS.search(text) for text in texts if text)

    def _pointers(self) -> int:
        attributes = [path for path in self._entries if path.split("/")[-1] == ".gitattributes"]
        if not any("filter=lfs" in (self.text(path) or "") for path in attributes[:_NEIGHBOURS]):
            return 0
        small = [
            path
            for path, entry in self._entries.items()
            if _regular(entry) and entry.size in _POINTER_BYTES
        ]
        contents = self._read(small[:_MAX_POINTERS])
        return sum(content.startswith(_POINTER) for content in contents.values())

    def _neighbours(self, path: str) -> Iterable[str]:
        """Return what is read along: who asks for one manifest asks for the others next."""
        if "/" in path:
            return ()
        root = [name for name in self._entries if "/" not in name and name != path]
        small = [
            name
            for name in root
            if _regular(self._entries[name]) and self._entries[name].size <= _NEIGHBOUR_BYTES
        ]
        return small[:_NEIGHBOURS]

    def _read(self, paths: list[str]) -> dict[str, bytes]:
        shas = {path: self._entries[path].sha for path in paths}
        contents = read_objects(self.mirror.read, shas.values())
        return {path: contents[sha] for path, sha in shas.items()}

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        listed = ["ls-tree", "-r", "-z", "-l", self.sha]
        out = self.mirror.read(listed, max_output=MAX_LISTING_BYTES)
        entries = {}
        for line in filter(None, out.split(b"\0")):
            meta, _, path = line.partition(b"\t")
            mode, _, sha, size = meta.decode("ascii").split()
            # A submodule has a dash for a size.
            number = int(size) if size.isdecimal() else 0
            entries[path.decode("utf-8", "surrogateescape")] = Entry(mode, sha, number)
        return entries


def read_objects(read: Callable[..., bytes], shas: Iterable[str]) -> dict[str, bytes]:
    """Read many objects in one run of git; GitFailed names the first that is not there."""
    wanted = list(dict.fromkeys(shas))
    if not wanted:
        return {}
    out = read(["cat-file", "--batch"], stdin="".join(f"{sha}\n" for sha in wanted).encode())
    found, at = {}, 0
    for sha in wanted:
        end = out.index(b"\n", at)
        words = out[at:end].split()
        if words[-1] == b"missing":
            raise GitFailed("cat-file", f"the object {sha} is missing")
        size = int(words[2])
        found[sha] = out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def _regular(entry: Entry) -> bool:
    return entry.mode.startswith("100")
