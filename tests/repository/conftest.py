"""What the tests of jobs/repository share: an origin to fetch from, and mirrors to fetch into."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from tests.repository.git_server import GitServer, serving

_WHO = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "ada@example.org" for role in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class Origin:
    """A repository as a person has it, and the bare one that a server gives out."""

    work: Path
    bare: Path

    def git(self, *args: str, stdin: bytes = b"", at: Path | None = None) -> str:
        """Run git as that person."""
        ran = subprocess.run(
            ["git", *args],
            cwd=at or self.work,
            env=_WHO,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return ran.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, files: Mapping[str, bytes | None] | None = None, branch: str = "main") -> str:
        """Write files, commit everything and publish it."""
        for name, content in (files or {}).items():
            path = self.work / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a step")
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    served = tmp_path / "served"
    bare = served / "ada" / "tool.git"
    bare.mkdir(parents=True)
    work = tmp_path / "work"
    work.mkdir()
    made = Origin(work, bare)
    made.git("init", "-q", "--bare", "-b", "main", str(bare))
    made.git("config", "http.receivepack", "true", at=bare)
    made.git("config", "receive.fsckObjects", "true", at=bare)
    made.git("init", "-q", "-b", "main", ".")
    made.git("remote", "add", "origin", str(bare))
    return made


@pytest.fixture
def git_server(origin: Origin) -> Iterator[GitServer]:
    with serving(origin.bare.parent.parent) as server:
        yield server


@pytest.fixture
def url(git_server: GitServer) -> str:
    return f"{git_server.url}/ada/tool.git"


@pytest.fixture
def mirrors(tmp_path: Path) -> Mirrors:
    return Mirrors(tmp_path / "mirrors", Git(allow_file=True))


@pytest.fixture
def mirror(mirrors: Mirrors) -> Mirror:
    return mirrors.open(7)


@pytest.fixture
def file_url(origin: Origin) -> str:
    return origin.bare.as_uri()
