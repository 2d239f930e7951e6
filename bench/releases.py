"""Brings source releases as repositories, and images with what their tests need."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ROOT

KEPT = ROOT / "var" / "bench" / "releases"
"""Source releases stay here, so that each is fetched once."""
SAMPLES = ROOT / "bench" / "samples"

Json = dict[str, Any]


class NotBrought(Exception):
    """A command failed; the message holds what it said."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A source release in a registry: pypi, npm, debian, or ours (`bench/samples/PACKAGE`)."""

    package: str
    version: str
    archive: str
    registry: str = "pypi"
    strip_components: int = 1
    seed_gitignore: str = ""


@dataclass(frozen=True, kw_only=True)
class RealTask(Release):
    """One bug in one release of a package."""

    instance_id: str
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


def make_repository(release: Release, folder: Path) -> Path:
    """Make the source release a repository with one commit."""
    repository = folder / release.package
    repository.mkdir()
    if release.registry == "ours":
        shutil.copytree(SAMPLES / release.package, repository, dirs_exist_ok=True)
    else:
        _unpack(release, _fetch(release), repository)
    with (repository / ".gitignore").open("a") as ignored:
        ignored.write(f"\n{release.seed_gitignore}")
    maker = ["-c", "user.name=Release", "-c", "user.email=release@example.org"]
    _run("git", "init", "-q", "-b", "main", str(repository))
    _run("git", "-C", str(repository), "add", "-A")
    _run("git", "-C", str(repository), *maker, "commit", "-q", "-m", f"Release {release.version}")
    return repository


def _unpack(release: Release, archive: Path, repository: Path) -> None:
    # tar refuses to leave the folder; Python's own filter for that is newer than Debian's Python.
    strip = f"--strip-components={release.strip_components}"
    unpack = ["tar", "-x", "-C", str(repository), "--no-same-owner", strip]
    if release.registry != "debian":
        _run(*unpack, "-f", str(archive))
        return
    contents = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", str(archive)], check=True, capture_output=True
    ).stdout
    sources = ["--wildcards", "--no-wildcards-match-slash", "./usr/share/gocode/src/*"]
    subprocess.run([*unpack, *sources], check=True, input=contents)


def build_image(task: RealTask) -> None:
    """Derive the sandbox image that holds what the package's tests need, unless it is there."""
    _run(str(ROOT / "script" / "images"), "--derive", task.image, "--pip", *task.needs)


def _fetch(release: Release) -> Path:
    archive = KEPT / release.archive
    if not archive.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        _run(*_client(release), folder=KEPT)
    return archive


def _client(release: Release) -> list[str]:
    """Return the command of the registry's own client that brings the release."""
    match release.registry:
        case "npm":
            return ["npm", "pack", "--silent", f"{release.package}@{release.version}"]
        case "debian":
            return ["apt-get", "download", f"{release.package}={release.version}"]
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    return [*pip, "--no-binary", release.package, f"{release.package}=={release.version}"]


def _run(*command: str, folder: Path = ROOT) -> None:
    """Run a command that has nothing to say unless it fails."""
    ran = subprocess.run(
        command,
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode != 0:
        raise NotBrought(f"{' '.join(command)}\n{ran.stdout[-4000:]}")
