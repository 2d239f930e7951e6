"""Places that a model names are looked up: in a commit, and in the diff of a pull request."""

import pytest

from bot.github_threads import ChangedFile
from jobs.reading.citations import Place, Places
from jobs.reviews.diff_lines import DiffLines
from jobs.reviews.handed import COMMENTS, Check

FILES = {"shop/tax.py": "a\nb\nc\n", "README": "one\n", "docs/notes.md": "", "x/tax.go": "1\n2\n"}


class Commit:
    """The files of a commit."""

    def paths(self) -> list[str]:
        return sorted(FILES)

    def text(self, path: str) -> str | None:
        return FILES.get(path)


PLACES = Places(Commit())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is `shop/tax.py:2`.", ["shop/tax.py:2"]),
        ("See shop/tax.py:1-3 and shop/tax.py#L2-L3.", ["shop/tax.py:1-3", "shop/tax.py:2-3"]),
        ("./shop/tax.py:2 twice: shop/tax.py:2", ["shop/tax.py:2"]),
        ("(README:1), README:L1", ["README:1"]),
        ("gone.py:4 and no/such:9", ["gone.py:4", "no/such:9"]),
        ("At 12:30, ratio 3:2, localhost:8000, v1.2:3", []),
        ("https://example.org:80/shop/tax.py:2", []),
        ("python:3.12 is an image", []),
    ],
)
def test_places_are_found_where_a_text_names_them(text: str, found: list[str]) -> None:
    assert [str(place) for place in PLACES.named_in([text])] == found


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (Place("shop/tax.py", 1, 3), ""),
        (Place("docs/notes.md", 1, 1), ""),
        (Place("shop/tax.py", 4, 4), "shop/tax.py:4: shop/tax.py has 3 lines"),
        (Place("shop/tax.py", 3, 2), "shop/tax.py:3-2: there are no such lines"),
        (Place("shop/tax.py", 0, 0), "shop/tax.py:0: there are no such lines"),
        (Place("tax.py", 1, 1), "tax.py:1: there is no file tax.py; there is shop/tax.py"),
        (Place("../etc/passwd", 1, 1), "../etc/passwd:1: there is no file ../etc/passwd"),
    ],
)
def test_a_place_is_there_or_it_is_said_what_is_wrong(place: Place, fault: str) -> None:
    assert PLACES.fault(place) == fault


PATCH = """\
@@ -1,3 +1,4 @@ def rate
 first
-second
+2nd
+third
 fourth
@@ -20,2 +21,1 @@
 twenty
-gone
\\ No newline at end of file"""
LINES = DiffLines(
    [
        ChangedFile("tax.py", "modified", 2, 2, PATCH),
        ChangedFile("logo.png", "added", 0, 0, ""),
    ]
)


@pytest.mark.parametrize("line", [1, 2, 3, 4, 21])
def test_lines_of_the_new_side_are_in_the_diff(line: int) -> None:
    assert LINES.fault("tax.py", line, line, on_new_side=True) == ""


@pytest.mark.parametrize("line", [1, 2, 3, 20, 21])
def test_lines_of_the_old_side_are_in_the_diff(line: int) -> None:
    assert LINES.fault("tax.py", line, line, on_new_side=False) == ""


@pytest.mark.parametrize(
    ("path", "start", "end", "why"),
    [
        ("tax.py", 5, 5, "tax.py: line 5 is not in one place of the diff; there is 1-4, 21-21"),
        ("tax.py", 4, 21, "tax.py: lines 4 to 21 is not in one place"),
        ("tax.py", 3, 2, "is not in one place of the diff"),
        ("tax.py", 22, 22, "is not in one place of the diff"),
        ("logo.png", 1, 1, "logo.png: line 1 is not in one place of the diff; there is none"),
        ("other.py", 1, 1, "other.py is not changed by this pull request"),
    ],
)
def test_other_lines_are_not_and_it_is_said_which_are(
    path: str, start: int, end: int, why: str
) -> None:
    assert why in LINES.fault(path, start, end, on_new_side=True)


def remark(**more: object) -> dict[str, object]:
    return {"path": "tax.py", "line": 2, "severity": "bug", "body": "Wrong.", **more}


def test_remarks_are_sorted_into_those_with_a_line_and_those_without() -> None:
    comments = [remark(), remark(line=9), remark(body=" "), remark(path="./tax.py", start_line=1)]
    fitting, homeless = Check(LINES).sorted_out({"comments": comments})
    assert [(one["path"], one["start_line"], one["line"]) for one in fitting] == [
        ("tax.py", 2, 2),
        ("tax.py", 1, 2),
    ]
    assert [one["line"] for one in homeless] == [9]


def test_what_is_wrong_with_a_review_is_said_remark_by_remark() -> None:
    comments = [remark(line=9), remark(old_side=True, suggestion="x"), *[remark()] * COMMENTS]
    faults = Check(LINES)({"summary": "", "comments": comments})
    assert faults[0] == "`summary` is empty"
    assert faults[1] == f"there are {COMMENTS + 2} comments; {COMMENTS} is the most"
    assert faults[2].startswith("comments[0]: tax.py: line 9")
    assert "cannot stand on lines that are taken away" in faults[3]
