"""Runs git on the server's own bare repository, deaf to every configuration the agent can write."""

from __future__ import annotations

import os
import subprocess
from typing import Iterable

from .frames import Refused
from .places import BASE_GIT

ATTRIBUTES = "* -text -eol -crlf -filter -ident -working-tree-encoding\n"
"""Files are checked out byte for byte, and no filter runs, whatever .gitattributes says."""

_TIMEOUT_S = 20
_COMPLAINT = 600
_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.untrackedCache": "false",
    "core.autocrlf": "false",
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.precomposeUnicode": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}


def command(*arguments: str) -> list[str]:
    """Return the argument list for git with the settings that make it deaf."""
    settings = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
    return ["git", *settings, *arguments]


def environment(git_dir: str, work_tree: str = "", index: str = "") -> dict[str, str]:
    """Return the environment in which git sees the named repository and nothing else."""
    env = {
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": git_dir,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    if work_tree:
        env["GIT_WORK_TREE"] = work_tree
    if index:
        env["GIT_INDEX_FILE"] = index
    return env


def run(
    *arguments: str,
    git_dir: str = BASE_GIT,
    work_tree: str = "",
    index: str = "",
    stdin: bytes = b"",
    fine: tuple[int, ...] = (0,),
    silent: bool = False,
    timeout_s: float = _TIMEOUT_S,
) -> bytes:
    """Return what git printed; refuse with its complaint when it failed, or was not `silent`."""
    try:
        ended = subprocess.run(
            command(*arguments),
            env=environment(git_dir, work_tree, index),
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            cwd=work_tree or "/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"git {arguments[0]} did not end within {timeout_s:g} s") from None
    if ended.returncode not in fine or (silent and ended.stderr):
        raise Refused(f"git {arguments[0]} failed: {_short(ended.stderr)}")
    return ended.stdout


def feed(pieces: Iterable[bytes], *arguments: str) -> None:
    """Run git on the server's repository with `pieces` as its input, one after the other."""
    process = subprocess.Popen(
        command(*arguments),
        env=environment(BASE_GIT),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
    )
    if process.stdin is None or process.stderr is None:
        raise AssertionError("both are pipes")
    try:
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.close()
    except BrokenPipeError:
        pass  # git has stopped reading, and says why
    complaint = process.stderr.read()
    process.stderr.close()
    if process.wait():
        raise Refused(f"git {arguments[0]} failed: {_short(complaint)}")


def _short(complaint: bytes) -> str:
    return complaint.decode("utf-8", "replace").strip()[-_COMPLAINT:]
