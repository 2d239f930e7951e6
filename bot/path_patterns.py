"""Matches paths with patterns as people write them: `docs/**`, `**/*.lock`, `setup.py`."""

import re
from collections.abc import Iterable
from functools import cache

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def first_match(path: str, patterns: Iterable[str]) -> str:
    """Return the first of the patterns that a path is meant by, or nothing.

    A pattern that ends in `/`, or names a folder, means all below it. Case does not count: on some
    people's machines the two are one file.
    """
    return next(
        (pattern for pattern in patterns if _compiled(pattern).fullmatch(path.casefold())), ""
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = _PARTS.findall(pattern.casefold().rstrip("/"))
    return re.compile(
        "".join(_MEANS.get(part) or re.escape(part) for part in parts) + "(?:/.*)?", re.DOTALL
    )
