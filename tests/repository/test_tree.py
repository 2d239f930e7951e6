"""A change becomes exactly the tree that a person would have committed, and nothing else."""

import pytest

from jobs.repository.change import Change, ChangedFile, FileMode, HostileChange
from jobs.repository.mirror import Mirror
from jobs.repository.tree import (
    FileStat,
    Identity,
    commit,
    diff,
    raw_entries,
    stat,
    write_tree,
)
from tests.repository.conftest import Origin

BASE = {
    "a.txt": b"one\ntwo\n",
    "keep/x": b"x",
    "folder/inner": b"i",
    "bin": bytes(range(256)),
    "crlf.txt": b"a\r\nb\r\n",
}
BOT = Identity("patchbay[bot]", "1+patchbay[bot]@users.noreply.github.com")


def put(path: str, content: bytes, mode: FileMode = FileMode.REGULAR) -> ChangedFile:
    return ChangedFile(path, mode, content)


def gone(path: str) -> ChangedFile:
    return ChangedFile(path, FileMode.REGULAR, None)


@pytest.fixture
def base(origin: Origin, mirror: Mirror, file_url: str) -> str:
    return mirror.fetch(file_url, origin.commit(BASE))


CHANGES = {
    "edit": (put("a.txt", b"one\n2\n"),),
    "new": (put("new/deep/er.py", b"x = 1\n"),),
    "delete": (gone("keep/x"),),
    "all gone": tuple(gone(path) for path in sorted(BASE)),
    "mode only": (put("a.txt", BASE["a.txt"], FileMode.EXECUTABLE),),
    "executable": (put("run.sh", b"#!/bin/sh\n", FileMode.EXECUTABLE),),
    "binary": (put("bin", bytes(reversed(range(256)))),),
    "crlf": (put("crlf.txt", b"a\r\nc\r\n"),),
    "not utf-8": (put("latin.txt", b"\xe4\xff\n"),),
    "empty file": (put("empty", b""),),
    "rename": (gone("a.txt"), put("b.txt", BASE["a.txt"])),
    "file to folder": (gone("a.txt"), put("a.txt/inner", b"i")),
    "folder to file": (put("folder", b"f"), gone("folder/inner")),
    "odd names": (put("größe 'x\" $(id).txt", b"o"), put("-x", b"-")),
    "nothing": (),
    "same again": (put("a.txt", BASE["a.txt"]),),
}


@pytest.mark.parametrize("files", CHANGES.values(), ids=CHANGES.keys())
def test_the_tree_is_the_one_that_a_person_would_commit(
    files: tuple[ChangedFile, ...], base: str, origin: Origin, mirror: Mirror
) -> None:
    tree = write_tree(mirror, base, Change(files))
    for file in files:
        if file.content is None:
            (origin.work / file.path).unlink()
    for file in files:
        path = origin.work / file.path
        if file.content is not None:
            if path.parent.is_file():
                path.parent.unlink()
            if path.is_dir():
                path.rmdir()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            path.chmod(0o755 if file.mode is FileMode.EXECUTABLE else 0o644)
    origin.git("add", "-A")
    assert tree == origin.git("write-tree")


def test_filters_of_the_repository_do_not_run(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    base = mirror.fetch(file_url, origin.commit({".gitattributes": b"* text eol=crlf ident\n"}))
    tree = write_tree(mirror, base, Change((put("a", b"$Id$\r\nx\n"),)))
    (entry,) = raw_entries(mirror, base, tree)
    assert (
        mirror.git.run(["cat-file", "blob", entry.new_sha], git_dir=mirror.path) == b"$Id$\r\nx\n"
    )


@pytest.mark.parametrize("path", [".git/config", "a/../../b", "/abs", ".GIT/x", "a/.git/x"])
def test_what_the_parser_would_have_refused_is_refused_again(
    path: str, base: str, mirror: Mirror
) -> None:
    with pytest.raises(HostileChange):
        write_tree(mirror, base, Change((put(path, b"x"),)))


def test_a_file_that_goes_without_being_named_is_noticed(base: str, mirror: Mirror) -> None:
    with pytest.raises(HostileChange, match="would change although"):
        write_tree(mirror, base, Change((put("folder", b"f"),)))


def test_a_deletion_that_did_not_happen_is_noticed(base: str, mirror: Mirror) -> None:
    with pytest.raises(HostileChange, match="did not get into the tree"):
        write_tree(mirror, base, Change((gone("folder"),)))


def test_a_deletion_of_what_was_not_there_changes_nothing(base: str, mirror: Mirror) -> None:
    tree = write_tree(mirror, base, Change((gone("never/was"),)))
    assert raw_entries(mirror, base, tree) == ()


def test_a_submodule_of_the_base_is_not_touched(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    origin.git("commit", "-q", "-m", "sub")
    origin.git("push", "-q", "origin", "HEAD:refs/heads/main")
    base = mirror.fetch(file_url, "main")
    with pytest.raises(HostileChange, match="submodule"):
        write_tree(mirror, base, Change((gone("sub"),)))


def test_a_symbolic_link_of_the_base_may_become_a_file(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    (origin.work / "link").symlink_to("/etc/passwd")
    base = mirror.fetch(file_url, origin.commit())
    tree = write_tree(mirror, base, Change((put("link", b"text\n"),)))
    (entry,) = raw_entries(mirror, base, tree)
    assert (entry.old_mode, entry.new_mode, entry.status) == ("120000", "100644", "T")


def test_the_diff_and_its_numbers(base: str, mirror: Mirror) -> None:
    files = (put("a.txt", b"one\n2\n3\n"), put("bin", b"\0"), put("tab\u00e9 x", b"n\n"))
    tree = write_tree(mirror, base, Change(files))
    text = diff(mirror, base, tree)
    assert "+2\n+3\n" in text
    assert "-two\n" in text
    assert "Binary files a/bin and b/bin differ" in text
    assert stat(mirror, base, tree) == (
        FileStat("a.txt", 2, 1),
        FileStat("bin", None, None),
        FileStat("tab\u00e9 x", 1, 0),
    )


def test_a_long_diff_is_cut(base: str, mirror: Mirror) -> None:
    tree = write_tree(mirror, base, Change((put("a.txt", b"line\n" * 200_000),)))
    text = diff(mirror, base, tree, max_bytes=5_000)
    assert len(text) < 5_200
    assert "left out" in text


def test_a_commit_says_who_and_is_the_same_when_made_again(base: str, mirror: Mirror) -> None:
    tree = write_tree(mirror, base, Change((put("a.txt", b"2\n"),)))

    def make() -> str:
        return commit(
            mirror,
            tree,
            base,
            message="Fix the thing\n\nBecause it was broken.\n\n\n",
            author=BOT,
            committer=BOT,
            at=1_700_000_000.7,
            trailers=(("Co-authored-by", "Maria <m@example.org>"), ("Agent-Task", "k3f9")),
        )

    sha = make()
    assert make() == sha
    raw = mirror.git.run(["cat-file", "commit", sha], git_dir=mirror.path).decode()
    assert raw == (
        f"tree {tree}\nparent {base}\n"
        "author patchbay[bot] <1+patchbay[bot]@users.noreply.github.com> 1700000000 +0000\n"
        "committer patchbay[bot] <1+patchbay[bot]@users.noreply.github.com> 1700000000 +0000\n"
        "\nFix the thing\n\nBecause it was broken.\n\n"
        "Co-authored-by: Maria <m@example.org>\nAgent-Task: k3f9\n"
    )


def test_a_name_cannot_forge_the_head_of_a_commit(base: str, mirror: Mirror) -> None:
    forged = Identity("x>\ncommitter Root <root@example.org> 0 +0000\n", "a@b>\nparent 1")
    trailer = (("Refs", "#1\n\nCo-authored-by: Root <r@example.org>"),)
    tree = write_tree(mirror, base, Change())
    sha = commit(
        mirror, tree, base, message="m\0", author=forged, committer=BOT, at=1, trailers=trailer
    )
    raw = mirror.git.run(["cat-file", "commit", sha], git_dir=mirror.path).decode()
    assert [line.split()[0] for line in raw.split("\n\n")[0].splitlines()] == [
        "tree",
        "parent",
        "author",
        "committer",
    ]
    assert "\nCo-authored-by" not in raw
