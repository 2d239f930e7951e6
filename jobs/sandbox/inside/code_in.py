"""Takes the code in: a git pack becomes a base repository of the server's and a work tree."""

from __future__ import annotations

import os
import re

from . import change, git, stripping
from .frames import Refused, Request
from .places import BASE_GIT, REPO, make_real_folder, remove

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256_LENGTH = 64
_REPO_GIT = f"{REPO}/.git"


def put(request: Request) -> None:
    """Answer a `put` request."""
    base, shallow = request.header["base"], request.header["shallow"]
    if not all(_SHA.fullmatch(sha) for sha in (base, *shallow)):
        raise Refused("put needs full commit ids")
    if change.has_base():
        raise Refused("this sandbox has its code already")
    prepared = os.path.lexists(REPO)
    _clear()
    _make(BASE_GIT, base, shallow, bare=True)
    git.feed(request.pieces(), "index-pack", "--stdin")
    git.run("cat-file", "-e", base + "^{commit}")
    # The agent's own repository: whatever it does to it, the base stays as it is.
    _make(_REPO_GIT, base, shallow, bare=False)
    git.run("read-tree", "--reset", "-u", base, git_dir=_REPO_GIT, work_tree=REPO)
    files = change.remember(base)
    if prepared:
        # What this commit does not ignore any more would look like the agent's work.
        for path in change.new_files():
            stripping.remove_in_repo(path)
    request.answer({"files": files})


def _clear() -> None:
    """Make room where the code will lie; what a set-up has put there in its stead has to go."""
    remove(BASE_GIT)
    make_real_folder(REPO)
    remove(_REPO_GIT)


def _make(path: str, base: str, shallow: list[str], *, bare: bool) -> None:
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        os.makedirs(f"{path}/{folder}")
    files = {
        "HEAD": "ref: refs/heads/main\n",
        "refs/heads/main": base + "\n",
        "config": _config(base, bare=bare),
        "info/attributes": git.ATTRIBUTES,
    }
    if shallow:
        files["shallow"] = "".join(sha + "\n" for sha in shallow)
    if not bare:
        files["objects/info/alternates"] = f"{BASE_GIT}/objects\n"
    for name, content in files.items():
        with open(f"{path}/{name}", "w", encoding="ascii") as opened:
            opened.write(content)


def _config(base: str, *, bare: bool) -> str:
    long_ids = len(base) == _SHA256_LENGTH
    lines = [
        "[core]",
        f"repositoryformatversion = {int(long_ids)}",
        "filemode = true",
        "autocrlf = false",
        f"bare = {str(bare).lower()}",
        f"logallrefupdates = {str(not bare).lower()}",
        "[gc]",
        "auto = 0",
        "[user]",
        "name = Agent",
        "email = agent@localhost",
    ]
    if long_ids:
        lines += ["[extensions]", "objectFormat = sha256"]
    return "\n".join(lines) + "\n"
