"""Brings the repository that was asked for, and its issue, onto the demo's stage."""

import re
import subprocess
from pathlib import Path

_BRANCH = "main"
_LONGEST_NAME = 100
_LONGEST_TITLE = 256
_LONGEST_BODY = 65536


class CannotSetStage(Exception):
    """What was asked for cannot be played; the message says why."""


def copy_of(repository: str, folder: Path) -> str:
    """Clone a repository, with the caller's own git settings and keys; return its branch.

    A copy, since the original is never written to, and has to be read only here by somebody
    who may.
    """
    _git(repository, "clone", "--bare", "--quiet", "--", repository, str(folder))
    here = ["--git-dir", str(folder)]
    if _git(repository, *here, "rev-parse", "--is-shallow-repository") == "true":
        raise CannotSetStage(
            f"{repository} is a shallow clone; `git fetch --unshallow` there fetches the rest."
        )
    if (kind := _git(repository, *here, "rev-parse", "--show-object-format")) != "sha1":
        raise CannotSetStage(f"{repository} has {kind} object ids, which GitHub does not take.")
    if not _git(repository, *here, "rev-parse", "--verify", "--quiet", "HEAD", may_fail=True):
        raise CannotSetStage(f"{repository} has no commit yet on the branch that is its HEAD.")
    branch = _git(repository, *here, "symbolic-ref", "--short", "--quiet", "HEAD", may_fail=True)
    if branch:
        return branch
    # Checked out at a commit, as build servers do: that commit is what is meant.
    _git(repository, *here, "update-ref", f"refs/heads/{_BRANCH}", "HEAD")
    _git(repository, *here, "symbolic-ref", "HEAD", f"refs/heads/{_BRANCH}")
    return _BRANCH


def _git(repository: str, *arguments: str, may_fail: bool = False) -> str:
    done = subprocess.run(
        ["git", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0 and not may_fail:
        why = done.stderr.decode(errors="replace").strip()
        raise CannotSetStage(f"{repository} cannot be used as a git repository:\n{why}")
    return done.stdout.decode(errors="replace").strip()


def read_issue(file: Path) -> tuple[str, str]:
    """Return title and body of an issue: the first line of a file, and the rest."""
    try:
        title, _, body = file.read_text(encoding="utf-8-sig").strip().partition("\n")
    except UnicodeDecodeError as wrong:
        raise CannotSetStage(f"{file} is not text in UTF-8: {wrong}") from wrong
    title = re.sub(r"^#+\s+", "", title).strip()
    if not title:
        raise CannotSetStage(f"{file} is empty: its first line is the issue's title.")
    if len(title) > _LONGEST_TITLE:
        raise CannotSetStage(
            f"{file}: its first line is the issue's title, and has {len(title)} characters; "
            f"GitHub takes {_LONGEST_TITLE}."
        )
    if len(body) >= _LONGEST_BODY:
        raise CannotSetStage(f"{file} is longer than the {_LONGEST_BODY} characters of an issue.")
    return title, body.strip() + "\n"


def name_of(where: str) -> str:
    """Return the name that a repository of this path or address has on GitHub."""
    name = re.split(r"[/:]", where.rstrip("/").removesuffix("/.git"))[-1].removesuffix(".git")
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    return kept[:_LONGEST_NAME] or "repository"
