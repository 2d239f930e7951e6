"""Which place an edit means."""

import pytest

from jobs.sandbox.inside.matching import Unclear, find

CODE = "def f():\n    if x:\n        return 1\n    return 2\n"


def edited(text: str, old: str, new: str, *, everywhere: bool = False) -> str:
    found = find(text, old, new, everywhere=everywhere)
    for span in reversed(found.spans):
        text = text[: span.start] + span.new + text[span.end :]
    return text


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        pytest.param("a b c", "b", "x", "a x c", id="to the letter"),
        pytest.param("a\nb\n", "a\n", "", "b\n", id="deletes"),
        pytest.param("a  \nb\n", "a\nb", "x", "x\n", id="but for spaces at line ends"),
        pytest.param("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\n", "x\r\ny\r\nc\r\n", id="CRLF is kept"),
        pytest.param("a\r\nb\r\n", "b", "x\ny", "a\r\nx\r\ny\r\n", id="new lines get CRLF too"),
        pytest.param("no end", "end", "END", "no END", id="no last line feed is kept"),
        pytest.param(
            CODE, "if x:\n    return 1", "if y:\n    return 3",
            "def f():\n    if y:\n        return 3\n    return 2\n", id="indented less",
        ),
        pytest.param(
            "a:\n  b\n", "    a:\n      b", "    c:\n      d", "c:\n  d\n", id="indented more",
        ),
        pytest.param(
            CODE, "     2\t    if x:\n     3\t        return 1", "    if z:\n        return 1",
            "def f():\n    if z:\n        return 1\n    return 2\n", id="line numbers in old_str",
        ),
        pytest.param(
            CODE, "3: return 1", "3: return 9",
            "def f():\n    if x:\n        return 9\n    return 2\n", id="line numbers in both",
        ),
        pytest.param("a\x0cb\nc\n", "c", "d", "a\x0cb\nd\n", id="a form feed is no line end"),
    ],
)  # fmt: skip
def test_an_edit_finds_its_place(text: str, old: str, new: str, after: str) -> None:
    assert edited(text, old, new) == after


def test_all_places_are_taken_when_asked() -> None:
    assert edited("a b a", "a", "x", everywhere=True) == "x b x"


def test_an_exact_place_wins_over_a_likely_one() -> None:
    assert edited("  a\na\n", "  a\n", "b\n") == "b\na\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        pytest.param("a\nb\na\n", "a", "x", "occurs 2 times, on lines 1, 3", id="two places"),
        pytest.param("new\n", "old", "new", "new_str is already there, on line 1", id="done"),
        pytest.param(
            CODE, "def f():\n    if z:\n        return 1", "x",
            "     1\tdef f():\n     2\t    if x:\n     3\t        return 1", id="nearest lines",
        ),
        pytest.param("alpha\nbetta\n", "beta", "x", "     2\tbetta", id="nearest word"),
        pytest.param(
            "if a:\n  b\n    c\n", "if a:\n b\n c", "x", "not in the file", id="uneven indentation",
        ),
        pytest.param("a\n", "\n\n\n", "x", "not in the file", id="blank lines only"),
        pytest.param("", "x", "y", "not in the file", id="an empty file"),
    ],
)  # fmt: skip
def test_an_unclear_edit_says_why(text: str, old: str, new: str, words: str) -> None:
    with pytest.raises(Unclear) as refused:
        find(text, old, new, everywhere=False)
    assert words in str(refused.value)
