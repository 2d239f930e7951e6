"""Whose sandboxes are: an id in the data folder, made once, which no name of a host is part of."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.engine import OWNER_FILE, owner_in
from jobs.sandbox import SandboxError


def test_all_who_ask_at_once_hear_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as many:
        found = set(many.map(lambda _: owner_in(folder), range(32)))
    assert found == {owner_in(folder)}
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_two_folders_have_two_owners(tmp_path: Path) -> None:
    assert owner_in(tmp_path / "one") != owner_in(tmp_path / "two")


def test_a_folder_that_moves_keeps_its_owner(tmp_path: Path) -> None:
    owner = owner_in(tmp_path / "one")
    assert owner_in((tmp_path / "one").rename(tmp_path / "two")) == owner


@pytest.mark.parametrize("content", [b"", b"people\n", b"\xff\xfe"])
def test_what_is_no_id_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / OWNER_FILE).write_bytes(content)
    with pytest.raises(SandboxError, match="sandbox"):
        owner_in(tmp_path)
