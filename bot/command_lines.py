"""Finds the lines of a text that begin with the command and are shown as ordinary text."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.plain_text import visible

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MARK = "\ue000"
_END_OF_MARK = "\ue001"
_MARKED = re.compile(f"/{_MARK}([0-9]+){_END_OF_MARK}")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without what the eye cannot see."""
    plain = (
        visible(text).replace("\N{NO-BREAK SPACE}", " ").replace(_MARK, "\N{REPLACEMENT CHARACTER}")
    )
    return plain.split("\n")


def command_lines(lines: list[str], command: str) -> list[int]:
    """Return the numbers of the command lines.

    Each candidate is replaced by a mark that says its line before the text is read as Markdown, so
    that wherever Markdown moves it, the mark tells what that line has become.
    """
    begins = re.compile(rf"[ \t]*{re.escape(command)}(?=[ \t]|$)", re.IGNORECASE)
    candidates = [number for number, line in enumerate(lines) if begins.match(line)]
    if not candidates:
        return []
    marked = list(lines)
    for number in candidates:
        rest = lines[number].lstrip(" \t")
        indent = lines[number][: -len(rest)]
        mark = f"/{_MARK}{number}{_END_OF_MARK}"
        marked[number] = f"{indent}{mark}{rest[len(command) :]}"
    return sorted(set(_shown_marks(_MARKDOWN.parse("\n".join(marked)))))


def _shown_marks(tokens: list[Token]) -> Iterator[int]:
    """Yield the marks that begin a line of ordinary text."""
    quotes = 0
    enclosing = ""
    for token in tokens:
        match token.type:
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "inline" if not quotes and enclosing in {"paragraph_open", "heading_open"}:
                yield from _marks_at_line_starts(token.children or [])
        enclosing = token.type


def _marks_at_line_starts(children: list[Token]) -> Iterator[int]:
    at_line_start = True
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            at_line_start = True
            continue
        if at_line_start and child.type == "text" and (found := _MARKED.match(child.content)):
            yield int(found[1])
        at_line_start = False
