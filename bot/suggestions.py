"""Finds the suggested change in a comment of a review; nothing here touches the world.

What GitHub reads as one:
https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/incorporating-feedback-in-your-pull-request
"""

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark")
_NAME = "suggestion"


def suggested(body: str) -> tuple[str, ...] | None:
    """Return the lines that a comment suggests, none of them to delete; None without the one.

    Several suggestions in one comment are several ways to do it, so nobody but their author can
    say which is meant.
    """
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    tokens = [token for token in _MARKDOWN.parse(text) if token.type == "fence"]
    found = [token for token in tokens if token.info.strip().lower() == _NAME]
    if len(found) != 1 or found[0].level:
        return None
    content = found[0].content
    return tuple(content.removesuffix("\n").split("\n")) if content else ()
