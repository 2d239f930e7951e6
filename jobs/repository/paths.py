"""Decides which path names may be written into a tree that people will check out anywhere."""

import re
import unicodedata

from bot.plain_text import INVISIBLE_LETTERS, VARIATION_SELECTORS

MAX_PATH_BYTES = 1024
MAX_PARTS = 32
MAX_PART_BYTES = 255

_INVISIBLE = INVISIBLE_LETTERS | VARIATION_SELECTORS
_HIDDEN_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible or direction-changing character",
    "Cn": "a character that does not exist",
    "Co": "a private character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
# The eight-character names that NTFS gives to files which begin with ".git".
_NTFS_SHORT_NAME = re.compile(r"(?:git[a-z]{0,3}|gi[0-9a-f]{4})~[0-9]+", re.IGNORECASE)


def why_refused(path: str) -> str:
    """Say why a path may not be in a change, or nothing when it may."""
    if hidden := _hidden_character(path):
        return f"the name has {hidden}"
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"the path is longer than {MAX_PATH_BYTES} bytes"
    if "\\" in path:
        return "the name has a backslash, which is a separator elsewhere"
    parts = path.split("/")
    if len(parts) > MAX_PARTS:
        return f"the path is deeper than {MAX_PARTS} folders"
    return next(filter(None, map(_why_part_refused, parts)), "")


def folded(name: str) -> str:
    """Write a name as the file systems see it that tell fewer names apart than Linux does."""
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf" and c not in _INVISIBLE)
    seen = unicodedata.normalize("NFKC", seen).casefold()
    return seen.split(":")[0].rstrip(" .")


def _why_part_refused(part: str) -> str:
    if not part:
        return "an empty name, or a path that starts at the root"
    if part in {".", ".."}:
        return "a path that moves between folders"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"a name is longer than {MAX_PART_BYTES} bytes"
    if folded(part) == ".git" or _NTFS_SHORT_NAME.fullmatch(folded(part)):
        return "a name that some system takes for git's own folder"
    if part[-1] in " .":
        return "a name that ends in a blank or a full stop"
    return ""


def _hidden_character(path: str) -> str:
    for character in path:
        category = unicodedata.category(character)
        if category in _HIDDEN_CATEGORIES:
            return _HIDDEN_CATEGORIES[category]
        if character in _INVISIBLE:
            return _HIDDEN_CATEGORIES["Cf"]
    return ""
