"""Packs a commit and its newest ancestors for a sandbox that must see nothing newer.

A pack is made once per commit and lies beside the mirror's objects with its index, for the next
task on the commit and for the sandboxes of the evidence: receiving it costs no more than copying.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

from jobs.repository.git import Git, GitFailed
from jobs.repository.tags import MAX_GIVEN, Tag, looks_like_a_version

DEPTH = 50
FOLDER = "patchbay-packs"
_KEPT = 2
_GIVEN_BYTES = 16 * 1024
_CHUNK = 1024 * 1024
_PART = "200m"
"""Parts stay below what a sandbox allows a file to be."""
_PACK_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Pack:
    """One or several git packs with their indexes, to be read once, and what goes with them."""

    shallow: tuple[str, ...]
    """The commits whose parents are not in it."""
    tags: Mapping[str, str]
    """The tags that point into its history, by name, and the object of each, which is in it."""
    parts: tuple[tuple[int, int], ...]
    """Of each part in turn, the bytes of its index and the bytes of its pack."""
    chunks: Iterator[bytes]

    def __iter__(self) -> Iterator[bytes]:
        """Hand on the bytes, each part's index before its pack."""
        return self.chunks


@dataclass(frozen=True)
class History:
    """Where the commits of a pack are cut off, and the tags that point to one of them."""

    shallow: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """Which pack is asked for."""

    base_sha: str
    depth: int
    """How many commits of history go into it."""
    furthest: int
    """So many where only an older tag tells the version."""
    tags: Mapping[str, Tag]

    def key(self) -> str:
        """Name the folder of the pack."""
        named = "".join(f"{name} {tag.object}\n" for name, tag in sorted(self.tags.items()))
        digest = hashlib.sha256(named.encode()).hexdigest()[:12]
        return f"{self.base_sha}-{self.depth}-{self.furthest}-{digest}"


def pack(git: Git, git_dir: Path, wanted: Wanted) -> Pack:
    """Take the kept pack of a commit's newest ancestors, or make it."""
    folder = git_dir / FOLDER / wanted.key()
    kept = _open(folder, wanted.base_sha)
    if kept is None:
        _make(git, git_dir, folder, wanted)
        kept = _open(folder, wanted.base_sha)
        _keep_newest(folder.parent)
    if kept is None:
        raise GitFailed("pack-objects", "the pack that was made cannot be read")
    return kept


def forget(git_dir: Path) -> None:
    """Remove every kept pack of a mirror; who reads one at the moment reads it to its end."""
    shutil.rmtree(git_dir / FOLDER, ignore_errors=True)


def _history(git: Git, git_dir: Path, wanted: Wanted) -> History:
    count = max(wanted.depth, wanted.furthest)
    args = ["rev-list", "--parents", f"--max-count={count}", wanted.base_sha, "--"]
    lines = git.run(args, git_dir=git_dir).decode().splitlines()
    pairs = [(own, above) for own, *above in (line.split() for line in lines)]
    newest = [own for own, _ in pairs]
    parents = dict(pairs[: _limit(newest, wanted)])
    reached, shallow = _walk(wanted.base_sha, parents, _already_shallow(git_dir))
    commits = tuple(sha for sha in parents if sha in reached)
    cut = tuple(sha for sha in commits if sha in shallow)
    return History(cut, _given(commits, wanted.tags))


def _limit(newest: list[str], wanted: Wanted) -> int:
    versions = {tag.commit for name, tag in wanted.tags.items() if looks_like_a_version(name)}
    tagged = [number for number, sha in enumerate(newest, start=1) if sha in versions]
    return max(wanted.depth, tagged[0]) if tagged else wanted.depth


def _walk(
    base_sha: str, parents: Mapping[str, list[str]], cut_before: set[str]
) -> tuple[set[str], set[str]]:
    """Walk down from the base; a commit with a parent outside of `parents` is cut there."""
    shallow: set[str] = set()
    seen, todo = {base_sha}, [base_sha]
    while todo:
        sha = todo.pop()
        above = parents[sha]
        if sha in cut_before or any(parent not in parents for parent in above):
            shallow.add(sha)
            continue
        todo += [parent for parent in above if parent not in seen]
        seen.update(above)
    return seen, shallow


def _given(commits: tuple[str, ...], tags: Mapping[str, Tag]) -> dict[str, str]:
    by_commit: dict[str, list[str]] = {}
    for name, tag in sorted(tags.items()):
        by_commit.setdefault(tag.commit, []).append(name)
    names = [name for sha in commits for name in by_commit.get(sha, ())][:MAX_GIVEN]
    # They travel in the header of one frame, as ASCII.
    sizes = accumulate(len(json.dumps(name)) + len(tags[name].object) + 8 for name in names)
    fitting = [name for name, size in zip(names, sizes, strict=True) if size <= _GIVEN_BYTES]
    return {name: tags[name].object for name in fitting}


def _already_shallow(git_dir: Path) -> set[str]:
    try:
        return set((git_dir / "shallow").read_text("ascii").split())
    except FileNotFoundError:
        return set()


def _make(git: Git, git_dir: Path, folder: Path, wanted: Wanted) -> None:
    """Write pack, index and what goes with them into a folder that appears when it is whole."""
    past = _history(git, git_dir, wanted)
    new = folder.parent / f"new-{os.getpid()}-{secrets.token_hex(4)}"
    (new / "pack").mkdir(parents=True)
    asked = [*(f"--shallow {sha}" for sha in past.shallow), wanted.base_sha, *past.tags.values()]
    # A folder for objects of its own, so that half a pack is never among the mirror's.
    where = {
        "GIT_OBJECT_DIRECTORY": str(new),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(git_dir / "objects"),
    }
    # Without a window no delta is looked for; those that the mirror has are taken over.
    args = ["pack-objects", "--revs", "--delta-base-offset", "--window=0", "-q"]
    args += [f"--max-pack-size={_PART}"]
    try:
        git.run(
            [*args, str(new / "pack" / "pack")],
            git_dir=git_dir,
            env_extra=where,
            stdin="".join(f"{line}\n" for line in asked).encode(),
            timeout_s=_PACK_TIMEOUT_S,
        )
        parts = sum(1 for _ in new.glob("pack/*.pack"))
        about = {"shallow": past.shallow, "tags": dict(past.tags), "parts": parts}
        (new / "about.json").write_text(json.dumps(about), "utf-8")
        _appear(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _appear(new: Path, folder: Path) -> None:
    try:
        new.rename(folder)
    except OSError:
        # Another job made the same one meanwhile; theirs is as good.
        if not folder.exists():
            raise


def _quoted(path: Path) -> str:
    """Write a path so that git takes no colon in it for the end."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _open(folder: Path, base_sha: str) -> Pack | None:
    """Open a kept pack that is whole; one that is not is removed."""
    if not folder.exists():
        return None
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        packs = sorted(folder.glob("pack/*.pack"))
        files = [(pack_file.with_suffix(".idx"), pack_file) for pack_file in packs]
        _check(files, about["parts"], len(base_sha) // 2)
        os.utime(folder)
        parts = tuple((index.stat().st_size, one.stat().st_size) for index, one in files)
    except (OSError, ValueError, KeyError):
        # A folder appears whole, so what lacks something is damaged, and not about to come.
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Pack(tuple(about["shallow"]), about["tags"], parts, _chunks(chain(*files)))


def _check(files: list[tuple[Path, Path]], count: int, checksum: int) -> None:
    """Raise unless all parts are there, each with the checksum that its index is of."""
    if len(files) != count:
        raise ValueError("a part is missing")
    for index_file, pack_file in files:
        with index_file.open("rb") as index, pack_file.open("rb") as opened:
            index.seek(-2 * checksum, os.SEEK_END)
            opened.seek(-checksum, os.SEEK_END)
            if opened.read() != index.read(checksum):
                raise ValueError("the pack is not the one that the index is of")


def _chunks(files: Iterable[Path]) -> Iterator[bytes]:
    try:
        for file in files:
            with file.open("rb") as opened:
                while chunk := opened.read(_CHUNK):
                    yield chunk
    except OSError as error:
        raise GitFailed("pack-objects", f"the kept pack cannot be read: {error.strerror}") from None


def _keep_newest(folder: Path) -> None:
    def used(kept: Path) -> float:
        with contextlib.suppress(FileNotFoundError):
            return kept.stat().st_mtime
        return 0.0

    whole = [one for one in folder.iterdir() if not one.name.startswith("new-")]
    for old in sorted(whole, key=used)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
