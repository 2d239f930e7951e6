"""Says which folder in the sandbox is what, and which paths the file tools may change."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import AnyStr

from .frames import Refused

WORKSPACE = "/workspace"
"""Everything that a snapshot keeps lies in here."""
REPO = "/workspace/repo"
BASE_GIT = "/workspace/base.git"
"""History and base of the work tree; the server's own, outside of what the agent works in."""
BASE_INDEX = "/workspace/base.git/base.index"
HOME = "/workspace/home"
AGENT_ENV = "/workspace/env"
"""What every command sources first."""
SCRATCH = "/tmp/agent"
_SPARE = "/run/agent"
_ROOM = 16 * 1024 * 1024
_DEEPEST = 200
"""Folders above a file that the file tools change; missing ones are made, one call in another."""


def resolve(path: str) -> str:
    """Return the absolute path meant by `path`, which may be relative to the repository."""
    if "\0" in path or not path:
        raise Refused("a path cannot be empty or hold a NUL byte")
    return os.path.normpath(os.path.join(REPO, path))


def resolve_writable(path: str) -> str:
    """Return the real path behind `path`, if the file tools may change it."""
    real = os.path.realpath(resolve(path))
    if not any(f"{real}/".startswith(f"{root}/") for root in (REPO, "/tmp", AGENT_ENV)):
        raise Refused(f"{path} is outside of the repository and /tmp")
    if real.count("/") > _DEEPEST:
        raise Refused(f"{path[:200]}… lies in more than {_DEEPEST} folders")
    if real.startswith(REPO) and ".git" in real.split("/"):
        raise Refused(f"{path} is inside .git: use git commands in bash instead")
    return real


def shown(path: str) -> str:
    """Return a path as people write it: relative to the repository where it is in there."""
    return path[len(REPO) + 1 :] if path.startswith(REPO + "/") else path


def set_up() -> None:
    """Make the home folder, whatever a set-up has left in its place."""
    make_real_folder(HOME)


def make_real_folder(path: AnyStr) -> None:
    """See to it that `path` is a folder and no link to one; what else is there has to go."""
    if os.path.islink(path) or not os.path.isdir(path):
        remove(path)
        os.mkdir(path)


def remove(path: AnyStr) -> None:
    """Remove a file, a link or a folder with all that is in it, if there is one."""
    if os.path.islink(path) or not os.path.isdir(path):
        with suppress(FileNotFoundError):
            os.unlink(path)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        _open_up(path)
        shutil.rmtree(path)


def scratch_folder() -> str:
    """Return the folder for scripts and output: a small spare one when /tmp is full."""
    with suppress(OSError):
        _make(SCRATCH)
        if has_room(SCRATCH):
            return SCRATCH
    # It is small, so it holds one command at a time.
    _empty(_SPARE)
    _make(_SPARE)
    return _SPARE


def renew_scratch() -> None:
    """Throw away all scripts and outputs, with whatever was put among them."""
    remove(SCRATCH)
    _empty(_SPARE)


def has_room(folder: str) -> bool:
    """Tell whether a command's script and output fit into `folder`, which may be gone."""
    try:
        left = os.statvfs(folder)
    except OSError:
        return False
    return left.f_bavail * left.f_frsize >= _ROOM and not is_out_of_files(left)


def is_out_of_files(left: os.statvfs_result) -> bool:
    """Tell whether there can be no more files; gVisor does not count them."""
    return bool(left.f_files and not left.f_favail)


def _open_up(folder: AnyStr) -> None:
    """Take the write protection off, as Go's module cache has it on all of its folders."""
    os.chmod(folder, 0o700)
    for each in os.scandir(folder):
        if each.is_dir(follow_symlinks=False):
            _open_up(each.path)


def _make(folder: str) -> None:
    for each in (folder, f"{folder}/cmd", f"{folder}/out"):
        make_real_folder(each)
        if not os.access(each, os.R_OK | os.W_OK | os.X_OK):
            os.chmod(each, 0o700)


def _empty(folder: str) -> None:
    os.chmod(folder, 0o700)
    for name in os.listdir(folder):
        remove(f"{folder}/{name}")
