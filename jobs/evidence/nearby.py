"""Finds the test files next to what a change touches: those that carry a changed file's name."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from jobs.repository.change import Change
from jobs.repository.test_files import is_test, is_test_module

MOST = 20

_OF_A_TEST = re.compile(r"^test_|_test$|[._-](?:test|spec)$")


def nearby_tests(change: Change, paths: Sequence[str]) -> tuple[str, ...]:
    """Name them among the paths of the base; what the change itself brings is run anyway."""
    changed = set(change.paths())
    names = {PurePosixPath(path).stem for path in changed if not is_test(path)}
    found = (path for path in paths if is_test_module(path) and path not in changed)
    return tuple(path for path in found if _tested(path) in names)[:MOST]


def _tested(path: str) -> str:
    """Return the name that a test file has without what makes it one."""
    return _OF_A_TEST.sub("", PurePosixPath(path).stem, count=1)
