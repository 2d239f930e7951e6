"""Works out what has to change for some of a branch's changes to be taken back; asks nobody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.github_history import BranchCommit, TreeEntry

_SHA = re.compile(r"[0-9a-f]{7,40}")
_REGULAR = "100644"

type_of_tree = Mapping[str, TreeEntry]


class CannotUndo(Exception):
    """It cannot be taken back by itself; the words say why."""


@dataclass(frozen=True)
class Undoing:
    """What puts the files back: the content to write, by its blob, and what goes."""

    written: Mapping[str, str]
    gone: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path that changes."""
        return tuple(sorted({*self.written, *self.gone}))


def commit_meant(
    targets: Sequence[str], commits: Sequence[BranchCommit], head: str
) -> BranchCommit | None:
    """Return the commit of the branch that is meant; None if it is paths that are named."""
    if len(targets) != 1:
        return None
    [target] = targets
    if target.lower() == "last":
        if not commits:
            raise CannotUndo("the branch has no commit of its own")
        if commits[-1].sha != head:
            # GitHub lists the first 250 commits of a pull request and no more.
            raise CannotUndo("GitHub does not list the last commit here, so it has to be named")
        return commits[-1]
    if _SHA.fullmatch(target.lower()):
        return next((one for one in commits if one.sha.startswith(target.lower())), None)
    return None


def of_commit(before: type_of_tree, after: type_of_tree, now: type_of_tree) -> Undoing:
    """Take back what a commit changed, if all of it is still as the commit left it."""
    changed = _changed(before, after)
    later = [path for path in changed if now.get(path) != after.get(path)]
    if later:
        raise CannotUndo(f"a later commit has changed {_named(later)} again")
    return _back_to(before, now, changed)


def of_paths(targets: Sequence[str], base: type_of_tree, now: type_of_tree) -> Undoing:
    """Put files and folders back as they are without the pull request."""
    changed = _changed(base, now)
    wanted = [path for path in changed if any(_covers(target, path) for target in targets)]
    missing = [one for one in targets if not any(_covers(one, path) for path in changed)]
    if missing:
        raise CannotUndo(f"the pull request changes nothing in {_named(missing)}")
    return _back_to(base, now, wanted)


def base_of(commits: Sequence[BranchCommit]) -> str:
    """Return the newest commit below a branch that is not the branch's own."""
    own = {one.sha for one in commits}
    for one in reversed(commits):
        outside = [parent for parent in one.parents if parent not in own]
        if outside:
            return outside[-1]
    raise CannotUndo("the branch has no commit of its own")


def _covers(target: str, path: str) -> bool:
    plain = target.removeprefix("./").rstrip("/")
    return path == plain or path.startswith(f"{plain}/")


def _changed(before: type_of_tree, after: type_of_tree) -> list[str]:
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _back_to(before: type_of_tree, now: type_of_tree, paths: Sequence[str]) -> Undoing:
    written = {path: before[path].blob for path in paths if path in before}
    # The way that GitHub signs a commit leaves a file its mode, and makes every new one regular.
    odd = [path for path in written if before[path].mode != (now.get(path) or _NEW).mode]
    if odd:
        raise CannotUndo(f"the mode of {_named(odd)} would have to change too")
    if not paths:
        raise CannotUndo("there is nothing to take back")
    return Undoing(written, tuple(path for path in paths if path not in before))


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004 - as many as fit
    return ", ".join(paths[:3]) + more


_NEW = TreeEntry(_REGULAR, "")
