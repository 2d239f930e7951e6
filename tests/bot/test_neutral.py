"""Others' text is shown and never obeyed, whatever it is."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.comments.frame import LONGEST, fitted, marker
from bot.comments.neutral import block, cell, code, plain, quoted, without_references, words
from bot.plain_text import visible

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MENTION = re.compile(r"@[\w-]")
REFERENCE = re.compile(r"#\d|\bGH-\d", re.IGNORECASE)
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<]|\bwww\.[^\s<]", re.IGNORECASE)
SHOWN = {"text", "text_special", "code_inline"}
ALLOWED_HTML = {"<!-- -->", "<code>", "</code>"}
INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

pieces = st.sampled_from(
    [
        *("@maria", "@acme/team", "#1", "acme/shop#2", "GH-3", "fixes #4", "Closes acme/shop#5"),
        *("https://evil.example/?d=1", "www.evil.example", "ftp://x", "li@example.org"),
        *("![x](https://evil/x.png)", "![x][r]", "[r]: https://evil", "[a](https://evil)"),
        *("<https://evil>", "<img src=x>", "</details>", "<!--", "-->", "<script>", "&lt;b&gt;"),
        *("`", "``", "```", "````", "~~~", "~~", "**", "__", "|", "\\", "\\|", "\\\\|", "$", "$$"),
        *("> ", "- ", "1. ", "# ", "===", "---", "    ", "\t", "- [ ] ", "[^1]", "> [!NOTE]"),
        *("\n", "\n\n", "\r\n", "\r", "\u2028", "\x00", "\x1b[31m", "\u202e", "\u200b", "\ud800"),
        *("\U000e0041", "/agent fix", "/merge", "word", "ü", "😀", " "),
    ]
)
hostile = st.lists(pieces | st.text(max_size=8), max_size=14).map("".join)
many = settings(max_examples=400, deadline=None)


def flat(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *flat(token.children or []))]


def seen_in(tokens: list[Token]) -> str:
    """Return the letters that a reader sees."""
    return "".join(token.content for token in flat(tokens) if token.type in SHOWN)


def check_shown_only(markdown: str) -> None:
    """Fail if the Markdown does anything but show text."""
    tokens = flat(GITHUB.parse(markdown))
    for token in tokens:
        assert token.type not in {"image", "link_open", "html_block", "s_open"}, token
        if token.type == "html_inline":
            assert token.content in ALLOWED_HTML, token
        if token.type in {"text", "text_special"}:
            assert not ADDRESS.search(token.content), token
            # GitHub looks for people and issues where it sees no code.
            assert not MENTION.search(token.content), token
            assert not REFERENCE.search(token.content), token
    assert not INVISIBLE.search(markdown)
    assert not CONTROL.search(markdown)
    markdown.encode("utf-8")


@given(text=hostile)
@many
@example("`@maria")
@example("a `b` @maria #1 `c")
@example("\\`@maria`")
@example("&commat;maria &#35;1 &#64;maria")
def test_words_are_one_line_that_does_nothing(text: str) -> None:
    shown = words(text)
    assert "\n" not in shown
    check_shown_only(shown)
    kinds = {token.type for token in GITHUB.parse(shown)}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close"}


@given(text=hostile.map(lambda text: re.sub(r"[`*_]", "", text)))
@many
@example("a | b |1 &#124; #1 @maria")
@example("1. x")
@example("- x")
def test_words_show_all_that_can_be_seen(text: str) -> None:
    wanted = " ".join(visible(text).split())
    assert seen_in(GITHUB.parse(words(text, 10_000))) == wanted
    cells = GITHUB.parse(f"| {cell(text, 10_000)} |\n|---|\n")
    assert seen_in(cells) == wanted


@pytest.mark.parametrize("text", ["run `a | b`", "`x|y|1`", "`@maria #1`"])
def test_code_in_a_cell_is_shown_whole(text: str) -> None:
    assert seen_in(GITHUB.parse(f"| {cell(text)} |\n|---|\n")) == text.replace("`", "")


@given(text=hostile)
@many
@example("`a|b` \\| c")
@example("`a\\|b` `a\\\\|b` \\\\|")
@example("x\\")
def test_a_cell_stays_one_cell(text: str) -> None:
    shown = cell(text)
    assert "|" not in shown
    table = f"| {shown} | end |\n|---|---|\n| {shown} | end |\n"
    check_shown_only(table)
    tokens = GITHUB.parse(table)
    assert tokens[0].type == "table_open"
    assert sum(token.type in {"td_open", "th_open"} for token in tokens) == 4
    ends = [token.content for token in tokens if token.type == "inline"][1::2]
    assert ends == ["end", "end"]


@given(text=hostile)
@many
def test_a_code_span_holds_everything(text: str) -> None:
    shown = code(text)
    children = GITHUB.parseInline(shown)[0].children or []
    assert [child.type for child in children] == (["code_inline"] if shown else [])


@given(text=hostile)
@many
def test_a_block_holds_everything(text: str) -> None:
    tokens = GITHUB.parse(block(text))
    assert [token.type for token in tokens] == ["fence"]


@given(text=hostile)
@many
@example("```\n@maria\n````\n@maria")
@example("- a\n\n  ```\n  x\n- ![x](y)")
@example("> > > @maria\n\n<div>\n\n#1")
def test_a_quotation_stays_a_quotation(text: str) -> None:
    shown = quoted(text)
    check_shown_only(shown)
    tokens = GITHUB.parse(f"{shown}\n\nafter")
    assert tokens[0].type == "blockquote_open"
    assert [token.content for token in tokens if token.type == "inline" and not token.level - 1][
        -1:
    ] == ["after"]
    outside = [token.type for token in tokens if token.level == 0]
    assert outside == ["blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close"]


@given(text=hostile)
@many
@example("#https://1 @https://maria GH-x://4 hthttps://tps://x")
def test_a_title_is_one_line_that_refers_to_nothing(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert not MENTION.search(shown)
    assert not REFERENCE.search(shown)
    assert not re.search(r"[a-z]://", shown, re.IGNORECASE)
    assert not CONTROL.search(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, with a comma.", "plain words, with a comma."),
        ("run `pytest -q`", "run `pytest -q`"),
        ("fixes #12 for @maria", "fixes #<!-- -->12 for @<!-- -->maria"),
        ("tax_rate * 2", r"tax_rate \* 2"),
        ("_x and y_", r"*x and y*"),
        ("_x", r"\_x"),
        ("**Cause.** A *guess* at 0.4 s", "**Cause.** A *guess* at 0.4 s"),
        ("0.4 s", "0.4 s"),
        ("a | b", "a &vert; b"),
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        ("a\n\nb", "a b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
    ],
)
def test_words_stay_readable(text: str, shown: str) -> None:
    assert words(text) == shown


def test_a_quotation_keeps_paragraphs_lists_and_code() -> None:
    text = "Two things:\n\n- `one`\n- two\n\n```py\nx = 1\n```\n"
    wanted = "> Two things:\n>\n> - `one`\n> - two\n>\n> ```\n> x = 1\n> ```"
    assert quoted(text) == wanted


@pytest.mark.parametrize("fence", ["`" * length for length in (3, 4, 7, 50)])
def test_a_longer_fence_is_found_for_any_fence(fence: str) -> None:
    assert block(f"{fence}\nx").startswith(f"{fence}`\n")


def test_long_texts_are_cut_visibly() -> None:
    assert words("a" * 1_000_000, 50) == "a" * 48 + " …"
    assert len(quoted("a\n" * 500_000, 1_000)) < 5_000


@given(
    parts=st.lists(
        st.sampled_from(
            [
                "<details><summary>x</summary>\n\n",
                "</details>\n",
                "```\n",
                "````\n",
                "x\n",
                "y" * 99,
            ]
        ),
        max_size=40,
    ),
    limit=st.integers(700, 2_000),
)
@settings(max_examples=300, deadline=None)
def test_a_text_that_is_too_long_ends_with_nothing_open(parts: list[str], limit: int) -> None:
    text = "".join(parts) * 5
    shown = fitted(text, limit)
    assert len(shown) <= limit
    if len(text) <= limit:
        assert shown == text
        return
    fence = ""
    details = 0
    for line in shown.split("\n"):
        if not fence and line.startswith("```"):
            fence = line
        elif fence and line.startswith(fence) and not line.strip("`"):
            fence = ""
        elif not fence:
            details += line.count("<details>") - line.count("</details>")
    assert fence == ""
    assert details <= 0


def test_nothing_is_longer_than_github_takes() -> None:
    assert len(fitted("<details>\n```\n" + "x\n" * 100_000)) <= LONGEST


def test_a_marker_is_the_bots_own() -> None:
    mark = marker(b"secret", "issue:1:2", "status:k3f9")
    assert mark == marker(b"secret", "issue:1:2", "status:k3f9")
    assert len({mark, *(marker(*other) for other in OTHERS)}) == 1 + len(OTHERS)
    assert re.fullmatch(r"<!-- patchbay [0-9a-f]{32} -->", mark)


OTHERS = [
    (b"other", "issue:1:2", "status:k3f9"),
    (b"secret", "issue:1:3", "status:k3f9"),
    (b"secret", "issue:1:2", "status:k3f8"),
    (b"secret", "issue:1", "2\nstatus:k3f9"),
]


def test_a_template_calls_nobody_and_closes_nothing_and_keeps_its_links() -> None:
    link = "[guide](https://example.org/acme/shop/blob/main/guide.md)"
    shown = without_references(
        f"Closes #12, fixes GH-12, resolves https://github.com/acme/shop/issues/12, @maria. {link}"
    )
    for reference in ("#12", "GH-12", "https://github.com", "@maria"):
        assert reference not in shown
    assert link in shown


@pytest.mark.parametrize(
    "text",
    [
        "Done:\n<!-- Closes #12, or ask @maria -->\nmore",
        "Use `@dataclass` and ``a ` @b #1``.",
        "```python\n@dataclass\n#1\n```\nmore",
        "~~~\n\n@dataclass\n~~~",
        "```\n```",
        "- [ ] `@dataclass` is used <!-- or @maria -->\n- [ ] `#1`",
        "<details>\r\n\r\n`@dataclass`",
        "Fixes <issue>\n<!-- as in Closes #12 -->",
    ],
)
def test_a_templates_code_and_comments_stay_as_they_are(text: str) -> None:
    assert without_references(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<!-- left open @maria",
        "`open @maria",
        "```\nx\n````\n@maria",
        "``` @maria ``",
        "- `x\n- @maria fixes #1 `",
        "# `x\n@maria `",
        "- `x\r- @maria `",
        "`x\ny` @maria `z",
        "\\` @maria `",
        "\\`` x ` @maria `",
        '<a title="`"> @maria `</a>',
        "<div>\n`@maria`\n</div>",
        "- a\n  ```\n- @maria\n  ```",
        "<div>\n```\n\n```\nA\n\n```\n@maria\n```",
        "- <!-- a\n- @maria -->",
        "<div>\n<!-- a\n\n@maria -->",
    ],
)
def test_what_only_looks_like_code_in_a_template_calls_nobody(text: str) -> None:
    assert "@maria" not in without_references(text)
