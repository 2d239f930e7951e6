"""Writes a change as a tree and a commit, by plumbing alone: nothing is checked out.

A second check reads the finished tree back from git and compares it with the change, so that a
mistake in the reading of the stream would not reach a branch.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.repository.change import Change, HostileChange
from jobs.repository.mirror import Mirror
from jobs.repository.paths import why_refused

MAX_DIFF_BYTES = 256 * 1024
NOTHING = "000000"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Identity:
    """Who made a commit."""

    name: str
    email: str


@dataclass(frozen=True)
class FileStat:
    """How many lines of a file were added and removed; `None` for what is not text."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True)
class RawEntry:
    """One line of git's own comparison of two trees."""

    path: str
    status: str
    old_mode: str
    new_mode: str
    old_sha: str
    new_sha: str


def write_tree(mirror: Mirror, base_sha: str, change: Change) -> str:
    """Make the tree of the base commit with the change in it, and return the tree's sha."""
    lines = []
    for file in change.files:
        if why := why_refused(file.path):
            raise HostileChange(f"{file.path!a}: {why}")
        mode, blob = NOTHING, "0" * len(base_sha)
        if file.content is not None:
            mode, blob = file.mode.value, _write_blob(mirror, file.content)
        lines.append(f"{mode} {blob}\t{file.path}\0")
    with tempfile.TemporaryDirectory(prefix="patchbay-index-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git_dir = mirror.path
        mirror.git.run(["read-tree", base_sha], git_dir=git_dir, env_extra=index)
        update = ["update-index", "-z", "--index-info"]
        mirror.git.run(update, git_dir=git_dir, env_extra=index, stdin="".join(lines).encode())
        tree = mirror.git.run(["write-tree"], git_dir=git_dir, env_extra=index).decode().strip()
    _check(mirror, base_sha, tree, change)
    return tree


def raw_entries(mirror: Mirror, base_sha: str, tree: str) -> tuple[RawEntry, ...]:
    """Ask git what is different between a commit and a tree."""
    args = ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", base_sha, tree]
    fields = iter(mirror.git.run(args, git_dir=mirror.path).split(b"\0"))
    return tuple(_raw_entry(meta.decode(), next(fields)) for meta in fields if meta)


def diff(mirror: Mirror, base_sha: str, tree: str, *, max_bytes: int = MAX_DIFF_BYTES) -> str:
    """Write the change as a unified diff, cut where it gets too long."""
    args = ["diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv"]
    args += ["--no-renames", base_sha, tree]
    out, cut = _capped(mirror.git.stream(args, git_dir=mirror.path), max_bytes)
    text = out.decode("utf-8", "replace")
    return f"{text}\n[the rest of the diff is left out after {max_bytes} bytes]\n" if cut else text


def stat(mirror: Mirror, base_sha: str, tree: str) -> tuple[FileStat, ...]:
    """Count the added and removed lines of each file."""
    args = ["diff-tree", "-r", "--numstat", "-z", "--no-renames", base_sha, tree]
    out = mirror.git.run(args, git_dir=mirror.path)
    return tuple(_file_stat(line.decode("utf-8", "replace")) for line in out.split(b"\0") if line)


def commit(
    mirror: Mirror,
    tree: str,
    parent: str,
    *,
    message: str,
    author: Identity,
    committer: Identity,
    at: float,
    trailers: tuple[tuple[str, str], ...] = (),
    merges: tuple[str, ...] = (),
) -> str:
    """Make a commit; the same arguments make the same commit, so that it can be done again.

    `merges` are its parents beside the first.
    """
    who = {}
    for role, identity in (("AUTHOR", author), ("COMMITTER", committer)):
        who[f"GIT_{role}_NAME"] = _name(identity.name) or "unknown"
        who[f"GIT_{role}_EMAIL"] = _name(identity.email)
        who[f"GIT_{role}_DATE"] = f"@{int(at)} +0000"
    ends = "".join(f"{_one_line(key)}: {_one_line(value)}\n" for key, value in trailers)
    text = message.replace("\0", "").strip() + "\n" + (f"\n{ends}" if ends else "")
    made = mirror.git.run(
        [
            "commit-tree",
            tree,
            *(word for one in (parent, *merges) for word in ("-p", one)),
            "-F",
            "-",
        ],
        git_dir=mirror.path,
        env_extra=who,
        stdin=text.encode("utf-8", "replace"),
    )
    return made.decode().strip()


def _write_blob(mirror: Mirror, content: bytes) -> str:
    # Without a path git runs no filter on what it stores.
    args = ["hash-object", "-w", "-t", "blob", "--stdin"]
    return mirror.git.run(args, git_dir=mirror.path, stdin=content).decode().strip()


def _check(mirror: Mirror, base_sha: str, tree: str, change: Change) -> None:
    wanted = {f.path: NOTHING if f.deleted else f.mode.value for f in change.files}
    unseen = dict(wanted)
    for entry in raw_entries(mirror, base_sha, tree):
        unseen.pop(entry.path, None)
        if entry.path not in wanted:
            raise HostileChange(f"{entry.path!a} would change although the change does not name it")
        if "160000" in {entry.old_mode, entry.new_mode}:
            raise HostileChange(f"{entry.path} is a submodule, which a change may not touch")
        if entry.new_mode != wanted[entry.path]:
            raise HostileChange(f"{entry.path} would get the mode {entry.new_mode}")
    # Git drops a name that it does not like without a word: unseen may be only what is as before.
    for path, mode in unseen.items():
        if _mode_in(mirror, tree, path) != mode:
            raise HostileChange(f"{path} did not get into the tree as it is in the change")


def _mode_in(mirror: Mirror, tree: str, path: str) -> str:
    out = mirror.git.run(["ls-tree", "-z", tree, "--", path], git_dir=mirror.path)
    return out.split(b" ")[0].decode() if out else NOTHING


def _raw_entry(meta: str, path: bytes) -> RawEntry:
    old_mode, new_mode, old_sha, new_sha, status = meta.removeprefix(":").split(" ")
    name = path.decode("utf-8", "surrogateescape")
    return RawEntry(name, status, old_mode, new_mode, old_sha, new_sha)


def _file_stat(line: str) -> FileStat:
    added, removed, path = line.split("\t", 2)
    if added == "-":
        return FileStat(path, None, None)
    return FileStat(path, int(added), int(removed))


def _capped(chunks: Iterator[bytes], max_bytes: int) -> tuple[bytes, bool]:
    out = bytearray()
    for chunk in chunks:
        out += chunk
        if len(out) > max_bytes:
            return bytes(out[:max_bytes]), True
    return bytes(out), False


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _name(text: str) -> str:
    return _one_line(text.replace("<", " ").replace(">", " "))
