"""A damaged mirror is found out and made again, whatever the damage; the next fetch is whole."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.repository.git import GitFailed
from jobs.repository.mirror import Mirror
from tests.repository.conftest import Origin


def _pack(mirror: Path) -> Path:
    return next(mirror.glob("objects/pack/*.pack"))


def _write(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def missing_pack(mirror: Path) -> None:
    _pack(mirror).unlink()


def truncated_pack(mirror: Path) -> None:
    _write(_pack(mirror), _pack(mirror).read_bytes()[:-40])


def bytes_turned_over_in_the_pack(mirror: Path) -> None:
    content = bytearray(_pack(mirror).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20] = bytes(20)
    _write(_pack(mirror), bytes(content))


def missing_index(mirror: Path) -> None:
    _pack(mirror).with_suffix(".idx").unlink()


def unreadable_index(mirror: Path) -> None:
    _write(_pack(mirror).with_suffix(".idx"), os.urandom(1000))


def empty_index(mirror: Path) -> None:
    _write(_pack(mirror).with_suffix(".idx"), b"")


def missing_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def broken_config(mirror: Path) -> None:
    _write(mirror / "config", b"[core\n\0")


def broken_shallow(mirror: Path) -> None:
    _write(mirror / "shallow", b"no commit\n")


def broken_refs(mirror: Path) -> None:
    for ref in mirror.glob("refs/fetched/*"):
        ref.write_bytes(b"")


def no_objects(mirror: Path) -> None:
    (mirror / "objects").rename(mirror / "objects-gone")


def half_a_gc(mirror: Path) -> None:
    # The new pack is half written, the old one's index is gone already.
    (mirror / "gc.pid").write_text("1 host\n")
    half = _pack(mirror).read_bytes()[:99]
    missing_index(mirror)
    (mirror / "objects/pack/.tmp-1-pack-0.pack").write_bytes(half)


DAMAGE = [
    missing_pack,
    truncated_pack,
    bytes_turned_over_in_the_pack,
    missing_index,
    unreadable_index,
    empty_index,
    missing_head,
    broken_config,
    broken_shallow,
    broken_refs,
    no_objects,
    half_a_gc,
]


@pytest.fixture
def shas(origin: Origin) -> list[str]:
    noise = os.urandom(5000)
    return [origin.commit({"a": noise + str(n).encode(), f"f{n}": b"x"}) for n in range(3)]


@pytest.mark.parametrize("damage", DAMAGE)
def test_it_is_whole_again_after_one_failure(
    damage: Callable[[Path], None], shas: list[str], mirror: Mirror, file_url: str
) -> None:
    mirror.fetch(file_url, shas[-1], depth=2)
    damage(mirror.path)
    # Reading tells, or nothing was hurt that anybody reads.
    try:
        b"".join(mirror.pack(shas[-1]))
        mirror.paths(shas[-1])
    except GitFailed:
        assert not _used_as_if_whole(mirror)
    assert mirror.fetch(file_url, shas[-1]) == shas[-1]
    assert mirror.file(shas[-1], "f2") == b"x"
    assert b"PACK" in b"".join(mirror.pack(shas[-1]))
    assert mirror.git.run(["fsck", "--full", "--no-dangling"], git_dir=mirror.path) == b""


@pytest.mark.parametrize("damage", DAMAGE)
def test_another_commit_can_be_fetched_into_it(
    damage: Callable[[Path], None], shas: list[str], mirror: Mirror, file_url: str
) -> None:
    mirror.fetch(file_url, shas[1], depth=1)
    damage(mirror.path)
    assert mirror.fetch(file_url, shas[-1]) == shas[-1]
    assert mirror.file(shas[-1], "f2") == b"x"


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"0" * 40 + b"\n", b"ref: refs/heads/x\n"])
def test_a_broken_ref_counts_as_none(
    content: bytes, shas: list[str], mirror: Mirror, file_url: str
) -> None:
    mirror.fetch(file_url, shas[-1])
    (mirror.path / f"refs/fetched/{shas[-1]}").write_bytes(content)
    assert not mirror.has(shas[-1])
    assert mirror.fetch(file_url, shas[-1]) == shas[-1]
    assert mirror.has(shas[-1])


@pytest.mark.parametrize(
    "lock",
    ["HEAD.lock", "shallow.lock", "packed-refs.lock", "config.lock", "refs/fetched/{sha}.lock"],
)
def test_a_lock_that_a_killed_git_left_holds_up_nobody(
    lock: str, shas: list[str], mirror: Mirror, file_url: str
) -> None:
    mirror.fetch(file_url, shas[0], depth=1)
    (mirror.path / lock.format(sha=shas[-1])).touch()
    assert mirror.fetch(file_url, shas[-1], depth=1) == shas[-1]


def cut_short(kept: Path) -> None:
    pack = next(kept.glob("pack/*.pack"))
    _write(pack, pack.read_bytes()[:-7])


def without_index(kept: Path) -> None:
    next(kept.glob("pack/*.idx")).unlink()


def without_pack(kept: Path) -> None:
    next(kept.glob("pack/*.pack")).unlink()


def without_words(kept: Path) -> None:
    (kept / "about.json").unlink()


def with_broken_words(kept: Path) -> None:
    (kept / "about.json").write_text("{}")


@pytest.mark.parametrize(
    "damage", [cut_short, without_index, without_pack, without_words, with_broken_words]
)
def test_a_kept_pack_that_is_damaged_is_made_again(
    damage: Callable[[Path], None], shas: list[str], mirror: Mirror, file_url: str
) -> None:
    mirror.fetch(file_url, shas[-1])
    whole = b"".join(mirror.pack(shas[-1]))
    (kept,) = (mirror.path / "patchbay-packs").iterdir()
    damage(kept)
    assert b"".join(mirror.pack(shas[-1])) == whole


def _used_as_if_whole(mirror: Mirror) -> bool:
    """Say whether a failure would go unnoticed by the next fetch."""
    return not (mirror.path / "patchbay-suspect").exists()
