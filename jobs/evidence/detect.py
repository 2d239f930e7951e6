"""Finds out how a project is tested: what it says itself, or else what its files give away."""

from dataclasses import dataclass
from typing import Protocol

from jobs.evidence.check import Check
from jobs.evidence.other_projects import go_checks, make_checks, node_checks
from jobs.evidence.python_project import python_checks
from jobs.project_file.file import read_project_file
from jobs.project_file.nodes import PROJECT_FILE

MAX_CHECKS = 6


class RepositoryFiles(Protocol):
    """The files of the base commit."""

    def paths(self) -> list[str]:
        """List every file."""
        ...

    def text(self, path: str) -> str | None:
        """Read a file as text, if there is one."""
        ...


@dataclass(frozen=True)
class Detection:
    """The checks of a project, and what is wrong with how it names them."""

    checks: tuple[Check, ...]
    problems: tuple[str, ...] = ()


def detect(files: RepositoryFiles, project: RepositoryFiles | None = None) -> Detection:
    """Find the checks; a project's file with a mistake gives problems and no checks.

    That file is the one of `project`, where the others are not to be believed in this.
    """
    named = read_project_file((project or files).text(PROJECT_FILE)).verify
    if named.checks or named.problems:
        return Detection(named.checks, named.problems)
    paths = files.paths()
    found = [
        *python_checks(paths, files.text),
        *node_checks(paths, files.text),
        *go_checks(paths),
    ]
    return Detection(tuple(found or make_checks(paths, files.text))[:MAX_CHECKS])
