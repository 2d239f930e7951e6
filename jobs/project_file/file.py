"""Reads the whole file into its sections.

A mistake in the file is a problem with a line and a key, never a reason to guess: a section with
one counts as if it said nothing, and what it would have said is not looked for elsewhere.
"""

from dataclasses import dataclass

from jobs.project_file.environment import ProjectEnvironment, read_environment
from jobs.project_file.nodes import NotReadable, compose, section, unknown_keys
from jobs.project_file.verify import Verify, read_verify

SECTIONS = ("version", "trigger", "who", "env", "verify", "limits", "pr", "paths", "review", "plan")
_NO_CHECK = Verify()
_NO_WISH = ProjectEnvironment()


@dataclass(frozen=True)
class ProjectFile:
    """What the project says, section by section; a mistake in one leaves the others as they are."""

    verify: Verify = _NO_CHECK
    environment: ProjectEnvironment = _NO_WISH


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
    if problems := tuple(unknown_keys(root, "", SECTIONS)):
        return _wrong(*problems)
    return ProjectFile(read_verify(section(root, "verify")), read_environment(section(root, "env")))


def _wrong(*problems: str) -> ProjectFile:
    return ProjectFile(Verify((), problems), ProjectEnvironment(problems=problems))
