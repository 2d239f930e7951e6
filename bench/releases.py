"""Brings a real task's package: its source release as a repository, an image with what it needs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ROOT

KEPT = ROOT / "var" / "bench" / "releases"
"""Source releases stay here, so that each is fetched once."""
_RUNNER = ("pytest<9",)

Json = dict[str, Any]


class NotBrought(Exception):
    """A command failed; the message holds what it said."""


@dataclass(frozen=True)
class RealTask:
    """One bug in one release of a package."""

    instance_id: str
    package: str
    version: str
    archive: str
    strip_components: int
    seed_gitignore: str
    issue_title: str
    issue_body: str
    needs: tuple[str, ...]
    test_command: str
    regression_command: str
    regression_test: Json
    fix: tuple[Json, ...]

    @property
    def image(self) -> str:
        """The sandbox image that has what this package's tests need."""
        return f"patchbay/python-{self.instance_id.lower()}"


def make_repository(task: RealTask, folder: Path) -> Path:
    """Make the source release a repository with one commit."""
    repository = folder / task.package
    repository.mkdir()
    # tar refuses to leave the folder; Python's own filter for that is newer than Debian's Python.
    strip = f"--strip-components={task.strip_components}"
    _run("tar", "-x", "-C", str(repository), "--no-same-owner", strip, "-f", str(_fetch(task)))
    with (repository / ".gitignore").open("a") as ignored:
        ignored.write(f"\n{task.seed_gitignore}")
    maker = ["-c", "user.name=Release", "-c", "user.email=release@example.org"]
    _run("git", "init", "-q", "-b", "main", str(repository))
    _run("git", "-C", str(repository), "add", "-A")
    _run("git", "-C", str(repository), *maker, "commit", "-q", "-m", f"Release {task.version}")
    return repository


def build_image(task: RealTask) -> None:
    """Derive the sandbox image that holds what the package's tests need, unless it is there."""
    needs = task.needs or _RUNNER
    _run(str(ROOT / "script" / "images"), "--derive", task.image, "--pip", *needs)


def _fetch(task: RealTask) -> Path:
    archive = KEPT / task.archive
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
        source_only = ["--no-binary", task.package, "--dest", str(KEPT)]
        _run(*pip, *source_only, f"{task.package}=={task.version}")
    return archive


def _run(*command: str) -> None:
    """Run a command that has nothing to say unless it fails."""
    ran = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ran.returncode != 0:
        raise NotBrought(f"{' '.join(command)}\n{ran.stdout[-4000:]}")
