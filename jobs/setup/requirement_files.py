"""Chooses among a project's requirement files: what it needs, and what its tests need."""

import re
from collections.abc import Sequence

from jobs.setup.manifests import Manifests, inside

_NAME = re.compile(r"(?:(?P<before>\w+)[-_.])?requirements?(?:[-_.](?P<after>[\w-]+))?\.txt")
_FOLDERS = ("requirements", "reqs", "requirement")
_KINDS = (
    (("", "base", "main", "common", "prod", "production", "install", "core", "requirements"), 0),
    (("test", "tests", "testing", "unittest", "pytest", "ci"), 1),
    (("dev", "develop", "development", "devel", "local", "all"), 2),
)


def requirement_files(manifests: Manifests, folder: str) -> list[str]:
    """List them as paths from `folder` on: one for the project, one for tests or development."""
    found = _root(manifests, folder) + _below(manifests, folder)
    needs, tests, development = (
        [path for path, its_kind in found if its_kind == kind] for kind in range(3)
    )
    return [*needs[:1], *(tests[:1] or development[:1])]


def _root(manifests: Manifests, folder: str) -> list[tuple[str, int]]:
    found = []
    for name in manifests.names_in(folder):
        if read := _NAME.fullmatch(name):
            word = (read["after"] or read["before"] or "").lower()
            found.append((name, word))
    return _sorted(found)


def _below(manifests: Manifests, folder: str) -> list[tuple[str, int]]:
    found = []
    for place in _FOLDERS:
        for name in manifests.names_in(inside(folder, place)):
            word = name.removesuffix(".txt").lower()
            if name.endswith(".txt"):
                found.append((f"{place}/{name}", word.removeprefix("requirements-")))
    return _sorted(found)


def _sorted(found: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Keep what has a kind, in the order of the words for it."""
    kept = [
        (words.index(word), path, kind)
        for path, word in found
        for words, kind in _KINDS
        if word in words
    ]
    return [(path, kind) for _, path, kind in sorted(kept)]
