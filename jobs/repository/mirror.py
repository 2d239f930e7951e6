"""Keeps one bare mirror per repository, fetches into it only what is new, and reads from it."""

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jobs.repository.git import Git, GitFailed, Remote
from jobs.repository.pack import DEPTH, Pack, pack

FETCH_TIMEOUT_S = 600.0
LOCK_TIMEOUT_S = FETCH_TIMEOUT_S + 60
MAX_PACK_BYTES = 4 * 1024**3
MAX_PATHS_BYTES = 256 * 1024 * 1024
TIDY_AT_PACKS = 50
FETCHED = "refs/fetched/"

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


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
class TreeSize:
    """How much a checkout of a commit would write."""

    files: int
    bytes: int
    largest: int


@dataclass(frozen=True)
class Mirrors:
    """The folder of all mirrors."""

    root: Path
    git: Git = field(default_factory=Git)

    def open(self, repository_id: int) -> "Mirror":
        """Give the mirror of one repository; it is made when something is first fetched."""
        return Mirror(self.root / f"{int(repository_id)}.git", self.git)


@dataclass(frozen=True)
class Mirror:
    """A bare repository that only this program writes to; nothing is ever checked out of it."""

    path: Path
    git: Git

    def fetch(
        self, url: str, ref_or_sha: str, token: str | None = None, *, depth: int = DEPTH
    ) -> str:
        """Bring a commit and its newest ancestors here, and return the commit's sha."""
        remote = Remote(url, token)
        sha = ref_or_sha
        if not _SHA.fullmatch(ref_or_sha):
            sha = self._resolve(remote, ref_or_sha)
        if self.has(sha) and not self._suspect.exists():
            return sha
        with self._locked() as lock:
            self._mend()
            if not self.has(sha):
                self._fetch_or_rebuild(remote, sha, depth, lock)
        return sha

    def has(self, sha: str) -> bool:
        """Say whether this commit was fetched, whole, as one to work from."""
        # A ref is written last and only for a complete history: an object alone proves nothing.
        return bool(_SHA.fullmatch(sha)) and self._ref_of(sha) == sha

    def at(self, sha: str) -> "Snapshot":
        """Look at the files of one commit."""
        return Snapshot(self, sha)

    def pack(self, base_sha: str, depth: int = DEPTH) -> Pack:
        """Pack a commit with its newest ancestors, and nothing else."""
        with self._suspicion():
            return pack(self.git, self.path, base_sha, depth, on_failure=self.suspect)

    def paths(self, sha: str) -> list[str]:
        """List every file of a commit."""
        out = self._read(["ls-tree", "-r", "-z", "--name-only", sha], MAX_PATHS_BYTES)
        return [_text(path) for path in out.split(b"\0") if path]

    def file(self, sha: str, path: str, *, max_bytes: int = 1024 * 1024) -> bytes | None:
        """Read a regular file of a commit; `None` when there is none, or when it is larger."""
        if "\0" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
            return None
        out = self._read(["ls-tree", "-z", "-l", sha, "--", path])
        for entry in filter(None, out.split(b"\0")):
            meta, _, name = entry.partition(b"\t")
            mode, _, blob, size = meta.split()
            if mode.startswith(b"100") and _text(name) == path and int(size) <= max_bytes:
                return self._read(["cat-file", "blob", blob.decode()])
        return None

    def size(self, sha: str) -> TreeSize:
        """Measure the tree of a commit before anybody writes it anywhere."""
        out = self._read(["ls-tree", "-r", "-z", "-l", sha], MAX_PATHS_BYTES)
        sizes = [entry.split(b"\t")[0].split()[3] for entry in out.split(b"\0") if entry]
        known = [int(size) for size in sizes if size != b"-"]  # "-": a submodule
        return TreeSize(len(sizes), sum(known), max(known, default=0))

    def commit_info(self, sha: str) -> CommitInfo:
        """Read who made a commit, when, and its first line."""
        shape = "%H%x00%P%x00%an%x00%ct%x00%s"
        out = self._read(["log", "-1", "--no-show-signature", f"--format={shape}", sha, "--"])
        own, parents, author, at, subject = _text(out.rstrip(b"\n")).split("\0", 4)
        return CommitInfo(own, tuple(parents.split()), author, float(at), subject)

    def suspect(self) -> None:
        """Have the next fetch look for damage first."""
        with contextlib.suppress(FileNotFoundError):
            self._suspect.touch()

    def _read(self, args: list[str], max_output: int | None = None) -> bytes:
        with self._suspicion():
            return self.git.run(args, git_dir=self.path, max_output=max_output)

    @contextlib.contextmanager
    def _suspicion(self) -> Iterator[None]:
        try:
            yield
        except GitFailed:
            self.suspect()
            raise

    @property
    def _suspect(self) -> Path:
        return self.path / "patchbay-suspect"

    def _ref_of(self, sha: str) -> str:
        try:
            name = f"{FETCHED}{sha}"
            out = self.git.run(["for-each-ref", "--format=%(objectname)", name], git_dir=self.path)
        except GitFailed:
            return ""
        return out.decode().strip()

    def _resolve(self, remote: Remote, branch: str) -> str:
        name = f"refs/heads/{branch}"
        self.git.run(["check-ref-format", name], git_dir=None)
        out = self.git.run(["ls-remote", remote.url, name], git_dir=None, remote=remote)
        for line in out.decode("utf-8", "replace").splitlines():
            sha, _, found = line.partition("\t")
            if found == name and _SHA.fullmatch(sha):
                return sha
        raise NotInRepository("ls-remote", f"{remote.shown()} has no branch of that name")

    def _fetch_or_rebuild(self, remote: Remote, sha: str, depth: int, lock: int) -> None:
        try:
            self._fetch_sha(remote, sha, depth, lock)
        except GitFailed:
            if self._healthy():
                raise
            self._make()
            self._fetch_sha(remote, sha, depth, lock)

    def _fetch_sha(self, remote: Remote, sha: str, depth: int, lock: int) -> None:
        args = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
        args += [f"--depth={depth}", remote.url, f"+{sha}:{FETCHED}{sha}"]
        self.git.run(
            args,
            git_dir=self.path,
            remote=remote,
            timeout_s=FETCH_TIMEOUT_S,
            pass_fds=(lock,),
            max_file_bytes=MAX_PACK_BYTES,
        )
        if not self.has(sha):
            raise NotInRepository("fetch", "what came was not the commit that was asked for")

    def _mend(self) -> None:
        """Clear what a killed fetch left; holding the lock means that nobody is at work here."""
        if not (self.path / "HEAD").exists():
            self._make()
            return
        for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/*.lock", "objects/pack/tmp_*"):
            for left in self.path.glob(pattern):
                left.unlink(missing_ok=True)
        if self._suspect.exists():
            if not self._healthy():
                self._make()
            self._suspect.unlink(missing_ok=True)
        if sum(1 for _ in self.path.glob("objects/pack/*.pack")) > TIDY_AT_PACKS:
            self._tidy()

    def _tidy(self) -> None:
        """Make few packs of many; objects of running tasks that no ref holds stay as they are."""
        repack = ["repack", "-A", "-d", "-q"]
        with self._suspicion():
            self.git.run(repack, git_dir=self.path, timeout_s=FETCH_TIMEOUT_S)

    def _healthy(self) -> bool:
        try:
            check = ["fsck", "--full", "--no-dangling", "--no-reflogs", "--no-progress"]
            self.git.run(check, git_dir=self.path, timeout_s=FETCH_TIMEOUT_S)
        except GitFailed:
            return False
        return True

    def _make(self) -> None:
        old = self.path.with_suffix(f".old-{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(old)
        shutil.rmtree(old, ignore_errors=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        make = ["init", "--quiet", "--bare", "--template=", str(self.path)]
        self.git.run(make, git_dir=None)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for(lock, LOCK_TIMEOUT_S)
            yield lock
        finally:
            os.close(lock)  # the lock goes with the last process that holds it, git included


def _wait_for(lock: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise GitFailed("lock", "another fetch holds the mirror", timed_out=True) from None
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit, as those who look for tests or judge a change read them."""

    mirror: Mirror
    sha: str

    def paths(self) -> list[str]:
        """List every file."""
        return self.mirror.paths(self.sha)

    def content(self, path: str) -> bytes | None:
        """Read a regular file, if there is one and it is not huge."""
        return self.mirror.file(self.sha, path)

    def text(self, path: str) -> str | None:
        """Read a regular file as text; bytes that are no text become marks."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8", "replace")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
