"""Takes the code out again after a set-up, so that a snapshot holds what was made and no more."""

from __future__ import annotations

import os

from . import change, processes
from .frames import Refused, Request
from .places import AGENT_ENV, BASE_GIT, HOME, REPO, make_real_folder, remove

_DOWNLOADS = (
    ".cache/pip",
    ".cache/uv",
    ".cache/pdm",
    ".cache/pypoetry/cache",
    ".cache/pypoetry/artifacts",
    ".cache/yarn",
    ".npm/_cacache",
    ".npm/_logs",
    ".local/share/pnpm/store",
)
"""Where package managers keep what they have installed already, from the home folder on."""


def strip(request: Request) -> None:
    """Answer a `strip` request: what git ignores stays, with the home folder and the settings."""
    if not change.has_base():
        raise Refused("no code was put into this sandbox")
    processes.sweep()
    make_real_folder(REPO)
    make_real_folder(HOME)
    for path in (*change.files_of_base(), *change.new_files()):
        remove_in_repo(path)
    for each in (f"{REPO}/.git", BASE_GIT, *(f"{HOME}/{name}" for name in _DOWNLOADS)):
        remove(each)
    if not os.path.isfile(AGENT_ENV):
        remove(AGENT_ENV)
    change.forget()
    request.answer({})


def remove_in_repo(path: bytes) -> None:
    """Remove what is at `path` in the work tree, and the folders that are empty without it."""
    root = os.fsencode(REPO)
    folder = os.path.dirname(path)
    if not change.is_real_folder(folder):
        return
    remove(root + b"/" + path)
    while folder:
        try:
            os.rmdir(root + b"/" + folder)
        except OSError:
            return  # it still holds something
        folder = os.path.dirname(folder)
