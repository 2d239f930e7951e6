"""A push makes a branch of ours that was not there, and nothing is ever moved."""

import pytest

from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.repository.git import GitFailed
from jobs.repository.mirror import Mirror
from jobs.repository.push import (
    BaseGone,
    BranchTaken,
    PushAmbiguous,
    Pushed,
    PushRefused,
    advance,
    push,
    remote_branch,
)
from jobs.repository.tree import Identity, commit, write_tree
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN, WRITE_TOKEN, GitServer, Handler

BOT = Identity("bot", "bot@example.org")
BRANCH = "agent/42-fix-tax-k3f9"


@pytest.fixture
def base(origin: Origin, mirror: Mirror, url: str) -> str:
    for number in range(4):
        origin.commit({"a.txt": str(number).encode()})
    return mirror.fetch(url, "main", READ_TOKEN, depth=2)


def work(mirror: Mirror, base: str, content: bytes = b"fixed\n") -> str:
    tree = write_tree(mirror, base, Change((ChangedFile("a.txt", FileMode.REGULAR, content),)))
    return commit(mirror, tree, base, message="Fix", author=BOT, committer=BOT, at=1)


def test_a_new_branch_is_made_once(base: str, mirror: Mirror, url: str, origin: Origin) -> None:
    sha = work(mirror, base)
    assert remote_branch(mirror, url, BRANCH, READ_TOKEN) is None
    assert push(mirror, url, sha, BRANCH, WRITE_TOKEN) is Pushed.CREATED
    assert push(mirror, url, sha, BRANCH, WRITE_TOKEN) is Pushed.ALREADY_THERE
    assert remote_branch(mirror, url, BRANCH, READ_TOKEN) == sha
    assert origin.git("show", f"{BRANCH}:a.txt", at=origin.bare) == "fixed"
    assert origin.git("rev-list", "--count", BRANCH, at=origin.bare) == "5"


def test_a_branch_with_something_else_is_left_alone(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    theirs = origin.commit({"b": b"theirs"}, branch=BRANCH)
    with pytest.raises(BranchTaken):
        push(mirror, url, work(mirror, base), BRANCH, WRITE_TOKEN)
    assert origin.git("rev-parse", BRANCH, at=origin.bare) == theirs


def test_a_descendant_of_what_is_there_does_not_move_it_either(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    first = work(mirror, base)
    push(mirror, url, first, BRANCH, WRITE_TOKEN)
    second = work(mirror, first, b"more\n")
    with pytest.raises(BranchTaken):
        push(mirror, url, second, BRANCH, WRITE_TOKEN)
    assert origin.git("rev-parse", BRANCH, at=origin.bare) == first


@pytest.mark.parametrize("change", ["moves on", "is forced back", "is deleted"])
@pytest.mark.parametrize("depth", [2, 50])
def test_the_base_branch_may_change_meanwhile_while_the_base_is_known(
    change: str, depth: int, mirror: Mirror, url: str, origin: Origin
) -> None:
    for number in range(4):
        base = origin.commit({"a.txt": str(number).encode()})
    mirror.fetch(url, "main", READ_TOKEN, depth=depth)
    if change == "moves on":
        origin.commit({"z": b"z"})
    elif change == "is forced back":
        origin.git("update-ref", "refs/heads/main", f"{base}~2", at=origin.bare)
    else:
        origin.git("update-ref", "-d", "refs/heads/main", at=origin.bare)
    sha = work(mirror, base)
    if depth == 2 and change != "moves on":
        with pytest.raises(BaseGone, match="no longer part"):
            push(mirror, url, sha, BRANCH, WRITE_TOKEN)
    else:
        assert push(mirror, url, sha, BRANCH, WRITE_TOKEN) is Pushed.CREATED
        assert origin.git("rev-parse", BRANCH, at=origin.bare) == sha


@pytest.mark.parametrize(
    "branch",
    [
        "main", "refs/heads/main", "agent", "agent/", "agent/a b", "agent/../main", "agent/a..b",
        "agent/-x", "agent/$(id)", "agent/x;y", "agent/x\ny", "agent/x:refs/heads/main",
        "--mirror", "agent/x.lock", "agent/x.", "agent/a/b", "agent/" + "x" * 300, "agent/ü",
        "Agent/x", "",
    ],
)  # fmt: skip
def test_a_branch_that_is_not_ours_is_refused_before_anybody_is_asked(
    branch: str, base: str, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    asked = len(git_server.requests)
    with pytest.raises(PushRefused):
        push(mirror, url, base, branch, WRITE_TOKEN)
    assert len(git_server.requests) == asked


def test_a_token_that_only_reads_pushes_nothing(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    with pytest.raises(PushRefused) as refusal:
        push(mirror, url, work(mirror, base), BRANCH, READ_TOKEN)
    assert READ_TOKEN not in str(refusal.value)
    assert BRANCH not in origin.git("for-each-ref", at=origin.bare)


@pytest.mark.parametrize("token", [None, "wrong"])
def test_no_right_token_pushes_nothing(
    token: str | None, base: str, mirror: Mirror, url: str
) -> None:
    with pytest.raises(PushRefused):
        push(mirror, url, work(mirror, base), BRANCH, token)


def test_a_rule_of_the_server_is_a_refusal(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    hook = origin.bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'refusing to allow a change of workflows' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRefused, match="refusing to allow") as refusal:
        push(mirror, url, work(mirror, base), BRANCH, WRITE_TOKEN)
    assert not isinstance(refusal.value, BranchTaken)


def test_an_answer_that_is_lost_after_the_push_is_ambiguous_and_can_be_looked_up(
    base: str, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    def drop(handler: Handler) -> bool:
        handler.close_connection = True
        handler.connection.close()
        return True

    git_server.after_push = drop
    sha = work(mirror, base)
    with pytest.raises(PushAmbiguous):
        push(mirror, url, sha, BRANCH, WRITE_TOKEN)
    git_server.after_push = None
    assert remote_branch(mirror, url, BRANCH, READ_TOKEN) == sha
    assert push(mirror, url, sha, BRANCH, WRITE_TOKEN) is Pushed.ALREADY_THERE


def test_a_server_error_in_answer_to_the_push_is_ambiguous(
    base: str, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    git_server.after_push = lambda handler: handler.refuse(502, b"bad gateway")
    with pytest.raises(PushAmbiguous):
        push(mirror, url, work(mirror, base), BRANCH, WRITE_TOKEN)


def test_a_server_that_is_away_is_a_refusal(base: str, mirror: Mirror) -> None:
    with pytest.raises(PushRefused):
        push(mirror, "http://127.0.0.1:1/a/b.git", work(mirror, base), BRANCH, WRITE_TOKEN)


def test_looking_at_a_server_that_fails_is_no_answer(
    base: str, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    assert base
    git_server.answer = lambda handler: handler.refuse(500)
    with pytest.raises(GitFailed):
        remote_branch(mirror, url, BRANCH, READ_TOKEN)


def test_a_branch_of_ours_moves_on_from_where_it_is_known_to_be(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    first = work(mirror, base)
    push(mirror, url, first, BRANCH, WRITE_TOKEN)
    tree = write_tree(mirror, first, Change((ChangedFile("b", FileMode.REGULAR, b"b"),)))
    second = commit(mirror, tree, first, message="More", author=BOT, committer=BOT, at=2)
    advance(mirror, url, second, BRANCH, first, WRITE_TOKEN)
    assert origin.git("rev-parse", BRANCH, at=origin.bare) == second


def test_what_others_pushed_meanwhile_is_never_moved_away(
    base: str, mirror: Mirror, url: str, origin: Origin
) -> None:
    first = work(mirror, base)
    push(mirror, url, first, BRANCH, WRITE_TOKEN)
    origin.git("fetch", "-q", "origin", BRANCH)
    origin.git("checkout", "-q", "FETCH_HEAD")
    theirs = origin.commit({"c": b"theirs"}, branch=BRANCH)
    tree = write_tree(mirror, first, Change((ChangedFile("b", FileMode.REGULAR, b"b"),)))
    second = commit(mirror, tree, first, message="More", author=BOT, committer=BOT, at=2)
    with pytest.raises(BranchTaken):
        advance(mirror, url, second, BRANCH, first, WRITE_TOKEN)
    with pytest.raises(GitFailed):
        advance(mirror, url, second, BRANCH, mirror.fetch(url, theirs, READ_TOKEN), WRITE_TOKEN)
    assert origin.git("rev-parse", BRANCH, at=origin.bare) == theirs
