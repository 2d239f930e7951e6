"""What a caller may do: an App by its permissions, a person by its role."""

import pytest

from tests.demo_github.conftest import World

ISSUES = "/repos/ann/shop/issues"


def test_an_app_without_the_permission_is_refused_in_githubs_words(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    reader = world.token(permissions={"issues": "read", "contents": "read"})
    assert world.call("GET", f"{ISSUES}/1", reader).status_code == 200
    for method, path, body in [
        ("POST", f"{ISSUES}/1/comments", {"body": "hello"}),
        ("POST", f"{ISSUES}/1/labels", {"labels": ["bug"]}),
        ("PUT", "/repos/ann/shop/contents/x", {"message": "m", "content": ""}),
        ("POST", "/repos/ann/shop/git/refs", {"ref": "refs/heads/x", "sha": world.head()}),
    ]:
        answer = world.call(method, path, reader, body)
        assert answer.status_code == 403, path
        assert answer.json()["message"] == "Resource not accessible by integration"
    assert world.github.comments("ann/shop", 1) == []


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("ann", "admin", "admin"),
        ("keeper", "write", "maintain"),
        ("writer", "write", "write"),
        ("sorter", "read", "triage"),
        ("reader", "read", "read"),
        ("stranger", "none", "none"),
    ],
)
def test_the_coarse_permission_hides_maintain_and_triage(
    world: World, login: str, permission: str, role: str
) -> None:
    path = f"/repos/ann/shop/collaborators/{login}/permission"
    shown = world.call("GET", path, world.token()).json()
    assert (shown["permission"], shown["role_name"]) == (permission, role)
    assert shown["user"]["login"] == login


def test_people_may_do_what_their_role_says(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    tokens = {each: world.github.user_token(each) for each in ("reader", "sorter", "writer")}
    stranger = world.github.user_token("stranger")

    def label(token: str) -> int:
        body = {"labels": ["bug"]}
        return world.call("POST", f"{ISSUES}/1/labels", token, body).status_code

    def comment(token: str) -> int:
        return world.call("POST", f"{ISSUES}/1/comments", token, {"body": "x"}).status_code

    assert [comment(token) for token in tokens.values()] == [201, 201, 201]
    assert [label(token) for token in tokens.values()] == [403, 200, 200]
    assert (comment(stranger), label(stranger)) == (404, 404)


def test_nobody_edits_the_comment_of_another_without_write(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    comment = world.github.comment("ann/shop", 1, "reader", "mine")
    path = f"{ISSUES}/comments/{comment}"
    triage, write = world.github.user_token("sorter"), world.github.user_token("writer")
    assert world.call("PATCH", path, triage, {"body": "no"}).status_code == 403
    assert world.call("PATCH", path, write, {"body": "yes"}).status_code == 200
    own = world.github.user_token("reader")
    assert world.call("DELETE", path, own).status_code == 204


def test_an_archived_repository_is_read_only(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.set_repository("ann/shop", archived=True)
    token = world.token()
    assert world.call("GET", f"{ISSUES}/1", token).status_code == 200
    answer = world.call("POST", f"{ISSUES}/1/comments", token, {"body": "x"})
    assert answer.status_code == 403
    assert answer.json()["message"] == "Repository was archived so is read-only."


def test_a_public_repository_is_read_by_everybody_and_written_by_few(world: World) -> None:
    world.github.set_repository("ann/other", private=False)
    for token in ("", world.token(), world.github.user_token("stranger")):
        assert world.call("GET", "/repos/ann/other/contents/shop.py", token).status_code == 200
    path = "/repos/ann/other/git/refs"
    body = {"ref": "refs/heads/x", "sha": world.head()}
    assert world.call("POST", path, world.token(), body).status_code == 403
    assert world.call("POST", path, "", body).status_code == 401


def test_a_locked_issue_hears_collaborators_only(world: World) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.lock_issue("ann/shop", 1)
    path, body = f"{ISSUES}/1/comments", {"body": "x"}
    reader, writer = world.github.user_token("reader"), world.github.user_token("writer")
    assert world.call("POST", path, reader, body).status_code == 403
    assert world.call("POST", path, writer, body).status_code == 201


def test_issues_that_are_switched_off_are_gone(world: World) -> None:
    world.github.set_repository("ann/shop", has_issues=False)
    answer = world.call("POST", ISSUES, world.token(), {"title": "t"})
    assert answer.status_code == 410
