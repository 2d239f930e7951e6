"""A pack holds a commit with its newest ancestors, exactly as they are, and nothing else."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.repository import pack as packs
from jobs.repository.mirror import Mirror
from jobs.repository.pack import Pack
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN


def unpack(pack: Pack, folder: Path) -> Path:
    """Receive a pack as a sandbox does: shallow commits first, then the objects."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    if pack.shallow:
        lines = "".join(f"{sha}\n" for sha in pack.shallow)
        (folder / ".git/shallow").write_text(lines)
    body, at = b"".join(pack), 0
    # Only a pack that is whole by itself can be held to what it refers to.
    strict = ["--strict"] if len(pack.parts) == 1 else []
    for index_size, pack_size in pack.parts:
        at += index_size
        index = ["git", "-C", str(folder), "index-pack", "--stdin", *strict]
        subprocess.run(index, input=body[at : at + pack_size], check=True, capture_output=True)
        at += pack_size
    assert at == len(body)
    return folder


def ask(folder: Path, *args: str, check: bool = True) -> str:
    ran = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, check=check)
    return ran.stdout.decode().strip()


def test_only_ancestors_of_the_base_are_in_it(
    origin: Origin, mirror: Mirror, file_url: str, tmp_path: Path
) -> None:
    origin.commit({"a": b"1"})
    base = origin.commit({"a": b"2"})
    later = origin.commit({"a": b"2", "fix.txt": b"the answer"})
    mirror.fetch(file_url, later)
    mirror.fetch(file_url, base)
    folder = unpack(mirror.pack(base), tmp_path / "box")
    assert ask(folder, "rev-list", "--count", base) == "2"
    assert ask(folder, "cat-file", "-t", later, check=False) == ""
    blob = origin.git("rev-parse", f"{later}:fix.txt")
    assert ask(folder, "cat-file", "-t", blob, check=False) == ""
    ask(folder, "fsck", "--full")


@pytest.mark.parametrize(("depth", "kept"), [(1, 1), (3, 3), (6, 6), (50, 6)])
def test_history_is_cut_at_the_depth_and_still_whole(
    depth: int, kept: int, origin: Origin, mirror: Mirror, file_url: str, tmp_path: Path
) -> None:
    for number in range(6):
        base = origin.commit({"a": str(number).encode()})
    mirror.fetch(file_url, base)
    pack = mirror.pack(base, depth)
    folder = unpack(pack, tmp_path / "box")
    assert ask(folder, "rev-list", "--count", base) == str(kept)
    assert len(pack.shallow) == (1 if kept < 6 else 0)
    ask(folder, "fsck", "--full")


def test_a_mirror_that_is_itself_shallow_says_so(
    origin: Origin, mirror: Mirror, url: str, tmp_path: Path
) -> None:
    for number in range(6):
        base = origin.commit({"a": str(number).encode()})
    mirror.fetch(url, base, READ_TOKEN, depth=2)
    folder = unpack(mirror.pack(base), tmp_path / "box")
    assert ask(folder, "rev-list", "--count", base) == "2"
    ask(folder, "fsck", "--full")


def test_a_mirror_that_grows_step_by_step_gives_whole_packs(
    origin: Origin, mirror: Mirror, url: str, tmp_path: Path
) -> None:
    for number in range(9):
        base = origin.commit({"a": str(number).encode(), f"b{number}": b"x"})
        mirror.fetch(url, base, READ_TOKEN, depth=3)
        folder = unpack(mirror.pack(base, 50), tmp_path / f"box{number}")
        ask(folder, "fsck", "--full")
        assert ask(folder, "rev-parse", f"{base}^{{tree}}") == origin.git(
            "rev-parse", f"{base}^{{tree}}"
        )


@pytest.mark.parametrize("depth", range(1, 9))
def test_merged_history_is_cut_without_holes(
    depth: int, origin: Origin, mirror: Mirror, file_url: str, tmp_path: Path
) -> None:
    origin.commit({"a": b"1"})
    origin.git("checkout", "-q", "-b", "side")
    origin.commit({"s1": b"1"}, branch="side")
    origin.commit({"s2": b"1"}, branch="side")
    origin.git("checkout", "-q", "main")
    origin.commit({"m1": b"1"})
    origin.git("merge", "-q", "--no-edit", "side")
    base = origin.commit({"end": b"1"})
    mirror.fetch(file_url, base)
    folder = unpack(mirror.pack(base, depth), tmp_path / "box")
    assert 1 <= int(ask(folder, "rev-list", "--count", base)) <= depth
    ask(folder, "fsck", "--full")


def test_the_tree_arrives_byte_for_byte_whatever_its_attributes_ask_for(
    origin: Origin, mirror: Mirror, file_url: str, tmp_path: Path
) -> None:
    (origin.work / "link").symlink_to("/proc/1/environ")
    (origin.work / "run.sh").write_bytes(b"#!/bin/sh\n")
    (origin.work / "run.sh").chmod(0o755)
    attributes = b"* export-subst ident\nsecret.txt export-ignore\n*.dat filter=evil -text\n"
    origin.git("config", "filter.evil.clean", "cat")
    base = origin.commit(
        {".gitattributes": attributes, "secret.txt": b"$Format:%H$ $Id$\n", "x.dat": b"\r\n\0"}
    )
    mirror.fetch(file_url, base)
    folder = unpack(mirror.pack(base), tmp_path / "box")
    assert ask(folder, "ls-tree", "-r", base) == origin.git("ls-tree", "-r", base)


def test_submodules_are_never_fetched(
    origin: Origin, mirror: Mirror, url: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    modules = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% {canary}\n'.encode()
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    (origin.work / "x").mkdir()
    (origin.work / ".gitmodules").write_bytes(modules)
    origin.git("add", ".gitmodules")
    origin.git("commit", "-q", "-m", "with a submodule")
    origin.git("config", "receive.fsckObjects", "false", at=origin.bare)
    origin.git("push", "-q", "origin", "HEAD:refs/heads/main")
    sha = mirror.fetch(url, "main", READ_TOKEN)
    folder = unpack(mirror.pack(sha), tmp_path / "box")
    assert "160000 commit" in ask(folder, "ls-tree", sha)
    assert not canary.exists()


def test_a_large_pack_comes_in_parts(
    origin: Origin, mirror: Mirror, file_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "_PART", "1m")
    files = {f"noise{number}": os.urandom(600_000) for number in range(5)}
    base = mirror.fetch(file_url, origin.commit(files))
    pack = mirror.pack(base)
    assert len(pack.parts) > 2
    folder = unpack(pack, tmp_path / "box")
    ask(folder, "fsck", "--full")
    assert ask(folder, "ls-tree", "-r", base) == origin.git("ls-tree", "-r", base)


def test_the_packs_of_two_commits_are_kept(origin: Origin, mirror: Mirror, file_url: str) -> None:
    shas = [mirror.fetch(file_url, origin.commit({"a": bytes([n])})) for n in range(3)]
    for sha in shas[:2]:
        assert b"PACK" in b"".join(mirror.pack(sha))
    for folder in (mirror.path / packs.FOLDER).iterdir():
        os.utime(folder, (1, 1))
    for sha in (shas[0], shas[2]):
        assert b"PACK" in b"".join(mirror.pack(sha))
    kept = {folder.name.split("-")[0] for folder in (mirror.path / packs.FOLDER).iterdir()}
    assert kept == {shas[0], shas[2]}


def test_who_reads_a_pack_at_the_same_time_gets_it_whole(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    base = mirror.fetch(file_url, origin.commit({"a": os.urandom(3_000_000)}))
    with ThreadPoolExecutor(6) as threads:
        read = list(threads.map(lambda _: b"".join(mirror.pack(base)), range(6)))
    assert len(set(read)) == 1
    left = [path.name for path in (mirror.path / packs.FOLDER).iterdir()]
    assert [name.split("-")[0] for name in left] == [base]
