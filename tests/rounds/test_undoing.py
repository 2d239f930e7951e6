"""What is taken back is what was meant, and nothing that others changed since."""

import pytest

from bot.github_history import BranchCommit, TreeEntry
from bot.undoing import CannotUndo, base_of, commit_meant, of_commit, of_paths

Tree = dict[str, TreeEntry]


def tree(**files: str) -> Tree:
    return {path.replace("__", "/"): TreeEntry("100644", blob) for path, blob in files.items()}


BASE = tree(a="a0", b="b0", docs__x="x0")
FIRST = tree(a="a1", b="b0", docs__x="x1", new="n1")
FORK, ONE, TWO, SYNC = ("f" * 40, "a1" * 20, "a2" * 20, "c3" * 20)
COMMITS = (BranchCommit(ONE, (FORK,), "One\n\nMore."), BranchCommit(TWO, (ONE,), "Two"))


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (("last",), TWO),
        (("LAST",), TWO),
        ((ONE,), ONE),
        ((ONE[:7],), ONE),
        ((ONE[:6],), None),
        (("f" * 40,), None),
        (("a",), None),
        (("last", "a"), None),
    ],
)
def test_one_word_can_mean_a_commit_of_the_branch(
    targets: tuple[str, ...], meant: str | None
) -> None:
    found = commit_meant(targets, COMMITS, TWO)
    assert (found.sha if found else None) == meant


def test_the_last_commit_is_the_branchs_and_not_the_last_that_is_listed() -> None:
    with pytest.raises(CannotUndo, match="has to be named"):
        commit_meant(("last",), COMMITS, SYNC)
    assert commit_meant((ONE,), COMMITS, SYNC) == COMMITS[0]


def test_a_commit_is_taken_back_whole() -> None:
    undoing = of_commit(BASE, FIRST, FIRST)
    assert (undoing.written, undoing.gone) == ({"a": "a0", "docs/x": "x0"}, ("new",))
    assert undoing.paths == ("a", "docs/x", "new")
    later = {**FIRST, "other": TreeEntry("100644", "o1")}
    assert of_commit(BASE, FIRST, later).paths == undoing.paths


def test_what_a_later_commit_changed_is_not_taken_back() -> None:
    with pytest.raises(CannotUndo, match="a later commit has changed a again"):
        of_commit(BASE, FIRST, {**FIRST, "a": TreeEntry("100644", "a2")})


def test_paths_go_back_to_what_they_are_without_the_branch() -> None:
    assert of_paths(("a",), BASE, FIRST).written == {"a": "a0"}
    assert of_paths(("docs/",), BASE, FIRST).written == {"docs/x": "x0"}
    assert of_paths(("./new", "a"), BASE, FIRST).gone == ("new",)
    for target in ("b", "doc", "zzz"):
        with pytest.raises(CannotUndo, match=f"changes nothing in {target}"):
            of_paths(("a", target), BASE, FIRST)


def test_a_mode_that_the_api_cannot_set_is_said() -> None:
    script = {**BASE, "run": TreeEntry("100755", "r0")}
    with pytest.raises(CannotUndo, match="the mode of run"):
        of_commit(script, BASE, BASE)
    edited = {**BASE, "run": TreeEntry("100755", "r1")}
    assert of_commit(script, edited, edited).written == {"run": "r0"}


def test_the_base_is_the_newest_that_was_merged_in() -> None:
    assert base_of(COMMITS) == FORK
    merged = BranchCommit(SYNC, (TWO, "e" * 40), "Merge")
    assert base_of((*COMMITS, merged)) == "e" * 40
    with pytest.raises(CannotUndo):
        base_of(())
