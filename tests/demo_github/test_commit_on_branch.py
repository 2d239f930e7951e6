"""Commits through GraphQL: where the branch is expected, signed, with the co-authors kept."""

import base64
import concurrent.futures
import subprocess
from pathlib import Path
from typing import Any

import requests

from tests.demo_github.conftest import World, git

MUTATION = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    clientMutationId
    commit { oid messageHeadline signature { isValid } }
    ref { name target { oid } }
  }
}
"""
MESSAGE = {
    "headline": "Fix the total",
    "body": "It was one short.\n\nCo-authored-by: Ann <1+ann@users.noreply.github.com>",
}


def commit(world: World, token: str = "", **changed: Any) -> Any:
    asked = {
        "branch": {"repositoryNameWithOwner": "ann/shop", "branchName": "topic"},
        "expectedHeadOid": world.head("topic"),
        "message": MESSAGE,
        "clientMutationId": "task-1",
        "fileChanges": {"additions": [addition("shop.py", b"fixed\n")]},
    }
    return world.graphql(token or world.token(), MUTATION, input=asked | changed)


def addition(path: str, content: bytes) -> dict[str, str]:
    return {"path": path, "contents": base64.b64encode(content).decode()}


def branch(world: World) -> None:
    body = {"ref": "refs/heads/topic", "sha": world.head()}
    assert world.call("POST", "/repos/ann/shop/git/refs", world.token(), body).status_code == 201


def test_a_commit_is_the_apps_own_and_verified(world: World) -> None:
    branch(world)
    made = commit(world)["data"]["createCommitOnBranch"]
    assert made["clientMutationId"] == "task-1"
    assert made["commit"]["signature"] == {"isValid": True}
    assert made["ref"] == {"name": "topic", "target": {"oid": made["commit"]["oid"]}}
    path = f"/repos/ann/shop/commits/{made['commit']['oid']}"
    shown = world.call("GET", path, world.token()).json()
    assert shown["commit"]["verification"]["verified"] is True
    assert shown["commit"]["verification"]["reason"] == "valid"
    assert (shown["author"]["login"], shown["commit"]["committer"]["name"]) == (
        "patchbay[bot]",
        "GitHub",
    )
    assert shown["commit"]["message"] == f"{MESSAGE['headline']}\n\n{MESSAGE['body']}"
    assert [(each["filename"], each["status"]) for each in shown["files"]] == [
        ("shop.py", "modified")
    ]


def test_git_itself_agrees_with_the_signature(world: World, tmp_path: Path) -> None:
    branch(world)
    oid = commit(world)["data"]["createCommitOnBranch"]["commit"]["oid"]
    signers = tmp_path / "signers"
    signers.write_text(world.github.state.signing_key.allowed_signer + "\n")
    store = world.github.state.repository("ann", "shop").path
    setting = f"gpg.ssh.allowedSignersFile={signers}"
    said = git(store, "-c", setting, "verify-commit", "-v", oid)
    assert "Good" in said
    git(store, "-c", setting, "verify-commit", world.head(), ok=False)


def test_a_commit_of_somebody_else_is_not_verified(world: World) -> None:
    path = f"/repos/ann/shop/commits/{world.head()}"
    shown = world.call("GET", path, world.token()).json()
    assert shown["commit"]["verification"]["verified"] is False
    assert shown["commit"]["verification"]["reason"] == "unsigned"


def test_a_branch_that_moved_is_left_alone(world: World) -> None:
    branch(world)
    before = world.head("topic")
    commit(world)
    now = world.head("topic")
    answer = commit(world, expectedHeadOid=before)
    assert answer["data"] == {"createCommitOnBranch": None}
    (error,) = answer["errors"]
    assert error["type"] == "STALE_DATA"
    assert error["path"] == ["createCommitOnBranch"]
    assert error["message"].startswith(f'Expected branch to point to "{before}" but it did not.')
    assert world.head("topic") == now


def test_files_are_added_changed_and_removed_and_keep_their_modes(world: World) -> None:
    branch(world)
    changes = {
        "additions": [addition("run.sh", b"#!/bin/sh\nfalse\n"), addition("a/b/ü.bin", b"\0\xff")],
        "deletions": [{"path": "docs/deep/note.md"}],
    }
    oid = commit(world, fileChanges=changes)["data"]["createCommitOnBranch"]["commit"]["oid"]
    store = world.github.state.repository("ann", "shop").git
    files = {each.path: each.mode for each in store.tree(oid, "-r")}
    assert files == {
        "README.md": "100644",
        "a/b/ü.bin": "100644",
        "run.sh": "100755",
        "shop.py": "100644",
    }
    assert store.blob(store.tree(oid, path="a/b/ü.bin")[0].sha) == b"\0\xff"


def test_what_cannot_be_committed_is_refused(world: World) -> None:
    branch(world)
    before = world.head("topic")
    refused: list[tuple[dict[str, Any], str]] = [
        ({"fileChanges": {"deletions": [{"path": "none"}]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [addition("../x", b"")]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [addition(".git/config", b"")]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [{"path": "x", "contents": "%"}]}}, "UNPROCESSABLE"),
        ({"fileChanges": {"additions": [addition(".github/workflows/x.yml", b"")]}}, "FORBIDDEN"),
        (
            {"branch": {"repositoryNameWithOwner": "ann/shop", "branchName": "none"}},
            "NOT_FOUND",
        ),
        (
            {"branch": {"repositoryNameWithOwner": "ann/other", "branchName": "main"}},
            "NOT_FOUND",
        ),
    ]
    for changed, kind in refused:
        answer = commit(world, **changed)
        assert [each["type"] for each in answer["errors"]] == [kind], changed
    reader = world.token(permissions={"contents": "read"})
    assert commit(world, reader)["errors"][0]["type"] == "FORBIDDEN"
    assert world.head("topic") == before


def test_only_one_of_two_commits_at_once_wins(world: World) -> None:
    branch(world)
    head, token = world.head("topic"), world.token()
    body = {
        "query": MUTATION,
        "variables": {
            "input": {
                "branch": {"repositoryNameWithOwner": "ann/shop", "branchName": "topic"},
                "expectedHeadOid": head,
                "message": MESSAGE,
            }
        },
    }

    def ask(_: int) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(world.github.graphql, json=body, headers=headers, timeout=20).json()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert sum("errors" not in each for each in answers) == 1


def test_the_object_on_disk_passes_gits_own_check(world: World) -> None:
    branch(world)
    commit(world)
    store = world.github.state.repository("ann", "shop").path
    subprocess.run(["git", "-C", str(store), "fsck", "--strict"], check=True, capture_output=True)
