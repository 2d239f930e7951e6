"""A commit is read in few runs of git, and what a checkout of it lacks is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jobs.evidence.detect import detect
from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from tests.repository.conftest import Origin

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@dataclass(frozen=True)
class Counting(Git):
    """Git, and how often it ran."""

    runs: list[str] = field(default_factory=list)

    def run(self, args: Sequence[str], **options: Any) -> bytes:
        self.runs.append(args[0])
        return super().run(args, **options)


def test_detection_costs_two_runs_of_git(origin: Origin, tmp_path: Path, file_url: str) -> None:
    git = Counting(allow_file=True)
    mirror = Mirrors(tmp_path / "mirrors", git).open(1)
    files = {
        "pyproject.toml": b"[tool.pytest.ini_options]\n",
        "package.json": b"{}",
        "Makefile": b"test:\n\ttrue\n",
        "AGENTS.md": b"Be kind.\n",
        "tests/test_a.py": b"def test_a(): pass\n",
    }
    sha = mirror.fetch(file_url, origin.commit(files))
    git.runs.clear()
    assert detect(mirror.at(sha)).checks
    assert mirror.at(sha).text("AGENTS.md") == "Be kind.\n"
    assert mirror.at(sha).text("CLAUDE.md") is None
    assert mirror.facts(sha).size.files == 5
    assert git.runs == ["ls-tree", "cat-file"]


def test_a_warm_start_asks_the_server_and_nothing_else(
    origin: Origin, tmp_path: Path, file_url: str
) -> None:
    git = Counting(allow_file=True)
    mirror = Mirrors(tmp_path / "mirrors", git).open(1)
    sha = mirror.fetch(file_url, origin.commit({"a": b"1"}))
    b"".join(mirror.pack(sha))
    git.runs.clear()
    assert mirror.fetch(file_url, "main") == sha
    assert b"".join(mirror.pack(sha))
    assert git.runs == ["ls-remote"]


def test_submodules_and_lfs_pointers_are_counted(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/lib")
    (origin.work / "vendor/lib").mkdir(parents=True)
    files = {
        ".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
        "a.bin": POINTER,
        "big/b.bin": POINTER.replace(b"12345", b"9"),
        "c.txt": b"x" * len(POINTER),
    }
    sha = mirror.fetch(file_url, origin.commit(files))
    facts = mirror.facts(sha)
    assert facts.submodules == ("vendor/lib",)
    assert facts.lfs_pointers == 2
    assert facts.size.bytes == sum(map(len, files.values()))
    submodules, lfs = facts.told()
    assert submodules == "Git submodules are not here, their folders are empty: vendor/lib."
    assert lfs.startswith("The content of Git LFS files is not here: 2 pointers stand for it.")


def test_text_about_lfs_is_no_pointer(origin: Origin, mirror: Mirror, file_url: str) -> None:
    sha = mirror.fetch(file_url, origin.commit({"docs/pointer.txt": POINTER}))
    assert mirror.facts(sha).lfs_pointers == 0
    assert mirror.facts(sha).told() == ()


@pytest.mark.parametrize(
    ("name", "content", "wants"),
    [
        ("pyproject.toml", b'requires = ["hatchling", "hatch-vcs"]', True),
        ("setup.py", b"setup(use_scm_version=True, setup_requires=['setuptools_scm'])", True),
        ("setup.cfg", b"[metadata]\nversion = attr: pkg.__version__\n", False),
        ("Makefile", b"VERSION := $(shell git describe --tags)\n", True),
        ("pyproject.toml", b'[tool.pdm.version]\nsource = "scm"\n', True),
        ("README.md", b"setuptools_scm", False),
        ("src/setup.py", b"setuptools_scm", False),
    ],
)
def test_a_project_that_needs_tags_is_known(
    name: str, content: bytes, wants: bool, origin: Origin, mirror: Mirror, file_url: str
) -> None:
    sha = mirror.fetch(file_url, origin.commit({name: content}))
    assert mirror.at(sha).wants_tags() is wants
