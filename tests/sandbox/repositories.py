"""Builds small git repositories and hands them to sandboxes."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jobs.sandbox import Sandbox

_WHO = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Repository:
    """A repository on the host; what is put into a sandbox is its HEAD."""

    path: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        ended = subprocess.run(
            ["git", "-C", self.path, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **_WHO},
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def commit(self, files: dict[str, str | bytes], message: str = "work") -> str:
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A", "--force")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").decode().strip()

    def pack(self, revisions: str = "HEAD") -> bytes:
        return self.git(
            "pack-objects", "--stdout", "--revs", "-q", stdin=revisions.encode() + b"\n"
        )

    def put_into(self, sandbox: Sandbox) -> None:
        sandbox.put([self.pack()], self.head)


def make_repository(path: Path, files: dict[str, str | bytes]) -> Repository:
    path.mkdir(parents=True, exist_ok=True)
    repository = Repository(path)
    repository.git("init", "-q", "-b", "main")
    # What is written is what is committed, whatever .gitattributes says.
    raw = "* -text -eol -filter -ident -working-tree-encoding\n"
    (path / ".git" / "info" / "attributes").write_text(raw)
    repository.commit(files)
    return repository


@dataclass(frozen=True)
class Changed:
    """One file of a collected change."""

    kind: int
    content: bytes


REGULAR, EXECUTABLE, DELETED, SYMLINK, OTHER = range(5)


def parse(frames: bytes) -> dict[str, Changed]:
    """Take a collected change apart, as strictly as its form allows."""
    found: dict[str, Changed] = {}
    at = 0
    while size := int.from_bytes(frames[at : at + 4], "big"):
        path = frames[at + 4 : at + 4 + size].decode("utf-8", "surrogateescape")
        at += 4 + size
        kind = frames[at]
        length = int.from_bytes(frames[at + 1 : at + 9], "big")
        content = frames[at + 9 : at + 9 + length]
        assert len(content) == length
        assert path not in found
        found[path] = Changed(kind, content)
        at += 9 + length
    assert at + 4 == len(frames)
    return found
