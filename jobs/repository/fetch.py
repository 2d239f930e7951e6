"""Fetches a commit into a mirror that is locked meanwhile, and mends it where it must be."""

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.repository import pack as packs
from jobs.repository import room
from jobs.repository.git import GitFailed, NotInRepository, Remote
from jobs.repository.tags import (
    LOOKED_FOR,
    MAX_KEPT,
    KeptTags,
    Tag,
    Tags,
    looks_like_a_version,
)

if TYPE_CHECKING:
    from jobs.repository.mirror import Mirror

FETCH_TIMEOUT_S = 600.0
MAX_PACK_BYTES = 4 * 1024**3
TIDY_AT_PACKS = 50
FETCHED = "refs/fetched/"
FETCHED_TAGS = "refs/fetched-tags/"

_GONE = ("not our ref", "couldn't find remote ref", "no such remote ref", "unadvertised object")


@dataclass(frozen=True)
class Fetch:
    """One fetch into a mirror, which is locked meanwhile."""

    mirror: "Mirror"
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
