"""Pushes a commit as a new branch, or one more onto a branch of ours; never over anybody's."""

import re
from enum import StrEnum

from jobs.repository.git import GitFailed, Remote
from jobs.repository.mirror import Mirror

PUSH_TIMEOUT_S = 120.0
LOOK_TIMEOUT_S = 30.0

# Our own branches only, in characters that mean nothing to a shell, to git or to a URL.
_BRANCH = re.compile(r"agent/[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_ANY_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|\.lock(?:/|$)|[/.]$|/\.))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}"
)
"""Somebody's own that the bot may add to, where the repository says so; in the same characters."""
_SURE_REFUSALS = (
    "Authentication failed",
    "could not read Username",
    "requested URL returned error: 4",
    "not found",
    "unable to update url base from redirection",
    "Could not resolve host",
    "Failed to connect",
    "Couldn't connect",
    "Connection refused",
)


class PushRefused(GitFailed):
    """Nothing was pushed, for sure."""


class BranchTaken(PushRefused):
    """A branch of that name is there and holds something else."""


class BaseGone(PushRefused):
    """The commit that the work began from is no longer part of the repository."""


class PushAmbiguous(GitFailed):
    """The push may or may not have happened: look with `remote_branch` before another try."""


class Pushed(StrEnum):
    """How the branch came to hold the commit."""

    CREATED = "created"
    ALREADY_THERE = "already there"


def push(mirror: Mirror, url: str, sha: str, branch: str, token: str | None = None) -> Pushed:
    """Create the branch at the commit, if there is no such branch."""
    ref = _ref(branch)
    remote = Remote(url, token)
    args = ["push", "--porcelain", "--no-verify", "--no-signed", f"--force-with-lease={ref}:"]
    args += [remote.url, f"{sha}:{ref}"]
    try:
        out = mirror.git.run(args, git_dir=mirror.path, remote=remote, timeout_s=PUSH_TIMEOUT_S)
    except GitFailed as failure:
        raise _meaning(failure) from None
    created = any(line.startswith("*\t") for line in out.decode("utf-8", "replace").splitlines())
    return Pushed.CREATED if created else Pushed.ALREADY_THERE


def advance(
    mirror: Mirror, url: str, sha: str, branch: str, expected: str, token: str | None = None
) -> None:
    """Move a branch from the commit that it is at to a descendant; BranchTaken if it is elsewhere.

    Git would force what it is given a lease for, so the descent is looked at first.
    """
    ref = _known_ref(branch)
    remote = Remote(url, token)
    mirror.git.run(["merge-base", "--is-ancestor", expected, sha], git_dir=mirror.path)
    args = ["push", "--porcelain", "--no-verify", "--no-signed"]
    args += [f"--force-with-lease={ref}:{expected}", remote.url, f"{sha}:{ref}"]
    try:
        mirror.git.run(args, git_dir=mirror.path, remote=remote, timeout_s=PUSH_TIMEOUT_S)
    except GitFailed as failure:
        raise _meaning(failure) from None


def remote_branch(mirror: Mirror, url: str, branch: str, token: str | None = None) -> str | None:
    """Ask the server what a branch holds; `None` when it is not there."""
    ref = _known_ref(branch)
    remote = Remote(url, token)
    args = ["ls-remote", remote.url, ref]
    out = mirror.git.run(args, git_dir=mirror.path, remote=remote, timeout_s=LOOK_TIMEOUT_S)
    for line in out.decode("utf-8", "replace").splitlines():
        sha, _, name = line.partition("\t")
        if name == ref:
            return sha
    return None


def _ref(branch: str) -> str:
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".lock", ".")):
        raise PushRefused("push", f"{ascii(branch)[:80]} is not a branch that is ours to make")
    return f"refs/heads/{branch}"


def _known_ref(branch: str) -> str:
    if not _ANY_BRANCH.fullmatch(branch):
        raise PushRefused("push", f"{ascii(branch)[:80]} is not a name that is given to git here")
    return f"refs/heads/{branch}"


def _meaning(failure: GitFailed) -> GitFailed:
    words = f"{failure.printed}\n{failure.words}".strip()
    if failure.timed_out:
        kind: type[GitFailed] = PushAmbiguous
    elif "stale info" in words or "already exists" in words:
        kind = BranchTaken
    elif "shallow update not allowed" in words:
        kind = BaseGone
        words = "the commit that the work began from is no longer part of the repository"
    elif "[remote rejected]" in words or any(sign in words for sign in _SURE_REFUSALS):
        kind = PushRefused
    else:
        kind = PushAmbiguous
    return kind("push", words, exit_code=failure.exit_code, timed_out=failure.timed_out)
