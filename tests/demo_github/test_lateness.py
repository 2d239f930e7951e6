"""What the real GitHub may do at any time: show a write late, lack drafts, give a new name."""

from tests.demo_github.conftest import World

REPOSITORY = "/repos/ann/shop"
COMMIT = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


def branch(world: World, token: str, name: str = "new") -> None:
    body = {"ref": f"refs/heads/{name}", "sha": world.head()}
    assert world.call("POST", f"{REPOSITORY}/git/refs", token, body).status_code == 201


def commit(world: World, token: str, name: str = "new") -> dict[str, object]:
    content = {
        "branch": {"repositoryNameWithOwner": "ann/shop", "branchName": name},
        "expectedHeadOid": world.head(name),
        "message": {"headline": "One"},
        "fileChanges": {"additions": [{"path": "a", "contents": "YQ=="}]},
    }
    answer: dict[str, object] = world.graphql(token, COMMIT, input=content)
    return answer


def test_a_branch_may_be_seen_late(checked_world: World) -> None:
    world = checked_world
    token, path = world.token(), f"{REPOSITORY}/git/ref/heads/new"
    world.github.lag_reads(3_600)
    branch(world, token)
    assert world.call("GET", path, token).status_code == 404
    assert world.call("GET", f"{REPOSITORY}/git/ref/heads/main", token).status_code == 200
    assert "NOT_FOUND" in str(commit(world, token)["errors"])
    world.github.lag_reads(0)
    assert world.call("GET", path, token).json()["object"]["sha"] == world.head()
    assert "errors" not in commit(world, token)
    world.github.lag_reads(3_600)
    assert world.call("GET", path, token).json()["object"]["sha"] == world.head()
    body = {"title": "One", "head": "new", "base": "main"}
    refused = world.call("POST", f"{REPOSITORY}/pulls", token, body)
    assert "No commits between main and new" in refused.text
    world.github.lag_reads(0)
    assert world.call("POST", f"{REPOSITORY}/pulls", token, body).status_code == 201


def test_a_pull_request_and_a_comment_may_be_seen_late_in_lists(checked_world: World) -> None:
    world = checked_world
    token = world.token()
    branch(world, token)
    commit(world, token)
    world.github.lag_reads(3_600)
    world.github.state.repository("ann", "shop").ref_moves.clear()
    body = {"title": "One", "head": "new", "base": "main"}
    number = world.call("POST", f"{REPOSITORY}/pulls", token, body).json()["number"]
    comments = f"{REPOSITORY}/issues/{number}/comments"
    world.call("POST", comments, token, {"body": "hello"})
    for path in (f"{REPOSITORY}/pulls", comments):
        world.github.lag_reads(3_600)
        assert world.call("GET", path, token).json() == []
        world.github.lag_reads(0)
        assert len(world.call("GET", path, token).json()) == 1


def test_not_every_repository_has_drafts(checked_world: World) -> None:
    world = checked_world
    token = world.token()
    world.github.set_repository("ann/shop", has_drafts=False)
    branch(world, token)
    commit(world, token)
    body = {"title": "One", "head": "new", "base": "main", "draft": True}
    refused = world.call("POST", f"{REPOSITORY}/pulls", token, body)
    words = "Draft pull requests are not supported in this repository."
    assert (refused.status_code, refused.json()["message"]) == (422, words)
    body["draft"] = False
    assert world.call("POST", f"{REPOSITORY}/pulls", token, body).status_code == 201


def test_under_its_old_name_a_repository_answers_with_a_redirect(checked_world: World) -> None:
    world = checked_world
    token = world.token()
    world.github.rename_repository("ann/shop", "store")
    answer = world.http.get(
        f"{world.github.api_url}{REPOSITORY}",
        headers={"Authorization": f"Bearer {token}"},
        allow_redirects=False,
        timeout=10,
    )
    assert (answer.status_code, answer.json()["message"]) == (301, "Moved Permanently")
    assert answer.headers["Location"] == answer.json()["url"]
    followed = world.call("GET", REPOSITORY, token)
    assert followed.json()["full_name"] == "ann/store"
    assert world.call("GET", f"{REPOSITORY}/git/ref/heads/main", token).status_code == 200
    # A write has to be sent again as it is: with this status alone a client may do so.
    written = world.http.post(
        f"{world.github.api_url}{REPOSITORY}/issues",
        json={"title": "One"},
        headers={"Authorization": f"Bearer {token}"},
        allow_redirects=False,
        timeout=10,
    )
    assert written.status_code == 307
    assert written.headers["Location"].endswith("/issues")
