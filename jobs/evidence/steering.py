"""Finds what in a change decides how tests are run: it could make every test pass."""

import json
import re
import tomllib
from collections.abc import Callable, Sequence
from typing import Any

from bot.plain_text import one_line
from jobs.evidence.check import Check, DeclaredCheck
from jobs.repository.change import Change
from jobs.repository.protected import steers_make, steers_tests
from jobs.repository.test_files import is_test_module

Read = Callable[[str], str | None]

_MAKE = re.compile(r"\bg?make\b")
_WORDS = re.compile(r"[^\s'\";|&()<>]+")
_IN_PYPROJECT = ("pytest", "tox", "coverage", "nox")
_IN_PACKAGE = ("scripts", "jest", "mocha", "ava", "tap", "c8", "nyc", "vitest")
_BROKEN = object()
_NAMED, _LONGEST_NAME = 5, 100


def steering(
    change: Change, checks: Sequence[Check], declared: Sequence[DeclaredCheck], read: Read
) -> tuple[str, ...]:
    """Name the changed files that decide how tests are run; `read` gives files of the base."""
    commands = [check.command for check in checks]
    by_make = any(map(_MAKE.search, [*commands, *(check.command for check in declared)]))
    scripts = {word.removeprefix("./") for each in commands for word in _WORDS.findall(each)}
    return tuple(
        file.path
        for file in change.files
        if steers_tests(file.path)
        or (by_make and steers_make(file.path))
        or (file.path in scripts and not is_test_module(file.path))
        or _runners(file.path, read(file.path)) != _runners(file.path, _text(file.content))
    )


def altered(files: Sequence[str]) -> str:
    """Say why evidence that was gathered with these changed files is not clean."""
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    named = ", ".join(one_line(path, _LONGEST_NAME) for path in files[:_NAMED])
    return f"the change alters how tests are run: {named}{more}"


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")


def _runners(path: str, text: str | None) -> Any:
    """Return the part of a manifest that is about running tests; most changes leave it alone."""
    try:
        match path.rsplit("/", 1)[-1].lower():
            case "pyproject.toml":
                tools = tomllib.loads(text or "").get("tool", {})
                return {name: tools[name] for name in _IN_PYPROJECT if name in tools}
            case "package.json":
                package = json.loads(text or "{}")
                return {name: package[name] for name in _IN_PACKAGE if name in package}
            case _:
                return None
    except (ValueError, TypeError, RecursionError, AttributeError):
        return _BROKEN
