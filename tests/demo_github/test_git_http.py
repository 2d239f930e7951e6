"""Fetch and push by git itself."""

import subprocess
from pathlib import Path

import pytest

from tests.demo_github.conftest import World, git


def address(world: World, token: str, repository: str = "ann/shop") -> str:
    return world.github.git_url(repository).replace("http://", f"http://x-access-token:{token}@")


@pytest.fixture
def clone(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    token = world.token(permissions={"contents": "write"})
    git(tmp_path, "clone", "-q", address(world, token), str(folder))
    (folder / "new.txt").write_text("new\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "new file")
    return folder


def test_a_token_fetches_and_pushes(world: World, clone: Path) -> None:
    assert (clone / "shop.py").exists()
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/topic")
    assert world.head("topic") == git(clone, "rev-parse", "HEAD").strip()
    shown = world.call("GET", "/repos/ann/shop/branches/topic", world.token()).json()
    assert shown["commit"]["commit"]["message"] == "new file"


def test_the_token_may_come_in_a_header(world: World, tmp_path: Path) -> None:
    header = f"http.extraHeader=Authorization: Bearer {world.token()}"
    url = world.github.git_url("ann/shop")
    git(tmp_path, "-c", header, "clone", "-q", url, "by-header")
    assert (tmp_path / "by-header" / "shop.py").exists()


def test_a_read_only_token_cannot_push(world: World, clone: Path) -> None:
    reader = world.token(permissions={"contents": "read"})
    said = git(clone, "push", address(world, reader), "HEAD:refs/heads/topic", ok=False)
    assert "Write access to repository not granted." in said
    assert "403" in said
    git(clone, "fetch", "-q", address(world, reader))


def test_a_person_who_may_only_read_cannot_push(world: World, clone: Path) -> None:
    token = world.github.user_token("sorter")
    said = git(clone, "push", address(world, token), "HEAD:refs/heads/topic", ok=False)
    assert "Permission to ann/shop.git denied to sorter." in said
    writer = address(world, world.github.user_token("writer"))
    git(clone, "push", "-q", writer, "HEAD:refs/heads/topic")


@pytest.mark.parametrize("token", ["", "ghs_invented"])
def test_without_a_good_token_nothing_private_is_fetched(
    world: World, tmp_path: Path, token: str
) -> None:
    url = address(world, token) if token else world.github.git_url("ann/shop")
    said = git(tmp_path, "ls-remote", url, ok=False)
    assert "Authentication failed" in said or "could not read Username" in said


def test_another_repository_is_not_found(world: World, tmp_path: Path) -> None:
    said = git(tmp_path, "ls-remote", address(world, world.token(), "ann/other"), ok=False)
    assert "not found" in said


def test_a_revoked_token_fetches_nothing(world: World, clone: Path) -> None:
    token = world.token()
    git(clone, "ls-remote", address(world, token))
    world.call("DELETE", "/installation/token", token)
    git(clone, "ls-remote", address(world, token), ok=False)


def test_workflow_files_need_their_own_permission(world: World, clone: Path) -> None:
    workflow = clone / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "workflow")
    said = git(clone, "push", "origin", "HEAD:refs/heads/topic", ok=False)
    assert "refusing to allow a GitHub App to create or update workflow" in said
    assert world.github.state.repository("ann", "shop").git.ref("refs/heads/topic") is None
    writer = address(world, world.github.user_token("writer"))
    git(clone, "push", "-q", writer, "HEAD:refs/heads/topic")


def test_objects_that_git_finds_wrong_are_refused(clone: Path) -> None:
    tree = subprocess.run(
        ["git", "mktree"],
        cwd=clone,
        check=True,
        capture_output=True,
        input=f"100644 blob {git(clone, 'rev-parse', 'HEAD:new.txt').strip()}\t.git\n".encode(),
    ).stdout.decode()
    commit = git(clone, "commit-tree", "-m", "evil", tree.strip()).strip()
    said = git(clone, "push", "origin", f"{commit}:refs/heads/evil", ok=False)
    assert "hasDotgit" in said


def test_refs_of_pull_requests_can_be_fetched_but_not_pushed(world: World, clone: Path) -> None:
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/topic")
    body = {"title": "t", "head": "topic", "base": "main"}
    assert world.call("POST", "/repos/ann/shop/pulls", world.token(), body).status_code == 201
    git(clone, "fetch", "-q", "origin", "refs/pull/1/head")
    git(clone, "push", "origin", "HEAD:refs/pull/1/head", ok=False)


def test_an_archived_repository_takes_no_push(world: World, clone: Path) -> None:
    world.github.set_repository("ann/shop", archived=True)
    said = git(clone, "push", "origin", "HEAD:refs/heads/topic", ok=False)
    assert "archived" in said


def test_a_push_moves_its_pull_request_and_is_told(world: World, clone: Path) -> None:
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/topic")
    body = {"title": "t", "head": "topic", "base": "main"}
    world.call("POST", "/repos/ann/shop/pulls", world.token(), body)
    world.github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    (clone / "new.txt").write_text("newer\n")
    git(clone, "commit", "-q", "-am", "newer")
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/topic")
    (pull,) = world.github.pull_requests("ann/shop")
    assert pull["head"]["sha"] == world.head("topic")
    told = [(each["event"], each["action"]) for each in world.github.deliveries()]
    assert ("pull_request", "synchronize") in told
    push = world.github.deliveries("push")[-1]["request"]["payload"]
    assert push["ref"] == "refs/heads/topic"
    assert [each["message"] for each in push["commits"]] == ["newer"]


def test_large_files_pass_both_ways(world: World, clone: Path, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    (clone / "large.bin").write_bytes(content)
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "large")
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/large")
    git(tmp_path, "clone", "-q", "-b", "large", address(world, world.token()), "again")
    assert (tmp_path / "again" / "large.bin").read_bytes() == content
