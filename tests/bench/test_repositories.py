"""The repositories that are measured with are the same bytes on every machine."""

import subprocess
from pathlib import Path

import pytest

from bench import repositories
from bench.repositories import Shape, made

SMALL = Shape("small", text_mb=1, text_files=40, noise_mb=1, noise_files=2, commits=120)


def ask(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=True)
    return ran.stdout.decode().strip()


def test_it_is_what_its_shape_says_and_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "FOLDER", tmp_path)
    folder = made(SMALL)
    assert ask(folder, "rev-list", "--count", "main") == "120"
    assert ask(folder, "describe", "main") == f"v1.0.0-39-g{ask(folder, 'rev-parse', 'main')[:7]}"
    listed = ask(folder, "ls-tree", "-r", "-l", "main").splitlines()
    size = sum(int(line.split()[3]) for line in listed)
    assert 1.5 * 2**20 < size < 2.5 * 2**20
    assert made(SMALL) == folder
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_the_bytes_are_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = []
    for name in ("one", "two"):
        monkeypatch.setattr(repositories, "FOLDER", tmp_path / name)
        heads.append(ask(made(SMALL), "rev-parse", "main"))
    assert heads[0] == heads[1]


def test_another_shape_is_another_repository() -> None:
    other = Shape("small", text_mb=1, text_files=40, noise_mb=1, noise_files=2, commits=121)
    assert other.path != SMALL.path
