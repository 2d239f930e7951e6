"""Patches are the same if they do the same: comments, blanks and tests tell nothing."""

import pytest

from jobs.attempts.patches import clusters, mark
from tests.selection.given import diff

PLAIN = diff("-    return int(amount)", "+    return round(amount)")


@pytest.mark.parametrize(
    "other",
    [
        diff("-    return int(amount)", "+    return  round( amount )"),
        diff(
            "-    return int(amount)",
            "+    # halves go to the even number",
            "+    return round(amount)",
        ),
        diff("-    return int(amount)", "+    return round(amount)  # not int"),
        diff(
            "-    return int(amount)", "+    return round(amount)", "-def  f():", "+def f():", "+"
        ),
        PLAIN + diff("+def test_it(): pass", path="tests/test_tax.py"),
    ],
    ids=["blanks", "comment", "trailing", "reformatted", "test"],
)
def test_the_same(other: str) -> None:
    assert mark(other) == mark(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        diff("-    return int(amount)", "+    return round(amount + 0)"),
        diff("-    return int(amount)", "+    return round(amount)", path="other.py"),
        diff("+    return round(amount)"),
        diff("-    return round(amount)", "+    return int(amount)"),
        "",
    ],
    ids=["code", "file", "half", "reverse", "nothing"],
)
def test_not_the_same(other: str) -> None:
    assert mark(other) != mark(PLAIN)


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("a.js", "+// why"),
        ("a.go", "+ * of a block"),
        ("a.c", "+/* why */"),
        ("a.sql", "+-- why"),
        ("a.yml", "+# why"),
    ],
)
def test_each_language_has_its_comments(path: str, comment: str) -> None:
    assert mark(diff("+x = 1", comment, path=path)) == mark(diff("+x = 1", path=path))


def test_a_text_in_which_a_mark_is_no_comment_counts() -> None:
    assert mark(diff("+# Title", path="README.md")) != mark(diff("+# Other", path="README.md"))
    assert mark(diff('+url = "http://a"', path="a.js")) != mark(
        diff('+url = "http://b"', path="a.js")
    )


def test_changes_of_tests_alone_are_compared_as_they_are() -> None:
    one, other = (diff(f"+assert {number}", path="tests/test_a.py") for number in (1, 2))
    assert mark(one) != mark(other)


def test_clusters_are_counted() -> None:
    spaced = diff("-    return int(amount)", "+    return round( amount )")
    assert clusters({1: PLAIN, 2: diff("+x"), 3: spaced}) == {1: 2, 2: 1, 3: 2}
