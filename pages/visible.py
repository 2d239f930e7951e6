"""Makes characters that hide or reorder text visible, so that a log shows what stood there."""

import unicodedata

_PLAIN_SPACE = {"\n", "\t"}


def visible(text: str) -> str:
    """Return the text with control, format and surrogate characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _PLAIN_SPACE or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}:
        return character
    return f"\\u{{{ord(character):x}}}"
