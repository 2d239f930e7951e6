"""Mirrors fetch what is new, stay whole, and give out a commit with its ancestors only."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.repository.git import GitFailed, NotInRepository
from jobs.repository.mirror import Mirror, Mirrors
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN, GitServer, Handler, serving


def test_a_branch_and_a_sha_are_fetched_and_read(origin: Origin, mirror: Mirror, url: str) -> None:
    first = origin.commit({"a.txt": b"one\n", "src/b.py": b"b\r\n", "päth/ü.txt": b"u"})
    second = origin.commit({"a.txt": b"two\n"})
    assert mirror.fetch(url, "main", READ_TOKEN) == second
    assert mirror.fetch(url, first, READ_TOKEN) == first
    assert mirror.paths(second) == ["a.txt", "päth/ü.txt", "src/b.py"]
    assert mirror.at(first).content("a.txt") == b"one\n"
    assert mirror.at(second).text("a.txt") == "two\n"
    assert mirror.file(second, "src/b.py") == b"b\r\n"
    assert mirror.commit_info(second).subject == "a step"
    assert mirror.commit_info(second).parents == (first,)


def test_what_is_not_a_small_regular_file_is_not_read(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    (origin.work / "link").symlink_to("/etc/passwd")
    sha = mirror.fetch(file_url, origin.commit({"src/b.py": b"b" * 100}))
    for path in ("link", "src", "src/", "gone", "", "../b", "src/b.py/", "*", ":/src/b.py"):
        assert mirror.file(sha, path) is None
    assert mirror.file(sha, "src/b.py", max_bytes=99) is None
    assert mirror.size(sha).files == 2
    assert mirror.size(sha).largest == 100


def test_a_commit_that_is_here_needs_no_server(
    origin: Origin, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    sha = origin.commit({"a": b"1"})
    assert not mirror.has(sha)
    mirror.fetch(url, sha, READ_TOKEN)
    asked = len(git_server.requests)
    assert mirror.fetch(url, sha, READ_TOKEN) == sha
    assert mirror.has(sha)
    assert len(git_server.requests) == asked


def test_only_what_is_new_is_sent(
    origin: Origin, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    noise = bytes(range(256)) * 40
    origin.commit({f"big{n}": noise + str(n).encode() * 3000 for n in range(40)})
    mirror.fetch(url, "main", READ_TOKEN)
    whole = git_server.bytes_sent
    origin.commit({"small": b"new"})
    mirror.fetch(url, "main", READ_TOKEN)
    assert git_server.bytes_sent - whole < whole / 4


def test_many_at_once_fetch_one_time(
    origin: Origin, mirrors: Mirrors, url: str, git_server: GitServer
) -> None:
    sha = origin.commit({"a": b"1"})
    with ThreadPoolExecutor(4) as pool:
        fetched = pool.map(lambda _: mirrors.open(9).fetch(url, sha, READ_TOKEN), range(4))
    assert set(fetched) == {sha}
    packs = [line for line in git_server.requests if line.startswith("POST")]
    # One conversation: what refs are there, the objects; and one of the tags.
    assert len(packs) <= 3


def test_a_damaged_mirror_is_found_out_and_made_again(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    sha = origin.commit({"a": b"some text\n" * 100})
    mirror.fetch(file_url, sha)
    for pack in mirror.path.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-40])
    for loose in mirror.path.glob("objects/??/*"):
        loose.unlink()
    with pytest.raises(GitFailed):
        b"".join(mirror.pack(sha))
    assert mirror.fetch(file_url, sha) == sha
    assert mirror.file(sha, "a")
    assert b"PACK" in b"".join(mirror.pack(sha))


def test_what_a_killed_fetch_left_is_cleared(origin: Origin, mirror: Mirror, file_url: str) -> None:
    mirror.fetch(file_url, origin.commit({"a": b"1"}))
    left = [mirror.path / "shallow.lock", mirror.path / "objects/pack/tmp_pack_x"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    sha = origin.commit({"a": b"2"})
    assert mirror.fetch(file_url, sha) == sha
    assert not any(path.exists() for path in left)


def test_a_mirror_of_many_packs_is_put_in_order(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    shas = [origin.commit({"a": str(n).encode()}) for n in range(3)]
    for sha in shas:
        mirror.fetch(file_url, sha)
    folder = mirror.path / "objects/pack"
    folder.mkdir(exist_ok=True)
    last = origin.commit({"a": b"last"})
    for number in range(51):
        (folder / f"pack-{number:040x}.pack").touch()
    mirror.fetch(file_url, last)
    assert all(mirror.file(sha, "a") is not None for sha in (*shas, last))


@pytest.mark.parametrize(
    "branch",
    [
        "--upload-pack=touch canary",
        "a b",
        "a..b",
        "a:b",
        "x\ny",
        "",
        "*",
        "a~1",
        "@{u}",
        "/a",
        "a.lock",
    ],
)
def test_a_name_that_is_no_branch_is_refused_before_anybody_is_asked(
    branch: str, origin: Origin, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    origin.commit({"a": b"1"})
    with pytest.raises(GitFailed):
        mirror.fetch(url, branch, READ_TOKEN)
    assert git_server.requests == []


@pytest.mark.parametrize("branch", ["a/$(id)", "x;y", "größe", "refs/heads/x", "-x", "a`b"])
def test_a_strange_but_true_branch_is_fetched(
    branch: str, origin: Origin, mirror: Mirror, url: str
) -> None:
    sha = origin.commit({"a": b"1"}, branch=branch)
    origin.commit({"a": b"2"})
    assert mirror.fetch(url, branch, READ_TOKEN) == sha


@pytest.mark.parametrize("wanted", ["gone", "refs/pull/1/head", "main", "0" * 40])
def test_what_is_not_there_is_said(wanted: str, origin: Origin, mirror: Mirror, url: str) -> None:
    origin.commit({"a": b"1"}, branch="other")
    with pytest.raises(GitFailed) as failure:
        mirror.fetch(url, wanted, READ_TOKEN)
    assert READ_TOKEN not in str(failure.value)
    assert mirror.fetch(url, "other", READ_TOKEN)


def test_an_empty_repository_is_said(mirror: Mirror, url: str) -> None:
    with pytest.raises(NotInRepository, match="no branch of that name"):
        mirror.fetch(url, "main", READ_TOKEN)


def test_a_tree_that_holds_git_s_own_folder_is_refused(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    blob = origin.git("hash-object", "-w", "--stdin", stdin=b"[core]\n")
    inner = origin.git("mktree", stdin=f"100644 blob {blob}\tconfig\n".encode())
    tree = origin.git("mktree", stdin=f"040000 tree {inner}\t.git\n".encode())
    sha = origin.git("commit-tree", tree, "-m", "evil")
    origin.git("config", "receive.fsckObjects", "false", at=origin.bare)
    origin.git("push", "-q", "origin", f"{sha}:refs/heads/main")
    with pytest.raises(GitFailed, match="hasDotgit"):
        mirror.fetch(file_url, "main")
    assert not mirror.has(sha)


def test_an_old_flaw_of_an_honest_project_is_let_by(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    tree = origin.git("mktree", stdin=b"")
    raw = f"tree {tree}\nauthor A<a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nold\n".encode()
    sha = origin.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    origin.git("config", "receive.fsckObjects", "false", at=origin.bare)
    origin.git("push", "-q", "origin", f"{sha}:refs/heads/main")
    assert mirror.fetch(file_url, "main") == sha


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(
    origin: Origin, mirror: Mirror, url: str, git_server: GitServer, tmp_path: Path
) -> None:
    origin.commit({"a": b"1"})
    with serving(tmp_path / "served") as second:

        def elsewhere(handler: Handler) -> bool:
            return handler.refuse(302, Location=f"{second.url}{handler.path}")

        git_server.answer = elsewhere
        with pytest.raises(GitFailed):
            mirror.fetch(url, "main", READ_TOKEN)
        assert git_server.requests
        assert second.requests == []


def test_the_token_is_in_no_argument_list_and_in_no_file(
    origin: Origin, mirrors: Mirrors, url: str, git_server: GitServer
) -> None:
    origin.commit({"a": b"1"})
    seen: list[bytes] = []
    asked, sampled = threading.Event(), threading.Event()

    def wait(_: Handler) -> bool:
        asked.set()
        sampled.wait(20)
        return False

    git_server.answer = wait
    mirror = mirrors.open(3)
    with ThreadPoolExecutor(1) as pool:
        fetch = pool.submit(mirror.fetch, url, "main", READ_TOKEN)
        assert asked.wait(20)
        seen += [_read(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
        sampled.set()
        fetch.result()
    running = [line for line in seen if url.encode() in line]
    assert any(b"remote-http" in line for line in running)  # the sample saw the fetch
    assert not any(READ_TOKEN.encode() in line for line in seen)
    assert all(given.startswith("Basic ") for given in git_server.authorizations)
    for path in mirrors.root.rglob("*"):
        if path.is_file():
            assert READ_TOKEN.encode() not in path.read_bytes()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_what_a_server_says_is_cleaned(
    origin: Origin, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    origin.commit({"a": b"1"})
    words = f"\x1b[31mno\x1b[0m {READ_TOKEN} \u202e\x00".encode()
    git_server.answer = lambda handler: handler.refuse(500, words)
    with pytest.raises(GitFailed) as failure:
        mirror.fetch(url, "main", READ_TOKEN)
    assert READ_TOKEN not in str(failure.value)
    assert "\x1b" not in str(failure.value)
    assert "\u202e" not in str(failure.value)
