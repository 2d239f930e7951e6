"""A merge is made in the mirror, without a checkout: whole, or with both sides between marks."""

import pytest

from jobs.repository.change import Change, ChangedFile, FileMode, HostileChange
from jobs.repository.merge import Unrelated, change_between, merge_trees
from jobs.repository.mirror import Mirror
from jobs.repository.tree import Identity, commit, write_tree
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN

BOT = Identity("bot", "bot@example.org")
LINES = b"".join(b"line %d\n" % number for number in range(20))


@pytest.fixture
def base(origin: Origin, mirror: Mirror, url: str) -> str:
    origin.commit({"a.txt": LINES, "gone.txt": b"x\n", "run": b"#!/bin/sh\n"})
    return mirror.fetch(url, "main", READ_TOKEN)


def made(mirror: Mirror, base: str, *files: ChangedFile) -> str:
    tree = write_tree(mirror, base, Change(files))
    return commit(mirror, tree, base, message="Step", author=BOT, committer=BOT, at=1)


def edit(content: bytes | None, path: str = "a.txt") -> ChangedFile:
    return ChangedFile(path, FileMode.REGULAR, content)


def test_what_does_not_touch_is_merged_and_comes_as_a_change(base: str, mirror: Mirror) -> None:
    ours = made(mirror, base, edit(LINES.replace(b"line 1\n", b"ours\n")), edit(b"n", "new"))
    theirs = made(mirror, base, edit(LINES.replace(b"line 18\n", b"th\n")), edit(None, "gone.txt"))
    merged = merge_trees(mirror, ours, theirs)
    assert merged.conflicts == ()
    both = LINES.replace(b"line 1\n", b"ours\n").replace(b"line 18\n", b"th\n")
    assert change_between(mirror, ours, merged.tree) == Change((edit(both), edit(None, "gone.txt")))


def test_a_conflict_leaves_both_sides_between_marks(base: str, mirror: Mirror) -> None:
    ours = made(mirror, base, edit(LINES.replace(b"line 1\n", b"ours\n")))
    theirs = made(mirror, base, edit(LINES.replace(b"line 1\n", b"theirs\n")), edit(b"n", "new"))
    merged = merge_trees(mirror, ours, theirs)
    assert merged.conflicts == ("a.txt",)
    [marked, new] = change_between(mirror, ours, merged.tree).files
    assert new.path == "new"
    for piece in (b"<<<<<<< ", b"ours\n=======\ntheirs\n", b">>>>>>> "):
        assert piece in (marked.content or b"")


def test_two_histories_without_an_ancestor_are_not_merged(
    base: str, mirror: Mirror, origin: Origin, url: str
) -> None:
    origin.git("checkout", "-q", "--orphan", "other")
    origin.commit({"b": b"b"}, branch="other")
    other = mirror.fetch(url, "other", READ_TOKEN)
    with pytest.raises(Unrelated):
        merge_trees(mirror, base, other)


def test_a_link_in_a_tree_is_no_change_of_ours(
    base: str, mirror: Mirror, origin: Origin, url: str
) -> None:
    (origin.work / "link").symlink_to("/etc/passwd")
    origin.commit()
    linked = mirror.fetch(url, "main", READ_TOKEN)
    with pytest.raises(HostileChange, match="no regular file"):
        change_between(mirror, base, linked)
