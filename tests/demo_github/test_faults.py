"""The switches with which tests make this GitHub fail."""

import time
from pathlib import Path

import pytest
import requests

from tests.demo_github.conftest import World, git

COMMENTS = "/repos/ann/shop/issues/1/comments"


@pytest.fixture(autouse=True)
def issue(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")


def comment(world: World, token: str) -> requests.Response:
    return world.call("POST", COMMENTS, token, {"body": "hello"})


def test_an_operation_can_answer_a_status_and_do_nothing(world: World) -> None:
    token = world.token()
    world.github.fault("issues/create-comment", status=502, count=2)
    assert [comment(world, token).status_code for _ in range(3)] == [502, 502, 201]
    assert len(world.github.comments("ann/shop", 1)) == 1


def test_an_operation_can_be_done_and_its_answer_lost(world: World) -> None:
    token = world.token()
    world.github.fault("issues/create-comment", status=500, after=True)
    assert comment(world, token).status_code == 500
    world.github.fault("issues/create-comment", drop=True, after=True)
    with pytest.raises(requests.ConnectionError):
        comment(world, token)
    assert len(world.github.comments("ann/shop", 1)) == 2


def test_a_connection_can_drop_before_anything_is_done(world: World) -> None:
    token = world.token()
    world.github.fault("issues/create-comment", drop=True)
    with pytest.raises(requests.ConnectionError):
        comment(world, token)
    assert world.github.comments("ann/shop", 1) == []
    assert comment(world, token).status_code == 201


def test_an_answer_can_be_slow_or_a_page_of_html(world: World) -> None:
    token = world.token()
    world.github.fault("issues/list-comments", latency_s=0.3)
    began = time.monotonic()
    assert world.call("GET", COMMENTS, token).json() == []
    assert time.monotonic() - began > 0.3
    world.github.fault("issues/list-comments", status=502, body="<h1>Bad Gateway</h1>")
    assert world.call("GET", COMMENTS, token).text == "<h1>Bad Gateway</h1>"


def test_rate_limits_can_be_played(world: World) -> None:
    token = world.token()
    headers = {"Retry-After": "7", "X-RateLimit-Remaining": "0"}
    world.github.fault(
        "*", status=403, message="You have exceeded a secondary rate limit", headers=headers
    )
    answer = world.call("GET", COMMENTS, token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (403, "7")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert world.call("GET", COMMENTS, token).status_code == 200


def test_a_fault_can_wait_for_its_turn_and_be_taken_back(world: World) -> None:
    token = world.token()
    world.github.fault("issues/*", status=503, skip=1, count=None)
    assert [world.call("GET", COMMENTS, token).status_code for _ in range(3)] == [200, 503, 503]
    world.github.clear_faults()
    assert world.call("GET", COMMENTS, token).status_code == 200


def test_a_fault_can_last_for_a_time(world: World) -> None:
    token = world.token()
    world.github.fault("issues/*", status=429, count=None, for_s=0.5)
    ends = time.monotonic() + 0.5
    assert world.call("GET", COMMENTS, token).status_code == 429
    status = 0
    while status != 200:
        status = world.call("GET", COMMENTS, token).status_code
        assert time.monotonic() < ends + 10
    assert time.monotonic() >= ends


def test_a_deleted_issue_is_gone(world: World) -> None:
    world.github.delete_issue("ann/shop", 1, "ann")
    assert world.call("GET", COMMENTS, world.token()).status_code == 410
    assert world.call("GET", COMMENTS.replace("/1/", "/99/"), world.token()).status_code == 404


def test_a_mutation_can_fail_by_its_name(world: World) -> None:
    world.github.fault("graphql/createCommitOnBranch", status=502)
    url, headers = world.github.graphql, {"Authorization": f"Bearer {world.token()}"}
    query = 'mutation {createCommitOnBranch(input: {branch: {id: "x"}}) {ref {name}}}'
    first = world.http.post(url, json={"query": "{viewer {login}}"}, headers=headers, timeout=5)
    second = world.http.post(url, json={"query": query}, headers=headers, timeout=5)
    assert (first.status_code, second.status_code) == (200, 502)


def test_a_push_can_arrive_and_its_answer_be_lost(world: World, tmp_path: Path) -> None:
    token = world.token()
    url = world.github.git_url("ann/shop").replace("://", f"://x-access-token:{token}@")
    git(tmp_path, "clone", "-q", url, "clone")
    world.github.fault("git/receive-pack", drop=True, after=True)
    git(tmp_path / "clone", "push", "origin", "HEAD:refs/heads/arrived", ok=False)
    assert world.head("arrived") == world.head()
    world.github.fault("git/receive-pack", status=503)
    git(tmp_path / "clone", "push", "origin", "HEAD:refs/heads/never", ok=False)
    assert world.github.state.repository("ann", "shop").git.ref("refs/heads/never") is None


def test_each_caller_has_a_budget_of_requests(world: World) -> None:
    token = world.token()
    first = world.call("GET", COMMENTS, token).headers
    second = world.call("GET", COMMENTS, token).headers
    assert int(first["X-RateLimit-Limit"]) == 5000
    assert int(second["X-RateLimit-Remaining"]) == int(first["X-RateLimit-Remaining"]) - 1
    assert int(second["X-RateLimit-Reset"]) > time.time()
