"""Says whether a change is large or risky enough for a second look."""

import re
from dataclasses import dataclass
from typing import Literal

from jobs.repository.change import Change
from jobs.repository.protected import why_warned
from jobs.repository.test_files import is_test

When = Literal["off", "auto", "always"]

MOST_LINES = 60
MOST_FILES = 3
"""Of a change that goes without a second look."""

_SENSITIVE = {
    *("auth", "authentication", "authorization", "login", "password", "passwords", "permission"),
    *("permissions", "session", "sessions", "token", "tokens", "crypto", "encryption", "secret"),
    *("secrets", "security", "payment", "payments", "billing", "migration", "migrations"),
    *("sandbox", "sudo", "csrf", "oauth", "jwt", "acl", "sql"),
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Size:
    """How much a unified diff adds and removes."""

    added: int
    removed: int

    @property
    def lines(self) -> int:
        """Return both together."""
        return self.added + self.removed


def size_of(diff: str) -> Size:
    """Count the lines of a unified diff."""
    in_hunk, added, removed = False, 0, 0
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            in_hunk = False
        elif line.startswith("@@"):
            in_hunk = True
        elif in_hunk:
            added += line.startswith("+")
            removed += line.startswith("-")
    return Size(added, removed)


def why_due(when: When, change: Change, diff: str) -> str:
    """Say why this change wants a second look, or nothing."""
    match when:
        case "off":
            return ""
        case "always":
            return "always asked"
        case "auto":
            return _why_auto(change, diff)


def _why_auto(change: Change, diff: str) -> str:
    if (lines := size_of(diff).lines) > MOST_LINES:
        return f"{lines} lines are changed"
    if len(change.files) > MOST_FILES:
        return f"{len(change.files)} files are changed"
    return next((f"{path}: {why}" for path in change.paths() if (why := _risk(path))), "")


def _risk(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    if (why := why_warned(path)) and not name.startswith("readme"):
        return why
    if is_test(path):
        return ""
    words = {word.lower() for word in _WORD.findall(path)}
    return f"`{min(found)}` is a sensitive place" if (found := words & _SENSITIVE) else ""
