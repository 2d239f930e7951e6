"""Lets the repository of the front door say something of itself, as a push to a branch does."""

import subprocess
from pathlib import Path

from bot.project import PROJECT_FILE
from tests.bot.conftest import FrontDoor

_MARIA = ["-c", "user.name=Maria", "-c", "user.email=maria@example.org"]


def say(front_door: FrontDoor, text: str, *, branch: str = "main", path: str = PROJECT_FILE) -> str:
    """Commit a file to a branch, a new one if need be; return the commit."""
    origin = str(front_door.github.state.repository("acme", "shop").path)

    def git(*arguments: str, given: str | None = None) -> str:
        ran = subprocess.run(
            ["git", "--git-dir", origin, *_MARIA, *arguments],
            input=given,
            check=True,
            capture_output=True,
            text=True,
        )
        return ran.stdout.strip()

    parent = git("rev-parse", "main")
    blob = git("hash-object", "-w", "--stdin", given=text)
    tree = git("mktree", given=_with(git("ls-tree", parent), Path(path), blob, git))
    commit = git("commit-tree", tree, "-p", parent, "-m", f"Say something in {path}")
    git("update-ref", f"refs/heads/{branch}", commit)
    return commit


def _with(listing: str, path: Path, blob: str, git: object) -> str:
    """Return the listing of a tree with one more file, at most one folder deep."""
    assert callable(git)
    kept = [line for line in listing.splitlines() if line.split("\t")[1] != path.parts[0]]
    if len(path.parts) == 1:
        return "\n".join([*kept, f"100644 blob {blob}\t{path.name}", ""])
    folder = git("mktree", given=f"100644 blob {blob}\t{path.name}\n")
    return "\n".join([*kept, f"040000 tree {folder}\t{path.parts[0]}", ""])
