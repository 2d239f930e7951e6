"""What a review suggests is carried out where it fits what its author saw, and nowhere else."""

from dataclasses import replace

import pytest

from bot.suggestions import suggested
from jobs.repository.change import FileMode
from jobs.rounds.round import RoundThread, Said
from jobs.rounds.suggestions import apply_suggestions

FILE = "one\ntwo\nthree\nfour\n"
HUNK = "@@ -1,2 +1,4 @@\n one\n-old\n+two\n+three\n four"


def said(text: str, author: str = "maria") -> Said:
    return Said(comment_id=1, author=author, author_id=7, text=text)


def thread(
    text: str, start: int = 2, line: int = 2, number: int = 1, *, hunk: str = ""
) -> RoundThread:
    cut = hunk or HUNK.removesuffix("\n four")
    if not hunk and line == 2:
        cut = cut.rsplit("\n", 1)[0]
    return RoundThread(number, "node", 1, "a.py", start, line, cut, (said(text),))


def suggestion(*lines: str) -> str:
    return "```suggestion\n" + "".join(f"{line}\n" for line in lines) + "```"


def applied(*threads: RoundThread, content: str = FILE) -> tuple[str | None, list[int]]:
    change, done = apply_suggestions(threads, lambda _: (FileMode.REGULAR, content.encode()))
    text = change.files[0].content if change.files else None
    return text.decode() if text is not None else None, [one.thread.number for one in done]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("```suggestion\na\n```", ("a",)),
        ("Better:\n\n```suggestion\na\n\nb\n```\nIsn't it?", ("a", "", "b")),
        ("````suggestion\n```\n````", ("```",)),
        ("~~~ Suggestion\r\na\r\n~~~", ("a",)),
        ("```suggestion\n```", ()),
        ("```suggestion\n\n```", ("",)),
        ("```python\na\n```", None),
        ("> ```suggestion\n> a\n> ```", None),
        (suggestion("a") + "\n\nor\n\n" + suggestion("b"), None),
        ("    ```suggestion\n    a\n    ```", None),
        ("no code at all", None),
    ],
)
def test_a_suggestion_is_the_one_block_that_github_shows_as_such(
    body: str, lines: tuple[str, ...] | None
) -> None:
    assert suggested(body) == lines


def test_a_suggestion_takes_the_place_of_the_lines_that_it_is_about() -> None:
    assert applied(thread(suggestion("2a", "2b"))) == ("one\n2a\n2b\nthree\nfour\n", [1])
    assert applied(thread(suggestion("x"), 2, 3)) == ("one\nx\nfour\n", [1])
    assert applied(thread("```suggestion\n```")) == ("one\nthree\nfour\n", [1])


def test_suggestions_for_one_file_do_not_shift_each_other() -> None:
    second = thread(suggestion("3!"), 3, 3, 2, hunk="@@ -1 +1,3 @@\n one\n+two\n+three")
    both = applied(thread(suggestion("2a", "2b")), second)
    assert both == ("one\n2a\n2b\n3!\nfour\n", [1, 2])


def test_line_ends_and_a_missing_last_one_stay() -> None:
    windows = applied(thread(suggestion("2!")), content=FILE.replace("\n", "\r\n"))
    assert windows == ("one\r\n2!\r\nthree\r\nfour\r\n", [1])
    last = thread(suggestion("2!"), hunk="@@ -0,0 +1,2 @@\n+one\n+two")
    assert applied(last, content="one\ntwo") == ("one\n2!", [1])


def test_nothing_is_carried_out_where_it_does_not_fit() -> None:
    fits = thread(suggestion("x"))
    assert applied(fits, content=FILE.replace("two", "2"))[0] is None, "the lines are others now"
    assert applied(replace(fits, start_line=0, line=0))[0] is None, "the lines are gone"
    assert applied(replace(fits, start_line=9, line=9))[0] is None, "behind the end of the file"
    assert applied(thread(suggestion("two")))[0] is None, "it stands so already"
    overlapping = thread(suggestion("y"), 2, 3, 2)
    assert applied(fits, overlapping)[0] is None, "two want the same line"
    assert applied(replace(fits, said=(*fits.said, said("No, rather not.", "paul"))))[0] is None
    assert applied(replace(fits, said=(replace(fits.said[0], whole=False),)))[0] is None
    assert apply_suggestions((fits,), lambda _: None)[0].files == ()
    assert apply_suggestions((fits,), lambda _: (FileMode.REGULAR, b"\xff\xfe"))[0].files == ()
