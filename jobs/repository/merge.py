"""Merges two commits of a mirror without checking anything out, and reads changes out of trees."""

import re
from dataclasses import dataclass

from jobs.repository.change import Change, ChangedFile, FileMode, HostileChange
from jobs.repository.git import GitFailed
from jobs.repository.mirror import Mirror
from jobs.repository.paths import why_refused
from jobs.repository.snapshot import read_objects
from jobs.repository.tree import NOTHING, RawEntry, raw_entries

MERGE_TIMEOUT_S = 120.0
_CONFLICTS = 1
"""The exit code of `git merge-tree` where it left conflicts in the tree."""
_TREE = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Merged:
    """The tree of a merge, and the paths in it that hold both sides between marks."""

    tree: str
    conflicts: tuple[str, ...] = ()


class Unrelated(Exception):
    """The two commits have no ancestor in common that was fetched."""


def merge_trees(mirror: Mirror, ours: str, theirs: str) -> Merged:
    """Merge two commits as git does it alone; nothing is committed."""
    try:
        mirror.git.run(["merge-base", ours, theirs], git_dir=mirror.path)
    except GitFailed as failed:
        if failed.exit_code == 1 and not failed.timed_out:
            raise Unrelated(f"{ours[:12]} and {theirs[:12]}") from failed
        raise
    args = ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", ours, theirs]
    # With conflicts git ends with 1, and what it prints is wanted all the same.
    run = mirror.git.run
    out = run(args, git_dir=mirror.path, timeout_s=MERGE_TIMEOUT_S, fine=(0, _CONFLICTS))
    fields = out.split(b"\0")
    if not _TREE.fullmatch(fields[0]):
        raise GitFailed("merge-tree", "it wrote no tree")
    paths = [field.decode("utf-8", "surrogateescape") for field in fields[1:] if field]
    return Merged(fields[0].decode(), tuple(dict.fromkeys(paths)))


def is_ancestor(mirror: Mirror, older: str, newer: str) -> bool:
    """Say whether a commit is part of the history of another."""
    args = ["rev-list", "--max-count=1", older, f"^{newer}", "--"]
    return not mirror.read(args).strip()


def change_between(mirror: Mirror, commit: str, tree: str) -> Change:
    """Return what is different in a tree, as a change of the commit; HostileChange for the rest."""
    entries = raw_entries(mirror, commit, tree)
    for entry in entries:
        _check(entry)
    shas = [entry.new_sha for entry in entries if entry.new_mode != NOTHING]
    contents = read_objects(mirror.read, shas)
    files = [
        ChangedFile(entry.path, FileMode.REGULAR, None)
        if entry.new_mode == NOTHING
        else ChangedFile(entry.path, FileMode(entry.new_mode), contents[entry.new_sha])
        for entry in entries
    ]
    return Change(tuple(sorted(files, key=lambda file: file.path)))


def _check(entry: RawEntry) -> None:
    if why := why_refused(entry.path):
        raise HostileChange(f"{entry.path!a}: {why}")
    if entry.new_mode not in {NOTHING, *FileMode}:
        raise HostileChange(f"{entry.path!a} is no regular file")
