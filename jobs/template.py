"""Reads the repository's own template for pull requests, as people get it who open one."""

from jobs.checkout import Base

_MOST = 8_000
_FOLDERS = (".github/", "", "docs/")
_NAMES = ("PULL_REQUEST_TEMPLATE.md", "pull_request_template.md")


def template_of(base: Base) -> str:
    """Return the template of the default branch; nothing without one, or where none is wanted."""
    if not base.project.pr.template:
        return ""
    snapshot = base.mirror.at(base.project_sha or base.sha)
    found = (snapshot.text(f"{folder}{name}") for folder in _FOLDERS for name in _NAMES)
    return next((text[:_MOST] for text in found if text and text.strip()), "")
