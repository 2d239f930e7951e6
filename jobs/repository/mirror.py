"""Keeps one bare mirror per repository, fetches into it only what is new, and reads from it."""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from jobs.repository import pack as packs
from jobs.repository import room
from jobs.repository.git import Git, GitFailed, PrintedTooMuch, Remote
from jobs.repository.pack import DEPTH, Pack
from jobs.repository.ref_names import is_ref_name
from jobs.repository.snapshot import Facts, Snapshot, TreeSize
from jobs.repository.tags import (
    LOOKED_FOR,
    MAX_KEPT,
    KeptTags,
    Tag,
    Tags,
    looks_like_a_version,
    read_listing,
)

FETCH_TIMEOUT_S = 600.0
LOCK_TIMEOUT_S = FETCH_TIMEOUT_S + 60
MAX_PACK_BYTES = 4 * 1024**3
MAX_REFS_BYTES = 8 * 1024 * 1024
TIDY_AT_PACKS = 50
FETCHED = "refs/fetched/"
FETCHED_TAGS = "refs/fetched-tags/"

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_GONE = ("not our ref", "couldn't find remote ref", "no such remote ref", "unadvertised object")
_SNAPSHOTS = 4


class NotInRepository(GitFailed):
    """The branch or commit that was asked for is not there."""


@dataclass(frozen=True)
class CommitInfo:
    """What a commit says about itself; the words are the repository's, so hostile."""

    sha: str
    parents: tuple[str, ...]
    author: str
    at: float
    subject: str


@dataclass(frozen=True)
class Mirrors:
    """The folder of all mirrors, and how much of the disk they may take."""

    root: Path
    git: Git = field(default_factory=Git)
    depth: int = DEPTH
    """How many commits of history a task gets."""
    quota_bytes: int = room.QUOTA_BYTES

    def open(self, repository_id: int) -> "Mirror":
        """Give the mirror of one repository; it is made when something is first fetched."""
        path = self.root / f"{int(repository_id)}.git"
        return Mirror(path, self.git, self.depth, partial(self.keep_quota))

    def keep_quota(self) -> None:
        """Remove mirrors that no task uses, the longest unused first, until the rest fits."""
        room.keep_quota(self.root, self.quota_bytes)

    def sweep(self) -> None:
        """Keep the quota, and remove what killed jobs left; for the clock, every minute or so."""
        room.remove_leftovers(self.root)
        self.keep_quota()


@dataclass(frozen=True)
class Mirror:
    """A bare repository that only this program writes to; nothing is ever checked out of it."""

    path: Path
    git: Git
    depth: int = DEPTH
    grown: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Called when something was fetched."""
    _snapshots: dict[str, Snapshot] = field(default_factory=dict, repr=False, compare=False)

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Keep the mirror from being removed for want of room, as long as the block lasts."""
        return room.held(self.path)

    def fetch(
        self, url: str, ref_or_sha: str, token: str | None = None, *, depth: int | None = None
    ) -> str:
        """Bring a commit, its newest ancestors and their tags here, and return the commit's sha."""
        remote = Remote(url, token)
        with self.hold():
            if _SHA.fullmatch(ref_or_sha):
                if self.has(ref_or_sha) and not self._suspect.exists():
                    return ref_or_sha
                sha, listed = ref_or_sha, None
            else:
                sha, listed = self._resolve(remote, ref_or_sha)
                if self.has(sha) and self._tags.know(listed) and not self._suspect.exists():
                    return sha
            with room.locked(self.path, LOCK_TIMEOUT_S) as lock:
                Fetch(self, remote, depth or self.depth, lock).bring(sha, listed)
        self.grown()
        return sha

    def has(self, sha: str) -> bool:
        """Say whether this commit was fetched, whole, as one to work from."""
        # A ref is written last and only for a complete history: an object alone proves nothing.
        if not _SHA.fullmatch(sha):
            return False
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (self.path / FETCHED / sha).read_text("ascii", "replace").strip() == sha
        return False

    def at(self, sha: str) -> Snapshot:
        """Look at the files of one commit; what was read once is not read again."""
        if sha not in self._snapshots:
            if len(self._snapshots) == _SNAPSHOTS:
                self._snapshots.clear()
            self._snapshots[sha] = Snapshot(self, sha)
        return self._snapshots[sha]

    def pack(self, base_sha: str, depth: int | None = None) -> Pack:
        """Pack a commit with its newest ancestors and their tags, and nothing else."""
        depth = depth or self.depth
        wanted = packs.Wanted(base_sha, depth, self.furthest(depth), self._tags.read())
        with self.suspicion():
            return packs.pack(self.git, self.path, wanted)

    def tags(self, base_sha: str) -> dict[str, str]:
        """Name the tags that go with a commit, and the object of each, which is in its pack."""
        return dict(self.pack(base_sha).tags)

    def facts(self, sha: str) -> Facts:
        """Say what a checkout of a commit lacks: submodules, and what LFS keeps elsewhere."""
        return self.at(sha).facts()

    def paths(self, sha: str) -> list[str]:
        """List every file of a commit."""
        return self.at(sha).paths()

    def file(self, sha: str, path: str, *, max_bytes: int = 1024 * 1024) -> bytes | None:
        """Read a regular file of a commit; `None` when there is none, or when it is larger."""
        return self.at(sha).content(path, max_bytes=max_bytes)

    def size(self, sha: str) -> TreeSize:
        """Measure the tree of a commit before anybody writes it anywhere."""
        return self.at(sha).size()

    def commit_info(self, sha: str) -> CommitInfo:
        """Read who made a commit, when, and its first line."""
        shape = "%H%x00%P%x00%an%x00%ct%x00%s"
        out = self.read(["log", "-1", "--no-show-signature", f"--format={shape}", sha, "--"])
        text = out.rstrip(b"\n").decode("utf-8", "surrogateescape")
        own, parents, author, at, subject = text.split("\0", 4)
        return CommitInfo(own, tuple(parents.split()), author, float(at), subject)

    def suspect(self) -> None:
        """Have the next fetch look for damage first."""
        self._snapshots.clear()
        with contextlib.suppress(FileNotFoundError):
            self._suspect.touch()

    def read(self, args: list[str], *, stdin: bytes = b"", max_output: int | None = None) -> bytes:
        """Run git to read from here; where it fails, the next fetch looks for damage."""
        with self.suspicion():
            return self.git.run(args, git_dir=self.path, stdin=stdin, max_output=max_output)

    def furthest(self, depth: int) -> int:
        """Return how many commits down history goes here, where a project needs an older tag."""
        return max(depth, LOOKED_FOR) if self.looked_further.exists() else depth

    @property
    def looked_further(self) -> Path:
        """A file that is there once this mirror had to look further down for a tag."""
        return self.path / "patchbay-looked-further"

    @contextlib.contextmanager
    def suspicion(self) -> Iterator[None]:
        """Have the next fetch look for damage where git fails within the block."""
        try:
            yield
        except GitFailed:
            self.suspect()
            raise

    @property
    def _suspect(self) -> Path:
        return self.path / "patchbay-suspect"

    @property
    def _tags(self) -> KeptTags:
        return KeptTags(self.path)

    def _resolve(self, remote: Remote, branch: str) -> tuple[str, Tags]:
        if not is_ref_name(branch):
            raise NotInRepository("ls-remote", "there can be no branch of that name")
        sha, listed = self.listed(remote, branch)
        if not sha:
            raise NotInRepository("ls-remote", f"{remote.shown()} has no branch of that name")
        return sha, listed

    def listed(self, remote: Remote, branch: str | None) -> tuple[str, Tags]:
        """Ask the server for the head of a branch (if any) and for all tags, in one go."""
        ref = f"refs/heads/{branch}" if branch else "refs/tags/*"
        ask = ["ls-remote", "--heads", "--tags", remote.url, ref, "refs/tags/*"]
        ask_branch = ["ls-remote", "--heads", remote.url, ref]
        run = partial(self.git.run, git_dir=None, remote=remote, max_output=MAX_REFS_BYTES)
        try:
            out = run(ask)
        except PrintedTooMuch:
            # More tags than anybody can use: then there are none.
            out = run(ask_branch) if branch else b""
        lines = out.decode("utf-8", "replace").splitlines()
        heads = [line.partition("\t") for line in lines]
        shas = [sha for sha, _, found in heads if found == ref and _SHA.fullmatch(sha)]
        return (shas[0] if shas else ""), read_listing(lines)


@dataclass(frozen=True)
class Fetch:
    """One fetch into a mirror, which is locked meanwhile."""

    mirror: Mirror
    remote: Remote
    depth: int
    lock: int
    """The descriptor of the lock: git inherits it, so that it outlives a killed job."""

    def bring(self, sha: str, listed: Tags | None) -> None:
        """Fetch a commit that is not here, and choose the tags that go with it.

        A commit that has come meanwhile has its tags, unless another listing is known by now.
        """
        self._mend()
        if not self.mirror.has(sha):
            self._commit_or_rebuild(sha)
            if listed is None:
                _, listed = self.mirror.listed(self.remote, None)
        if listed is not None:
            self._tags(sha, listed)

    def _commit_or_rebuild(self, sha: str) -> None:
        try:
            self._commit(sha)
        except NotInRepository:
            raise
        except GitFailed:
            if self._healthy():
                raise
            self._make()
            self._commit(sha)

    def _commit(self, sha: str) -> None:
        depth = self.mirror.furthest(self.depth)
        # One that a crash left half written; git would write through one that names another.
        (self.mirror.path / FETCHED / sha).unlink(missing_ok=True)
        try:
            self._run([f"--depth={depth}"], [f"+{sha}:{FETCHED}{sha}"])
        except GitFailed as failed:
            if any(words in failed.words for words in _GONE):
                gone = "the commit is not in the repository (any more)"
                raise NotInRepository("fetch", gone) from failed
            raise
        if not self.mirror.has(sha):
            raise NotInRepository("fetch", "what came was not the commit that was asked for")

    def _tags(self, sha: str, listed: Tags) -> None:
        """Keep the tags of what is here; look further down if the project needs one."""
        kept = self._here(listed)
        if self._lacks_a_version(sha, listed, kept):
            self.mirror.looked_further.touch()
            self._commit(sha)
            kept = self._here(listed)
        annotated = [tag.object for tag in kept.values() if tag.annotated]
        missing = sorted(set(annotated) - self._existing(annotated, b"tag"))
        if missing:
            try:
                self._run([], [f"+{one}:{FETCHED_TAGS}{one}" for one in missing])
            except GitFailed:
                # One tag that git refuses must not keep a task from its code.
                kept = {name: tag for name, tag in kept.items() if tag.object not in missing}
        KeptTags(self.mirror.path).write(listed, kept)

    def _here(self, listed: Tags) -> dict[str, Tag]:
        commits = self._existing([tag.commit for tag in listed.values()], b"commit")
        here = [(name, tag) for name, tag in listed.items() if tag.commit in commits]
        return dict(here[-MAX_KEPT:])

    def _lacks_a_version(self, sha: str, listed: Tags, kept: Tags) -> bool:
        versions = {name for name in listed if looks_like_a_version(name)}
        if not versions or self.mirror.furthest(self.depth) >= LOOKED_FOR:
            return False
        if not self.mirror.at(sha).wants_tags():
            return False
        past = self._read(["rev-list", f"--max-count={LOOKED_FOR}", sha, "--"]).decode().split()
        return {kept[name].commit for name in versions & set(kept)}.isdisjoint(past)

    def _existing(self, shas: list[str], kind: bytes) -> set[str]:
        wanted = "".join(f"{sha}\n" for sha in dict.fromkeys(shas))
        if not wanted:
            return set()
        out = self._read(["cat-file", "--batch-check"], wanted.encode())
        found = (line.split() for line in out.splitlines())
        return {words[0].decode() for words in found if words[1] == kind}

    def _read(self, args: list[str], stdin: bytes = b"") -> bytes:
        return self.mirror.read(args, stdin=stdin)

    def _run(self, options: list[str], refspecs: list[str]) -> None:
        args = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
        self.mirror.git.run(
            [*args, *options, self.remote.url, *refspecs],
            git_dir=self.mirror.path,
            remote=self.remote,
            timeout_s=FETCH_TIMEOUT_S,
            pass_fds=(self.lock,),
            max_file_bytes=MAX_PACK_BYTES,
        )

    def _mend(self) -> None:
        """Clear what a killed fetch left; holding the lock means that nobody is at work here."""
        path, suspect = self.mirror.path, self.mirror.path / "patchbay-suspect"
        if not (path / "HEAD").exists():
            self._make()
            return
        room.remove_half_done(path)
        if suspect.exists():
            packs.forget(path)
            if not self._healthy():
                self._make()
            suspect.unlink(missing_ok=True)
        if sum(1 for _ in path.glob("objects/pack/*.pack")) > TIDY_AT_PACKS:
            self._tidy()

    def _tidy(self) -> None:
        """Make few packs of many; objects of running tasks that no ref holds stay as they are."""
        for args in (["repack", "-A", "-d", "-q"], ["prune", "--expire=14.days.ago"]):
            with self.mirror.suspicion():
                self.mirror.git.run(args, git_dir=self.mirror.path, timeout_s=FETCH_TIMEOUT_S)

    def _healthy(self) -> bool:
        try:
            check = ["fsck", "--full", "--no-dangling", "--no-reflogs", "--no-progress"]
            self.mirror.git.run(check, git_dir=self.mirror.path, timeout_s=FETCH_TIMEOUT_S)
        except GitFailed:
            return False
        return True

    def _make(self) -> None:
        path = self.mirror.path
        old = path.with_suffix(f".old-{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            path.rename(old)
        shutil.rmtree(old, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        make = ["init", "--quiet", "--bare", "--template=", str(path)]
        self.mirror.git.run(make, git_dir=None)
