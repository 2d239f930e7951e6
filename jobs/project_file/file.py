"""Reads the whole file into its sections.

A mistake in the file is a problem with a line and a key, never a reason to guess: a section with
one counts as if it said nothing, and what it would have said is not looked for elsewhere.
"""

from dataclasses import dataclass, field, replace

from bot.project import Project
from jobs.project_file.environment import ProjectEnvironment, read_environment
from jobs.project_file.meanings import SECTIONS
from jobs.project_file.nodes import NotReadable, compose, section, unknown_keys
from jobs.project_file.sections import read_sections
from jobs.project_file.verify import Verify, read_verify

TOP = ("version", *SECTIONS)
_NO_CHECK = Verify()
_NO_WISH = ProjectEnvironment()


@dataclass(frozen=True)
class ProjectFile:
    """What the project says, section by section; a mistake in one leaves the others as they are."""

    verify: Verify = _NO_CHECK
    environment: ProjectEnvironment = _NO_WISH
    project: Project = field(default_factory=Project)
    """All other sections, and every mistake."""


def read_project_file(text: str | None) -> ProjectFile:
    """Parse the file; without one, nothing is said."""
    if not text:
        return ProjectFile()
    try:
        root = compose(text)
    except NotReadable as wrong:
        return _wrong(str(wrong))
    if root is None:
        return ProjectFile()
    if problems := tuple(unknown_keys(root, "", TOP)):
        return _wrong(*problems)
    verify, environment = (
        read_verify(section(root, "verify")),
        read_environment(section(root, "env")),
    )
    remarks = (*verify.problems, *environment.problems)
    return ProjectFile(verify, environment, replace(read_sections(root), remarks=remarks))


def read_project(text: str | None) -> Project:
    """Parse the file for whoever decides what may be asked, and how far it may go."""
    return read_project_file(text).project


def _wrong(*problems: str) -> ProjectFile:
    everywhere = Project(problems=problems, remarks=problems)
    return ProjectFile(Verify((), problems), ProjectEnvironment(problems=problems), everywhere)
