"""Mirrors keep their quota, those in use stay, and what killed jobs left lying goes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from tests.repository.conftest import Origin

MB = 1024 * 1024


@pytest.fixture
def sha(origin: Origin) -> str:
    return origin.commit({"noise": os.urandom(MB), "a": b"1"})


def test_two_hundred_repositories_keep_the_quota(sha: str, file_url: str, tmp_path: Path) -> None:
    quota = 40 * MB
    mirrors = Mirrors(tmp_path / "mirrors", Git(allow_file=True), quota_bytes=quota)
    first = mirrors.open(1)
    first.fetch(file_url, sha)
    for number in range(2, 201):
        copy = mirrors.root / f"{number}.git"
        subprocess.run(["cp", "-r", first.path, copy], check=True)
        with mirrors.open(number).hold():
            pass
        os.utime(copy.with_suffix(".held"), (number, number))
        if not number % 20:
            mirrors.keep_quota()
            assert _used(mirrors.root) <= quota + MB
    # The first was fetched today; the others pretend to be of 1970, each a second younger.
    left = sorted(int(path.stem) for path in mirrors.root.glob("*.git"))
    assert left[0] == 1
    assert left[1:] == list(range(201 - len(left) + 1, 201))
    assert len(left) > 10


def test_a_mirror_that_a_job_holds_stays(sha: str, file_url: str, tmp_path: Path) -> None:
    mirrors = Mirrors(tmp_path / "mirrors", Git(allow_file=True), quota_bytes=1)
    with mirrors.open(1).hold():
        mirrors.open(1).fetch(file_url, sha)
        mirrors.sweep()
        assert mirrors.open(1).file(sha, "a") == b"1"
    mirrors.sweep()
    assert not mirrors.open(1).has(sha)
    assert not list(mirrors.root.glob("*.git")) + list(mirrors.root.glob("*.old-*"))


def test_a_job_in_another_process_holds_it_until_it_dies(
    sha: str, file_url: str, tmp_path: Path
) -> None:
    mirrors = Mirrors(tmp_path / "mirrors", Git(allow_file=True), quota_bytes=100 * MB)
    mirrors.open(1).fetch(file_url, sha)
    full = Mirrors(mirrors.root, mirrors.git, quota_bytes=1)
    script = (
        "import sys, pathlib; from jobs.repository.room import held\n"
        "with held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(mirrors.open(1).path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == b"held\n"
        full.keep_quota()
        assert mirrors.open(1).has(sha)
        job.kill()
        job.wait()
        full.keep_quota()
        assert not mirrors.open(1).has(sha)


def test_a_fetch_makes_room_for_itself(sha: str, file_url: str, tmp_path: Path) -> None:
    mirrors = Mirrors(tmp_path / "mirrors", Git(allow_file=True), quota_bytes=2 * MB)
    for number in (1, 2, 3):
        mirrors.open(number).fetch(file_url, sha)
    assert not mirrors.open(1).has(sha)
    assert mirrors.open(3).has(sha)
    assert mirrors.open(1).fetch(file_url, sha) == sha


def test_what_was_left_lying_goes(
    mirror: Mirror, mirrors: Mirrors, sha: str, file_url: str
) -> None:
    mirror.fetch(file_url, sha)
    b"".join(mirror.pack(sha))
    left = [
        mirror.path / "objects/pack/tmp_pack_x",
        mirror.path / "objects/pack/.tmp-1-pack-x.pack",
        mirror.path / "shallow.lock",
        mirror.path / f"refs/fetched/{sha}.lock",
        mirror.path / "gc.pid",
        mirrors.root / "7.old-123/objects/x",
        mirrors.root / "8.old-9-ab/HEAD",
        mirror.path / "patchbay-packs/new-1-ab/pack/tmp_pack_y",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    fresh = mirror.path / "patchbay-packs/new-2-cd"
    fresh.mkdir()
    long_ago = time.time() - 3600
    os.utime(mirror.path / "patchbay-packs/new-1-ab", (long_ago, long_ago))
    mirrors.sweep()
    assert [path for path in left if path.exists()] == []
    assert fresh.exists()
    assert mirror.file(sha, "a") == b"1"
    assert b"PACK" in b"".join(mirror.pack(sha))


def test_a_fetch_at_work_keeps_its_own(mirror: Mirror, mirrors: Mirrors) -> None:
    mirror.path.mkdir(parents=True)
    half = mirror.path / "objects/pack/tmp_pack_x"
    half.parent.mkdir(parents=True)
    half.touch()
    script = (
        "import sys, pathlib; from jobs.repository.room import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), 9): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(mirror.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == b"locked\n"
        mirrors.sweep()
        assert half.exists()
        job.kill()
        job.wait()
    mirrors.sweep()
    assert not half.exists()


def _used(root: Path) -> int:
    files = [path for path in root.rglob("*") if path.is_file()]
    return sum(path.lstat().st_blocks * 512 for path in files)
