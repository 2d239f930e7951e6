"""Where the chunks of a patch belong, and where that cannot be said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.agent.patch import parse
from jobs.sandbox.inside import chunks
from jobs.sandbox.inside.page import Patched, Unclear

CODE = """\
class One:
    def size(self):
        return 1

    def name(self):
        return "one"


class Two:
    def size(self):
        return 1

    def name(self):
        return "two"
"""


def laid(text: str, *lines: str) -> Patched:
    written = "\n".join(["*** Begin Patch", "*** Update File: f", *lines, "*** End Patch"])
    (file,) = parse(written)
    return chunks.apply(text, [vars(chunk) for chunk in file.chunks])


def test_lines_are_replaced_where_they_stand() -> None:
    patched = laid("a\nb\nc\n", " a", "-b", "+B", "+bb", " c")
    assert patched == Patched("a\nB\nbb\nc\n", [1, 2], [])


def test_a_removed_line_leaves_its_place_to_the_next() -> None:
    assert laid("a\nb\nc\n", "-b") == Patched("a\nc\n", [1], [])


def test_chunks_follow_each_other_and_may_share_unchanged_lines() -> None:
    text = "a\nb\nc\nd\n"
    assert laid(text, " a", "-b", "+B", " c", "@@", " c", "-d", "+D").text == "a\nB\nc\nD\n"


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("a\r\nb\r\nc\r\n", (" a", "-b", "+B", " c"), "a\r\nB\r\nc\r\n"),
        ("a\nb", ("-b", "+B"), "a\nB"),
        ("a\nb", (" b", "+c"), "a\nb\nc"),
        ("a\r\nb\nc\n", ("-c", "+C"), "a\r\nb\nC\n"),
        ("a\r\nb\r\nc", (" b", "-c", "+C", "+D"), "a\r\nb\r\nC\r\nD"),
        ("", ("+a",), "a\n"),
        ("a\n", ("-a",), ""),
        ("a", ("-a",), ""),
        ("\n\n\n", (" ", " ", " ", "+x"), "\n\n\nx\n"),
    ],
)
def test_line_ends_are_kept(text: str, lines: tuple[str, ...], expected: str) -> None:
    assert laid(text, *lines).text == expected


def test_what_stays_is_taken_from_the_file() -> None:
    patched = laid("\ta  \n\tb\nc\n", " a", "-b", "+B")
    assert patched.text == "\ta  \n\tB\nc\n"
    assert patched.how == ["but for indentation"]


@pytest.mark.parametrize(
    ("there", "how"),
    [
        ("x = f(1)", []),
        ("x = f(1)   ", ["but for spaces at line ends"]),
        ("    x = f(1)", ["but for indentation"]),
        ("    x\u00a0= f(1)", ["but for indentation and punctuation"]),
    ],
)
def test_each_way_of_comparing_is_tried_from_strict_to_lax(there: str, how: list[str]) -> None:
    patched = laid(f"first\n{there}\nlast\n", "-x = f(1)", "+y = 2")
    assert patched.how == how
    assert patched.text.splitlines()[1].strip() == "y = 2"


def test_quotes_and_dashes_count_as_their_plain_kin() -> None:
    text = "say(\u201cit\u2019s \u2013 \u2026\u201d)\n"
    assert laid(text, '-say("it\'s - ...")', "+x").text == "x\n"


def test_a_strict_place_wins_over_a_lax_one() -> None:
    assert laid("  a\na\n", "-a", "+b").text == "  a\nb\n"


def test_what_comes_is_indented_as_what_is_there() -> None:
    text = "class A:\n    def f(self):\n        return 1\n"
    lines = (" def f(self):", "-    return 1", "+    if self:", "+", "+        return 2")
    assert laid(text, *lines).text == (
        "class A:\n    def f(self):\n        if self:\n\n            return 2\n"
    )


@pytest.mark.parametrize(
    "under",
    [
        ("@@ class Two:",),
        ("@@ class Two:", "@@     def size(self):"),
        ("@@ class Two:", "@@ def size(self):"),
        ("@@ -9,3 +9,3 @@ class Two:",),
    ],
)
def test_a_line_after_at_signs_says_in_which_block(under: tuple[str, ...]) -> None:
    patched = laid(CODE, *under, "-        return 1", "+        return 2")
    assert patched.text == CODE[:100] + CODE[100:].replace("return 1", "return 2")
    assert patched.lines == [10]


def test_the_line_after_at_signs_may_stand_in_the_chunk_again() -> None:
    patched = laid(
        CODE, "@@ class Two:", " class Two:", "-    def size(self):", "+    def n(self):"
    )
    assert patched.lines == [9]


def test_lines_are_put_below_the_line_after_at_signs() -> None:
    assert laid(CODE, "@@ class Two:", "+    x = 1").text == CODE.replace(
        "class Two:\n", "class Two:\n    x = 1\n"
    )


def test_a_function_that_is_named_twice_still_says_enough() -> None:
    patched = laid(CODE, "@@     def name(self):", '-        return "two"', '+        return "2"')
    assert patched.lines == [13]


def test_a_block_may_be_named_again_for_a_later_chunk() -> None:
    patched = laid(
        CODE,
        *("@@ class Two:", "-        return 1", "+        return 2"),
        *("@@ class Two:", '-        return "two"', '+        return "2"'),
    )
    assert patched.lines == [10, 13]


def test_a_block_ends_behind_its_signature_and_not_in_it() -> None:
    text = "def f(\n    a,\n):\n    x = 1\n\n\ndef g():\n    x = 1\n"
    assert laid(text, "@@ def f(", "-    x = 1", "+    x = 2").lines == [3]


def test_the_end_of_the_file_is_tried_first() -> None:
    assert laid("a\nb\na\n", "-a", "+c", "*** End of File").text == "a\nb\nc\n"
    assert laid("a\nb\n", "-a", "+c", "*** End of File").text == "c\nb\n"
    assert laid("a\nb\n", " b", "+c", " ", "*** End of File").text == "a\nb\nc\n"
    assert laid("a\n", "+b", "*** End of File").text == "a\nb\n"


WRONG = {
    "twice": (CODE, ("-        return 1", "+x"), r"fit in 2 places, on lines 3, 11: add unchanged"),
    "twice at a laxer level": ("a \na  \n", ("-a", "+b"), "fit in 2 places"),
    "twice in the block": ("def f():\n  x\n  x\n", ("@@ def f():", "-  x"), "on lines 2, 3"),
    "only lines that come": ("a\n", ("+b",), "nothing says where"),
    "an unknown block": (CODE, ("@@ class Three:", "-        return 1"), "no line 'class Three:'"),
    "an unknown block in a block": (
        CODE,
        ("@@ class Two:", "@@ def length(self):", "-        return 1"),
        "in that block",
    ),
    "a block of which there are two": (CODE, ("@@     def size(self):", "+x"), "fit in 2 places"),
    "out of order": ("a\nb\nc\n", ("-c", "@@", "-a"), "chunk 2 of 2: .*line 1, which is before"),
    "done already": ("a\nB\nc\n", (" a", "-b", "+B", " c"), "there already, on line 1"),
    "nearly": (
        "def f():\n    return 1\n",
        (" def f():", "-    return 2"),
        "nearest places:\n     1",
    ),
    "blank lines only": ("a\n\nb\n\n", ("- ", "+x"), "not in the file|fit in"),
    "behind the end": ("a\nb\n", ("-b", "-c"), "not in the file"),
}


@pytest.mark.parametrize(("text", "lines", "words"), WRONG.values(), ids=WRONG)
def test_what_has_no_place_or_several_is_refused(
    text: str, lines: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Unclear, match=rf"(?s){words}"):
        laid(text, *lines)


def test_nobody_waits_long_for_a_patch() -> None:
    text = ("a\n" * 1_000 + "b\n") * 200
    with pytest.raises(Unclear, match="too much to compare"):
        laid(text, *["-a"] * 1_001)
    with pytest.raises(Unclear, match="the line after @@ fit in 200000 places"):
        laid(text, "@@ a", "-b")
    with pytest.raises(Unclear, match="not in the file"):
        laid(text, *["-a"] * 500, "-c")


texts = st.lists(st.sampled_from(["a", "b", "  a", "a ", "", "c"]), max_size=12)


@settings(max_examples=300, deadline=None)
@given(texts, st.data())
def test_a_patch_does_what_it_says_or_nothing(lines: list[str], data: st.DataObject) -> None:
    """Whatever is patched, what stays and what goes was there, and only what comes is new."""
    start = data.draw(st.integers(0, len(lines)))
    old = lines[start : start + data.draw(st.integers(0, 4))]
    signs = [data.draw(st.sampled_from([" ", "-"])) for _ in old]
    written = [sign + line for sign, line in zip(signs, old, strict=True)]
    written.insert(data.draw(st.integers(0, len(written))), "+new")
    text = "".join(f"{line}\n" for line in lines)
    try:
        patched = laid(text, *written)
    except Unclear:
        return
    after = patched.text.split("\n")[:-1]
    assert after.count("new") == 1
    gone = len(lines) + 1 - len(after)
    assert gone == signs.count("-")
    rest = iter(lines)
    assert all(line in rest for line in after if line != "new")
