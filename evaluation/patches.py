"""Writes a change as a patch that any git applies, and takes out of one what is not the model's."""

import re
import tempfile
from itertools import pairwise

from jobs.repository import tree
from jobs.repository.change import Change
from jobs.repository.mirror import Mirror

_DIFF = ["diff-tree", "-r", "-p", "--binary", "--full-index", "--no-color", "--no-ext-diff",
         "--no-textconv", "--no-renames"]  # fmt: skip
_BEGINS = re.compile(r"^diff --git ", re.MULTILINE)
_NAMED = re.compile(r'^(?:---|\+\+\+|rename from|rename to) (?:"?[ab]/)?([^"\t\n]+)', re.MULTILINE)
_HEAD = re.compile(r'diff --git "?a/(.+?)"? "?b/(.+?)"?$', re.MULTILINE)


def as_patch(mirror: Mirror, base_sha: str, change: Change) -> str:
    """Return the whole change as a patch; a file that is not UTF-8 is in it as a binary one."""
    if not change.files:
        return ""
    made = tree.write_tree(mirror, base_sha, change)
    try:
        return mirror.read([*_DIFF, base_sha, made]).decode()
    except UnicodeDecodeError:
        with tempfile.NamedTemporaryFile("w", prefix="patchbay-attributes-") as attributes:
            attributes.write("* -diff\n")
            attributes.flush()
            everything_binary = ["-c", f"core.attributesFile={attributes.name}"]
            return mirror.read([*everything_binary, *_DIFF, base_sha, made]).decode()


def stat_of(mirror: Mirror, base_sha: str, change: Change) -> dict[str, int]:
    """Count the files and lines of a change."""
    if not change.files:
        return {"files": 0, "added": 0, "removed": 0}
    counted = tree.stat(mirror, base_sha, tree.write_tree(mirror, base_sha, change))
    return {
        "files": len(counted),
        "added": sum(one.added or 0 for one in counted),
        "removed": sum(one.removed or 0 for one in counted),
    }


def parts(patch: str) -> list[str]:
    """Split a patch into what it does to each file."""
    starts = [found.start() for found in _BEGINS.finditer(patch)]
    return [patch[start:end] for start, end in pairwise([*starts, len(patch)])]


def paths_of(part: str) -> set[str]:
    """Name the file of one part, before and after."""
    head = part.split("\n@@", 1)[0]
    named = {path.strip() for path in _NAMED.findall(head)}
    if found := _HEAD.match(part):
        named |= set(found.groups())
    return named - {"/dev/null"}


def paths_in(patch: str) -> set[str]:
    """Name every file that a patch touches."""
    return {path for part in parts(patch) for path in paths_of(part)}


def without(patch: str, paths: set[str]) -> str:
    """Leave out what a patch does to these files."""
    return "".join(part for part in parts(patch) if not paths_of(part) & paths)
