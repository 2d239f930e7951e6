"""Patches as models write them: well, oddly and wrongly."""

import json
from contextlib import suppress
from itertools import chain

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.agent import patch
from jobs.agent.patch import BadPatch, Chunk, FilePatch, parse

WHOLE = """\
*** Begin Patch
*** Add File: docs/new.md
+# New
+
+Text
*** Delete File: old.py
*** Update File: src/tax.py
*** Move to: src/taxes.py
@@ class Tax:
@@     def rounded(self):
         amount = self.amount
-        return int(amount)
+        return round(amount)
@@
-last
+the last
*** End of File
*** End Patch
"""


def text(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def test_a_patch_says_what_happens_to_each_file() -> None:
    assert parse(WHOLE) == (
        FilePatch("add", "docs/new.md", added=("# New", "", "Text")),
        FilePatch("delete", "old.py"),
        FilePatch(
            "update",
            "src/tax.py",
            "src/taxes.py",
            chunks=(
                Chunk(
                    ("class Tax:", "    def rounded(self):"),
                    (
                        "         amount = self.amount",
                        "-        return int(amount)",
                        "+        return round(amount)",
                    ),
                ),
                Chunk((), ("-last", "+the last"), at_end=True),
            ),
        ),
    )
    assert [one.counts for one in parse(WHOLE)] == [(3, 0), (0, 0), (2, 2)]


ODD = {
    "a fence": f"```diff\n{WHOLE}```\n",
    "a program": f"apply_patch <<'EOF'\n{WHOLE}EOF\n",
    "blank lines around": f"\n\n  \n{WHOLE}\n\n",
    "line ends of another system": WHOLE.replace("\n", "\r\n"),
    "spaces after the headers": WHOLE.replace(
        "*** Delete File: old.py", "*** Delete File: old.py  "
    ),
    "blank lines between files": WHOLE.replace("*** Update", "\n*** Update"),
    "an empty line without its plus": WHOLE.replace("\n+\n", "\n\n"),
    "a note on the last line": WHOLE.replace(
        "+the last\n", "+the last\n\\ No newline at end of file\n"
    ),
    "line numbers after @@": WHOLE.replace("@@\n", "@@ -40,2 +41,2 @@\n"),
    "line numbers before the function": WHOLE.replace("@@ class", "@@ -1,3 +1,3 @@ class"),
    "an end of file under a new file": WHOLE.replace("+Text\n", "+Text\n*** End of File\n"),
    "no line end at the end": WHOLE.rstrip("\n"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_habits_that_change_nothing_are_forgiven(odd: str) -> None:
    assert parse(odd) == parse(WHOLE)


def test_an_empty_line_in_a_chunk_is_one_that_stays() -> None:
    (file,) = parse(text("*** Update File: a", " one", "", "-two", "", "*** Add File: b", "+x"))[:1]
    assert file.chunks[0].lines == (" one", " ", "-two")


def test_an_empty_file_can_be_added() -> None:
    assert parse(text("*** Add File: empty")) == (FilePatch("add", "empty"),)


WRONG = {
    "nothing": ("", "does not begin with"),
    "another format": ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "does not begin with"),
    "words before it": (f"Here it is:\n{WHOLE}", "does not begin with"),
    "cut off": (WHOLE[:-14], "may be missing"),
    "only a beginning": ("*** Begin Patch", "may be missing"),
    "no file": (text(), "names no file"),
    "no file in words": (text("hello"), "a file's header"),
    "an unknown header": (text("*** Rename File: a"), "a file's header"),
    "two patches": (f"{WHOLE}{WHOLE}", "All files go into one patch"),
    "a path that is missing": (text("*** Delete File: "), "the path is missing"),
    "a path with a NUL": (text("*** Delete File: a\0b"), "the path is missing"),
    "a new file without signs": (text("*** Add File: a", "text"), "begins with `\\+`"),
    "an update of nothing": (text("*** Update File: a"), "nothing is changed in a"),
    "an update that stays": (text("*** Update File: a", " same"), "nothing is changed in a"),
    "a chunk without signs": (text("*** Update File: a", "-x", "y"), r"Line 4 of the patch, 'y'"),
    "a tab for a sign": (text("*** Update File: a", "\tx"), "begins with a space"),
    "a header without lines": (text("*** Update File: a", "-x", "@@ f"), "has to have lines"),
    "an end without lines": (text("*** Update File: a", "*** End of File"), "has to have lines"),
    "a move in the wrong place": (
        text("*** Update File: a", "-x", "*** Move to: b"),
        "begins with",
    ),
    "too long": ("x" * (patch.MOST_CHARS + 1), "is the most"),
    "too many files": (text(*["*** Delete File: a"] * 101), "is the most|are the most"),
    "too many chunks": (text("*** Update File: a", *["@@", "-x"] * 1001), "are the most"),
}


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_patch_is_refused_with_what_to_do(wrong: str, words: str) -> None:
    with pytest.raises(BadPatch, match=words):
        parse(wrong)


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    (file,) = parse(text("*** Add File: a", "+x\ud800y\U0001f600"))
    assert file.added == ("x\ufffdy\U0001f600",)


def test_a_patch_in_json_or_in_a_shell_is_found() -> None:
    assert patch.in_json(json.dumps({"input": WHOLE})) == WHOLE
    assert patch.in_json(WHOLE) == WHOLE
    assert patch.in_json('{"a": "1", "b": "2"}') == '{"a": "1", "b": "2"}'
    assert patch.in_json("{ not json") == "{ not json"
    assert patch.in_shell(f"apply_patch <<'EOF'\n{WHOLE}EOF\n").strip() == WHOLE.strip()
    assert patch.in_shell(f"cd /workspace/repo && apply_patch << 'X'\n{WHOLE}X") == WHOLE.rstrip(
        "\n"
    )
    assert patch.in_shell(f"cd src && apply_patch << 'X'\n{WHOLE}X") == ""
    assert patch.in_shell("apply_patch <<EOF\nx\nEOF\nrm -r .") == ""
    assert patch.in_shell("pytest -q") == ""


LARK = lark.Lark(patch.GRAMMAR, parser="lalr")
"""As strict as it comes: one symbol ahead, and no choice between readings."""


def test_the_grammar_takes_what_the_parser_takes() -> None:
    LARK.parse(WHOLE)
    for wrong in ("", text(), text("*** Update File: a"), text("*** Add File: a", "text")):
        with pytest.raises(lark.exceptions.LarkError):
            LARK.parse(f"{wrong}\n")


line = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20)
name = line.filter(lambda text: text.strip() and "\0" not in text)
sign = st.sampled_from(" +-")
chunk = st.builds(
    lambda under, lines, last: [
        *(f"@@ {one}" for one in under),
        *lines,
        *(["*** End of File"] if last else []),
    ],
    st.lists(line, min_size=1, max_size=2),
    st.lists(st.builds(str.__add__, sign, line), min_size=1, max_size=4),
    st.booleans(),
)
added = st.builds(
    lambda path, lines: [f"*** Add File: {path}", *(f"+{one}" for one in lines)],
    name,
    st.lists(line, max_size=3),
)
updated = st.builds(
    lambda path, to, chunks: [f"*** Update File: {path}", f"*** Move to: {to}", *chain(*chunks)],
    name,
    name,
    st.lists(chunk, max_size=3),
)
deleted = st.builds(lambda path: [f"*** Delete File: {path}"], name)
patches = st.lists(st.one_of(added, updated, deleted), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(patches)
def test_whatever_the_grammar_allows_is_understood(files: list[list[str]]) -> None:
    written = text(*chain(*files)) + "\n"
    LARK.parse(written)
    understood = parse(written)
    assert len(understood) == len(files)
    assert [len(one.added) for one in understood if one.kind == "add"] == [
        len(lines) - 1 for lines in files if lines[0].startswith("*** Add")
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(WHOLE)))
def test_any_text_is_a_patch_or_told_why_not(noise: str, at: int) -> None:
    for odd in (noise, WHOLE[:at] + noise + WHOLE[at:], WHOLE[:at]):
        with suppress(BadPatch):
            assert parse(odd)
