"""Packs a commit and its newest ancestors for a sandbox that must see nothing newer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.repository.git import Git, GitFailed

DEPTH = 50


@dataclass(frozen=True)
class Pack:
    """The bytes of a git pack, to be read once, and the commits whose parents are not in it."""

    shallow: tuple[str, ...]
    chunks: Iterator[bytes]

    def __iter__(self) -> Iterator[bytes]:
        """Hand on the pack as it is made."""
        return self.chunks


def pack(
    git: Git, git_dir: Path, base_sha: str, depth: int, *, on_failure: Callable[[], None]
) -> Pack:
    """Choose the newest `depth` commits and start packing them."""
    reached, shallow = _history(git, git_dir, base_sha, depth)
    wanted = "".join([*(f"--shallow {sha}\n" for sha in shallow), f"{base_sha}\n"])
    args = ["pack-objects", "--revs", "--stdout", "--delta-base-offset", "-q"]

    def chunks() -> Iterator[bytes]:
        try:
            yield from git.stream(args, git_dir=git_dir, stdin=wanted.encode())
        except GitFailed:
            on_failure()
            raise

    return Pack(tuple(sha for sha in reached if sha in shallow), chunks())


def _history(git: Git, git_dir: Path, base_sha: str, depth: int) -> tuple[list[str], set[str]]:
    """Walk down from the base; a commit with a parent outside the newest `depth` is cut there."""
    args = ["rev-list", "--parents", f"--max-count={depth}", base_sha, "--"]
    lines = git.run(args, git_dir=git_dir).decode().splitlines()
    parents = {own: rest for own, *rest in (line.split() for line in lines)}
    cut_before = _already_shallow(git_dir)
    reached: list[str] = []
    shallow: set[str] = set()
    seen, todo = {base_sha}, [base_sha]
    while todo:
        sha = todo.pop()
        reached.append(sha)
        above = parents[sha]
        if sha in cut_before or any(parent not in parents for parent in above):
            shallow.add(sha)
            continue
        todo += [parent for parent in above if parent not in seen]
        seen.update(above)
    return reached, shallow


def _already_shallow(git_dir: Path) -> set[str]:
    try:
        return set((git_dir / "shallow").read_text("ascii").split())
    except FileNotFoundError:
        return set()
