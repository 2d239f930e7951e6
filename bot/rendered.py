"""Builds a text anew from the page that GitHub makes of it: what a reader cannot see is not in it.

The model has to see what the person saw who gave the command. Rules over the source let pass what
they do not know of, so the way is the other one: the text is read as Markdown, and only what is
drawn is written down. Where that loses nothing, the source stays as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.page_html import Html, Removed
from bot.plain_text import hidden_runs, visible

__all__ = ["Removed", "Rendered", "rendered"]

LONGEST = 65_536
"""As long as GitHub lets a text be; what is beyond that did not come from there."""
_MARKDOWN = MarkdownIt("commonmark", {"store_labels": True}).enable(["table", "strikethrough"])
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\]\s]{1,100})\]:", re.MULTILINE)
_NOTED = re.compile(r"\[\^([^\]\s]{1,100})\](?!:)")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,30}")
_MARKS = {"em": "*", "strong": "**", "s": "~~"}
_A_WORD = 1


@dataclass(frozen=True)
class Rendered:
    """A text as the page shows it, and what else stood in its source."""

    text: str
    removed: tuple[Removed, ...] = ()


def rendered(source: str) -> Rendered:
    """Return what a reader of the page sees, as Markdown."""
    source = source[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    page = _Page(source)
    text = visible(page.text())
    unseen = [Removed("invisible characters", run) for run in hidden_runs(source)]
    as_written = visible(source)
    kept = as_written if _letters(as_written) == _letters(text) else text
    return Rendered(kept, (*page.html.removed, *unseen))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


class _Page:
    """One document on its way to what is seen of it."""

    def __init__(self, source: str) -> None:
        found: dict[str, Any] = {}
        self._root = SyntaxTreeNode(_MARKDOWN.parse(source, found))
        self._definitions = {**found.get("references", {})}
        self._twice = found.get("duplicate_refs", [])
        self._notes = set(_NOTED.findall(_FOOTNOTE.sub("", source)))
        self._after_note = False
        self.html = Html()

    def text(self) -> str:
        """Write the page down, and note what is left out."""
        lines = self._blocks(self._root)
        self.html.end()
        for label, definition in self._definitions.items():
            words = f"[{label}]: {definition['href']} {definition.get('title', '')}"
            self.html.take_out("a definition that nothing refers to", words)
        for definition in self._twice:
            self.html.take_out("a definition that does not count", str(definition))
        return "\n".join(lines)

    def _blocks(self, node: SyntaxTreeNode, between: str = "\n") -> list[str]:
        lines: list[str] = []
        for child in node.children:
            shown = self._block(child)
            if lines and shown and between:
                lines.append("")
            lines += shown
        return lines

    def _block(self, node: SyntaxTreeNode) -> list[str]:
        if node.type in {"paragraph", "heading"}:
            return self._words(node)
        in_note, self._after_note = self._after_note, False
        match node.type:
            case "code_block" if in_note:
                # What is indented behind a note belongs to the note, not to the page.
                self.html.take_out("a note that nothing refers to", node.content)
                return []
            case "html_block":
                return [line for line in self.html.read(node.content).split("\n") if line.strip()]
            case "fence" | "code_block":
                return self._code(node)
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case _:
                return self._others(node)

    def _others(self, node: SyntaxTreeNode) -> list[str]:
        if node.type == "table":
            return list(self._table(node))
        if node.type == "hr":
            return [shown] if (shown := self.html.show("---")) else []
        inner = self._blocks(node)
        return [f"> {line}".rstrip() for line in inner] if node.type == "blockquote" else inner

    def _words(self, node: SyntaxTreeNode) -> list[str]:
        self._after_note = False
        mark = f"{'#' * int(node.tag[1:])} " if node.type == "heading" else ""
        text = self._paragraph(node)
        return f"{mark}{text}".split("\n") if text.strip() else []

    def _code(self, node: SyntaxTreeNode) -> list[str]:
        if node.type == "code_block":
            text = self.html.show(node.content.rstrip("\n"))
            return [f"    {line}".rstrip() for line in text.split("\n")] if text else []
        language, _, rest = node.info.strip().partition(" ")
        if rest.strip() or (language and not _LANGUAGE.fullmatch(language)):
            self.html.take_out("words behind a code fence", node.info)
        name = language if _LANGUAGE.fullmatch(language) else ""
        text = self.html.show(f"{node.markup}{name}\n{node.content.rstrip(chr(10))}\n{node.markup}")
        return text.split("\n") if text else []

    def _list(self, node: SyntaxTreeNode) -> list[str]:
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
        loose = any(one.type == "paragraph" and not one.hidden for one in node.walk())
        lines: list[str] = []
        for number, item in enumerate(node.children, first):
            bullet = f"{number}." if node.type == "ordered_list" else "-"
            inner = self._blocks(item, "\n" if loose else "")
            if not inner:
                continue
            indent = " " * (len(bullet) + 1)
            lines += [f"{bullet} {inner[0]}", *(f"{indent}{line}".rstrip() for line in inner[1:])]
        return lines

    def _table(self, node: SyntaxTreeNode) -> Iterator[str]:
        rows = [one for one in node.walk() if one.type == "tr"]
        for number, row in enumerate(rows):
            cells = [self._inline(cell.children[0]) for cell in row.children]
            if any(cells):
                yield f"| {' | '.join(cells)} |"
            if number == 0 and any(cells):
                yield f"|{' --- |' * len(cells)}"

    def _paragraph(self, node: SyntaxTreeNode) -> str:
        """Return the words of a paragraph without the notes in it that nothing refers to."""
        content = node.children[0].content if node.children else ""
        starts = [found.start() for found in _FOOTNOTE.finditer(content)]
        if not starts:
            return self._inline(node.children[0]) if node.children else ""
        parts = [content[: starts[0]]]
        for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
            found = _FOOTNOTE.match(content, start)
            if found and found[1] in self._notes:
                parts.append(content[start:end])
            else:
                self.html.take_out("a note that nothing refers to", content[start:end])
                self._after_note = True
        shown = [_MARKDOWN.parseInline(part.strip("\n")) for part in parts if part.strip()]
        return "\n".join(self._inline(SyntaxTreeNode(tokens).children[0]) for tokens in shown)

    def _inline(self, node: SyntaxTreeNode) -> str:
        return "".join(map(self._span, node.children))

    def _span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text":
                return self.html.show(node.content)
            case "softbreak" | "hardbreak" | "code_inline":
                code = f"{node.markup}{node.content}{node.markup}"
                return self.html.show(code if node.type == "code_inline" else "\n")
            case "html_inline":
                return self.html.read(node.content)
            case "image":
                return self._image(node)
            case "link":
                return self._link(node)
            case _:
                mark = _MARKS.get(node.type, "")
                return f"{self.html.show(mark)}{self._inline(node)}{self.html.show(mark)}"

    def _image(self, node: SyntaxTreeNode) -> str:
        """Return where an image is; its words are drawn only where it is missing."""
        self._refer(node)
        words = " ".join(filter(None, (node.content, str(node.attrs.get("title", "")))))
        if len(words.split()) > _A_WORD:
            self.html.take_out("words behind an image", words)
        return self.html.show(f"![]({node.attrs.get('src', '')})")

    def _link(self, node: SyntaxTreeNode) -> str:
        self._refer(node)
        if title := str(node.attrs.get("title", "")):
            self.html.take_out("the title of a link", title)
        words, address = self._inline(node), str(node.attrs.get("href", ""))
        if words == address or node.markup == "autolink":
            return words
        return f"[{words}]({address})" if words.strip() else self.html.show(f"<{address}>")

    def _refer(self, node: SyntaxTreeNode) -> None:
        if label := node.meta.get("label"):
            self._definitions.pop(label, None)
