"""Finds the open items of a task list in a text; nothing here touches the world."""

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.plain_text import visible

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_OPEN = "[ ] "


def open_items(text: str) -> list[str]:
    """Return the words of each item without a tick, in order; what is nested belongs to its item.

    What is quoted, or is code, is no task list.
    """
    root = SyntaxTreeNode(_MARKDOWN.parse(visible(text)))
    lists = [node for node in root.children if node.type in {"bullet_list", "ordered_list"}]
    items = (_words(item) for one in lists for item in one.children)
    return [" ".join(words.removeprefix(_OPEN).split()) for words in items if _is_open(words)]


def _is_open(words: str) -> bool:
    return words.startswith(_OPEN) and bool(words[len(_OPEN) :].strip())


def _words(item: SyntaxTreeNode) -> str:
    first = item.children[0] if item.children else None
    if first is None or first.type != "paragraph":
        return ""
    return first.children[0].content
