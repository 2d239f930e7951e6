"""Renders a comment as GitHub shows it: GitHub's Markdown, references as links, nothing harmful.

Order: Markdown to tokens, references and task boxes put into the tokens, tokens to HTML, the HTML
cleaned by nh3, and last our own marks turned into classes. A mark begins with a random word that is
made anew for each text, so nobody can write one: whatever carries it came from here.
"""

import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from demo.github.references import Reference, references

_TAGS = (nh3.ALLOWED_TAGS | {"picture", "source", "tfoot"}) - {
    *("area", "map", "nav", "header", "footer", "article", "aside", "center", "data")
}
_ATTRIBUTES = nh3.ALLOWED_ATTRIBUTES | {
    "*": {"align", "dir", "height", "lang", "title", "valign", "width"},
    "a": {"href", "name"},
    "details": {"open"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "source": {"srcset", "media"},
    "time": {"datetime"},
}
_NEVER_SHOWN = {"script", "style", "iframe", "noscript", "title", "textarea", "template"}
_SCHEMES = {"http", "https", "mailto", "xmpp", "irc", "ircs"}
_CLASSES = {
    "a": ("user-mention", "issue-link", "commit-link"),
    "blockquote": tuple(
        f"alert alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")
    ),
    "li": ("task-list-item",),
    "ul": ("contains-task-list",),
    "ol": ("contains-task-list",),
    "p": ("alert-title",),
    "span": ("diff-add", "diff-delete", "diff-hunk"),
}
_TASK = re.compile(r"\[([ xX])\][ \t\n]+(?=\S)")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)", re.IGNORECASE)
_ALIGNED = re.compile(r"text-align:(left|right|center)")


@lru_cache(maxsize=1024)
def render(
    text: str,
    *,
    repository: str = "",
    logins: frozenset[str] = frozenset(),
    breaks: bool = True,
    boxes: bool = False,
) -> Markup:
    """Safe HTML of a text written in `repository` ("owner/name"); `logins` are who can be named.

    Comments keep their line breaks; files (`breaks=False`) do not. With `boxes`, task boxes can be
    clicked, and know the line of the text on which they stand.
    """
    mark = f"m{secrets.token_hex(8)}-"
    env = {"mark": mark, "repository": repository, "logins": {name.lower() for name in logins}}
    html = _parser(breaks).render(text, env)
    return Markup(_named(_clean(html, mark), mark, boxes))  # noqa: S704  # cleaned right here


@lru_cache(maxsize=2)
def _parser(breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": breaks})
    parser.enable(["table", "strikethrough"])
    for rule in (_align_cells, _mark_tasks, _mark_alerts, _link_references):
        parser.core.ruler.push(rule.__name__, rule)
    parser.add_render_rule("fence", _fence)
    return parser


def _clean(html: str, mark: str) -> str:
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_NEVER_SHOWN,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener",
        allowed_classes={
            tag: {mark + word for name in names for word in name.split()}
            for tag, names in _CLASSES.items()
        },
    )
    return re.sub(r' class=""', "", cleaned)


def _named(html: str, mark: str, boxes: bool) -> str:
    """Turn our marks, which nobody else can have written, into boxes and classes."""

    def box(found: re.Match[str]) -> str:
        may = f'data-line="{found["line"]}"' if boxes else "disabled"
        checked = " checked" if found["word"] == "done" else ""
        return f'<input type="checkbox" class="task-box" {may}{checked}> '

    html = re.sub(rf"{mark}(?P<word>todo|done)(?P<line>\d+);", box, html)
    return html.replace(mark, "")


def _align_cells(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"th_open", "td_open"}:
            aligned = _ALIGNED.search(str(token.attrs.pop("style", "")))
            if aligned:
                token.attrSet("align", aligned[1])


def _mark_tasks(state: StateCore) -> None:
    mark = state.env["mark"]
    opened: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            opened.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            opened.pop()
        elif token.type == "inline" and index > 1:
            item = state.tokens[index - 2]
            task = _TASK.match(token.content)
            first = token.children[0] if token.children else None
            if not task or item.type != "list_item_open" or first is None or first.type != "text":
                continue
            done = "todo" if task[1] == " " else "done"
            line = item.map[0] if item.map else 0
            first.content = f"{mark}{done}{line};" + first.content[3:].lstrip()
            item.attrSet("class", mark + "task-list-item")
            opened[-1].attrSet("class", mark + "contains-task-list")


def _mark_alerts(state: StateCore) -> None:
    mark = state.env["mark"]
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or index <= 1:
            continue
        quote_open = state.tokens[index - 2]
        alert = _ALERT.match(token.content)
        if not alert or quote_open.type != "blockquote_open" or quote_open.level:
            continue
        kind = alert[1].lower()
        quote_open.attrSet("class", f"{mark}alert {mark}alert-{kind}")
        title = Token("html_inline", "", 0)
        title.content = f"<strong>{kind.capitalize()}</strong><br>"
        children = token.children or []
        rest = next((i for i, child in enumerate(children) if child.type == "softbreak"), None)
        token.children = [title] + ([] if rest is None else children[rest + 1 :])


def _link_references(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_with_links(token.children, state.env))


def _with_links(children: Sequence[Token], env: EnvType) -> list[Token]:
    depth = 0
    out: list[Token] = []
    for child in children:
        depth += child.type == "link_open" or child.content.lower().startswith("<a ")
        depth -= child.type == "link_close" or child.content.lower().startswith("</a")
        if child.type == "text" and depth <= 0:
            out += _linked(child, env)
        else:
            out.append(child)
    return out


def _linked(token: Token, env: EnvType) -> list[Token]:
    out: list[Token] = []
    end = 0
    for found in references(token.content, env["repository"], env["logins"]):
        out.append(_text(token.content[end : found.start]))
        out += _link(found, env["mark"])
        end = found.end
    return [*out, _text(token.content[end:])]


def _link(found: Reference, mark: str) -> list[Token]:
    opening = Token(
        "link_open", "a", 1, attrs={"href": quote(found.href, safe="/:?#[]@!$&'()*+,;=%~")}
    )
    if found.kind:
        opening.attrSet("class", mark + found.kind)
    return [opening, _text(found.text), Token("link_close", "a", -1)]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    del self, options
    token = tokens[index]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    lines = token.content.splitlines(keepends=True)
    code = "".join(
        _diff_line(line, env) if language == "diff" else escapeHtml(line) for line in lines
    )
    return f'<pre lang="{escapeHtml(language)}"><code>{code}</code></pre>\n'


def _diff_line(line: str, env: dict[str, Any] | EnvType) -> str:
    kinds = {"+": "diff-add", "-": "diff-delete", "@": "diff-hunk"}
    kind = kinds.get(line[:1])
    text = escapeHtml(line)
    return f'<span class="{env["mark"]}{kind}">{text}</span>' if kind else text
