"""Takes the code in: a git pack becomes a base repository of the server's and a work tree."""

from __future__ import annotations

import errno
import os
import re
import resource
from typing import Iterator

from . import change, git, stripping
from .frames import Refused, Request
from .places import BASE_GIT, REPO, WORKSPACE, is_out_of_files, make_real_folder, remove

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TAG = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]{1,240}")
_SHA256_LENGTH = 64
_CHECK_OUT_S = 240
_NO_ROOM = 1024 * 1024
_PAGE = 4096
_REPO_GIT = f"{REPO}/.git"


def put(request: Request) -> None:
    """Answer a `put` request."""
    try:
        _put(request)
    except (Refused, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise Refused("the repository has a file larger than a sandbox allows") from error
        if _room() > _NO_ROOM and not is_out_of_files(os.statvfs(WORKSPACE)):
            raise
        raise _does_not_fit() from error


def _put(request: Request) -> None:
    base, shallow = request.header["base"], request.header["shallow"]
    tags = request.header.get("tags", {})
    if not all(_SHA.fullmatch(sha) for sha in (base, *shallow, *tags.values())):
        raise Refused("put needs full commit ids")
    if not all(_TAG.fullmatch(name) for name in tags):
        raise Refused("put needs names of tags that git would take")
    if change.has_base():
        raise Refused("this sandbox has its code already")
    prepared = os.path.lexists(REPO)
    _clear()
    _refuse_large(sum(map(sum, request.header.get("parts", []))))
    _make(BASE_GIT, base, shallow, {}, bare=True)
    _take_pack(request, base)
    listed = change.listing(base)
    _refuse_large(_size_of_tree(listed))
    # The agent's own repository: whatever it does to it, the base stays as it is.
    _make(_REPO_GIT, base, shallow, tags, bare=False)
    check_out = ("read-tree", "--reset", "-u", base)
    git.run(*check_out, git_dir=_REPO_GIT, work_tree=REPO, timeout_s=_CHECK_OUT_S)
    files = change.remember(base, listed, f"{_REPO_GIT}/index")
    if prepared:
        # What this commit does not ignore any more would look like the agent's work.
        for path in change.new_files():
            stripping.remove_in_repo(path)
    request.answer({"files": files})


def _refuse_large(size: int) -> None:
    """Refuse before anything is written what cannot be written whole."""
    if size > _room():
        raise _does_not_fit(f"needs {size // 2**20:,} MB more and ")


def _size_of_tree(listed: bytes) -> int:
    """Return what the files of a listing take in whole pages; refuse one that is too large."""
    largest = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    total = 0
    for about, path in change.lines(listed):
        size = int(about[3]) if about[3].isdigit() else 0  # a submodule has none
        if 0 <= largest < size:
            name, has, allowed = path.decode("utf-8", "replace"), size // 2**20, largest // 2**20
            raise Refused(f"{name} has {has:,} MB, and a sandbox allows a file {allowed:,} MB")
        total += -(-size // _PAGE) * _PAGE
    return total


def _room() -> int:
    room = os.statvfs(WORKSPACE)
    return room.f_bavail * room.f_frsize


def _does_not_fit(why: str = "") -> Refused:
    room = os.statvfs(WORKSPACE)
    size = room.f_blocks * room.f_frsize // 2**20
    return Refused(
        f"the repository {why}does not fit into the sandbox's work folder of {size:,} MB "
        "(PATCHBAY_SANDBOX_WORKSPACE_MB)"
    )


def _take_pack(request: Request, base: str) -> None:
    """Store the pack; parts that come with their indexes need no work but this."""
    parts = request.header.get("parts", [])
    if parts:
        body = _Body(request.pieces())
        for number, (index_size, pack_size) in enumerate(parts):
            # Git knows a pack by the name of its files, and its index by the same.
            name = f"{BASE_GIT}/objects/pack/pack-{number:0{len(base)}x}"
            body.store(f"{name}.idx", index_size)
            body.store(f"{name}.pack", pack_size)
    else:
        git.feed(request.pieces(), "index-pack", "--stdin")
    git.run("cat-file", "-e", base + "^{commit}")


class _Body:
    """The body of a request, taken file by file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def store(self, name: str, size: int) -> None:
        """Write the next `size` bytes into a new file."""
        with open(name, "wb") as opened:
            while size:
                if not self._left:
                    self._left = memoryview(next(self._pieces, b""))
                if not self._left:
                    raise Refused("the pack ends before its end")
                written = opened.write(self._left[:size])
                self._left = self._left[written:]
                size -= written


def _clear() -> None:
    """Make room where the code will lie; what a set-up has put there in its stead has to go."""
    remove(BASE_GIT)
    make_real_folder(REPO)
    remove(_REPO_GIT)


def _make(path: str, base: str, shallow: list[str], tags: dict[str, str], *, bare: bool) -> None:
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
    if tags:
        # One file for all, so that no name has to be one of a file.
        files["packed-refs"] = "".join(f"{sha} refs/tags/{name}\n" for name, sha in tags.items())
    if not bare:
        files["objects/info/alternates"] = f"{BASE_GIT}/objects\n"
    for name, content in files.items():
        with open(f"{path}/{name}", "w", encoding="utf-8") as opened:
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
