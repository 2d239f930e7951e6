"""Keeps one bare mirror per repository, fetches into it only what is new, and reads from it."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from jobs.repository import pack as packs
from jobs.repository import room
from jobs.repository.fetch import FETCH_TIMEOUT_S, FETCHED, Fetch
from jobs.repository.git import Git, GitFailed, NotInRepository, PrintedTooMuch, Remote
from jobs.repository.pack import DEPTH, Pack
from jobs.repository.ref_names import is_ref_name
from jobs.repository.snapshot import Facts, Snapshot, TreeSize
from jobs.repository.tags import LOOKED_FOR, KeptTags, Tags, read_listing

LOCK_TIMEOUT_S = FETCH_TIMEOUT_S + 60
MAX_REFS_BYTES = 8 * 1024 * 1024

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SNAPSHOTS = 4


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

    def keep(self, sha: str) -> None:
        """Let a commit that was made here count as one to work from, as if it had been fetched."""
        self.git.run(["update-ref", f"{FETCHED}{sha}", sha], git_dir=self.path)

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
