"""Makes characters that hide or reorder text visible, so that a log shows what stood there."""

import unicodedata

_PLAIN_SPACE = {"\n", "\t"}
_CATEGORIES = {"Cc", "Cf", "Cs"}
# Drawn as nothing although Unicode files them under letters or marks: a text can be hidden in them.
# The one selector that is left out (U+FE0F) stands in ordinary emoji.
_DRAWN_AS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)))
)


def visible(text: str) -> str:
    """Return the text with control, invisible and surrogate characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _PLAIN_SPACE:
        return character
    if character in _DRAWN_AS_NOTHING or unicodedata.category(character) in _CATEGORIES:
        return f"\\u{{{ord(character):x}}}"
    return character
