"""What is different between two commits, file by file, as pull requests show it."""

import itertools
import re
from dataclasses import dataclass

from demo.github.git_store import ZERO, GitStore

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}
FILE_START = re.compile(rb"^diff --git ", re.MULTILINE)


@dataclass(frozen=True)
class FileDiff:
    """One changed file."""

    path: str
    previous_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


def file_diffs(store: GitStore, old: str, new: str) -> list[FileDiff]:
    """Compare two trees or commits."""
    raw = _raw(store.run("diff", "-r", "-M", "--raw", "--no-abbrev", "-z", old, new))
    counts = _counts(store.run("diff", "-M", "--numstat", "-z", old, new))
    patches = _patches(diff_text(store, old, new))
    return [
        FileDiff(path, previous, status, sha, *counts.get(path, (0, 0)), patch)
        for (path, previous, status, sha), patch in zip(raw, patches, strict=True)
    ]


def diff_text(store: GitStore, old: str, new: str) -> bytes:
    """Compare two trees or commits as one unified diff."""
    return store.run("diff", "-M", "--no-color", old, new)


def _raw(said: bytes) -> list[tuple[str, str | None, str, str]]:
    fields = iter(said.decode(errors="replace").split("\0"))
    found: list[tuple[str, str | None, str, str]] = []
    for head in fields:
        if not head:
            continue
        _, _, old_sha, new_sha, letter = head.split(" ")
        path, previous = next(fields), None
        if letter[0] in "RC":
            path, previous = next(fields), path
        sha = old_sha if new_sha == ZERO else new_sha
        found.append((path, previous, STATUS.get(letter[0], "changed"), sha))
    return found


def _counts(said: bytes) -> dict[str, tuple[int, int]]:
    fields = iter(said.decode(errors="replace").split("\0"))
    found: dict[str, tuple[int, int]] = {}
    for line in fields:
        if not line:
            continue
        added, removed, path = line.split("\t", 2)
        if not path:
            next(fields)
            path = next(fields)
        found[path] = (0, 0) if added == "-" else (int(added), int(removed))
    return found


def _patches(text: bytes) -> list[str | None]:
    starts = [match.start() for match in FILE_START.finditer(text)]
    found: list[str | None] = []
    for start, end in itertools.pairwise([*starts, len(text)]):
        piece = text[start:end]
        at = piece.find(b"\n@@ ")
        hunks = piece[at + 1 :].decode(errors="replace").removesuffix("\n")
        found.append(hunks if at >= 0 else None)
    return found
