"""Every operation is called once, and each word is held against GitHub's description."""

import base64
from dataclasses import replace
from typing import Any

import requests

from demo.github.rest import all_routes
from tests.demo_github.conftest import World
from tests.fixtures.github_description import GitHubDescription, Spoken
from tests.fixtures.local_github import all_complaints, complaints

SHOP = "/repos/ann/shop"


class Caller:
    """Calls as one of four: the App, its installation, a person, or nobody."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens = {
            "app": world.jwt(),
            "bot": world.token(),
            "ann": world.github.user_token("ann"),
            "": "",
        }

    def __call__(
        self, who: str, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        answer = self._world.call(method, path, self._tokens[who], body, **headers)
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer


def use_apps(call: Caller, world: World) -> None:
    installation = f"/app/installations/{world.installation_id}"
    for path in (
        "/app", "/app/installations", installation, "/app/hook/config", "/app/hook/deliveries",
        f"{SHOP}/installation", "/users/ann/installation",
    ):  # fmt: skip
        call("app", "GET", path)
    call("app", "PATCH", "/app/hook/config", {"url": "http://127.0.0.1:9/nobody"})
    world.github.open_issue("ann/shop", "ann", "Delivered")
    world.github.wait_for_deliveries()
    (delivery,) = call("app", "GET", "/app/hook/deliveries?per_page=1").json()
    path = f"/app/hook/deliveries/{delivery['id']}"
    call("app", "GET", path)
    call("app", "POST", f"{path}/attempts")
    call("bot", "GET", "/installation/repositories")
    call("bot", "GET", "/apps/patchbay")


def use_people(call: Caller, world: World) -> None:
    number = call("bot", "GET", "/users/patchbay%5Bbot%5D").json()["id"]
    for path in ("/user", "/users/ann", f"/user/{number}", "/user/repos", "/rate_limit", "/meta"):
        call("ann", "GET", path)
    call("ann", "POST", "/user/repos", {"name": "fresh", "private": True})
    call("ann", "PATCH", "/repos/ann/fresh", {"description": "Fresh"})
    call("ann", "DELETE", "/repos/ann/fresh")
    call("ann", "GET", f"{SHOP}/collaborators")
    call("ann", "GET", f"{SHOP}/collaborators/writer")
    call("ann", "GET", f"{SHOP}/collaborators/writer/permission")
    call("ann", "PUT", f"{SHOP}/collaborators/stranger", {"permission": "triage"})
    call("ann", "DELETE", f"{SHOP}/collaborators/stranger")
    repository = call("bot", "GET", SHOP).json()
    call("bot", "GET", f"/repositories/{repository['id']}")
    assert world.github.user("stranger")["login"] == "stranger"


def use_issues(call: Caller) -> None:
    number = call("bot", "POST", f"{SHOP}/issues", {"title": "t", "labels": ["bug"]}).json()[
        "number"
    ]
    issue = f"{SHOP}/issues/{number}"
    call("bot", "PATCH", issue, {"title": "other", "body": "text"})
    call("bot", "POST", f"{issue}/assignees", {"assignees": ["writer"]})
    call("bot", "DELETE", f"{issue}/assignees", {"assignees": ["writer"]})
    call("bot", "POST", f"{issue}/labels", {"labels": ["one", "two"]})
    call("bot", "PUT", f"{issue}/labels", {"labels": ["one", "with/slash"]})
    call("bot", "GET", f"{issue}/labels")
    call("bot", "DELETE", f"{issue}/labels/with%2Fslash")
    call("bot", "DELETE", f"{issue}/labels")
    call("ann", "PUT", f"{issue}/lock", {"lock_reason": "resolved"})
    call("ann", "DELETE", f"{issue}/lock")
    comment = call("bot", "POST", f"{issue}/comments", {"body": "hello"}).json()["id"]
    call("bot", "PATCH", f"{SHOP}/issues/comments/{comment}", {"body": "changed"})
    for path in (
        issue, f"{SHOP}/issues?state=all&labels=bug", f"{issue}/events", f"{issue}/comments",
        f"{SHOP}/issues/comments?direction=desc", f"{SHOP}/issues/comments/{comment}",
        "/search/issues?q=repo:ann/shop+is:issue",
    ):  # fmt: skip
        call("bot", "GET", path)
    for place in (issue, f"{SHOP}/issues/comments/{comment}"):
        made = call("bot", "POST", f"{place}/reactions", {"content": "eyes"}).json()["id"]
        call("bot", "GET", f"{place}/reactions")
        call("bot", "DELETE", f"{place}/reactions/{made}")
    call("bot", "DELETE", f"{SHOP}/issues/comments/{comment}")
    call("bot", "PATCH", issue, {"state": "closed", "state_reason": "completed"})
    call("bot", "PATCH", issue, {"state": "open"})


def use_labels(call: Caller) -> None:
    call("bot", "POST", f"{SHOP}/labels", {"name": "agent:fix", "color": "ff0000"})
    call("bot", "GET", f"{SHOP}/labels")
    call("bot", "GET", f"{SHOP}/labels/agent:fix")
    call("bot", "PATCH", f"{SHOP}/labels/agent:fix", {"new_name": "agent:go"})
    call("bot", "DELETE", f"{SHOP}/labels/agent:go")


def use_git(call: Caller, world: World) -> str:
    head = world.head()
    blob = call("bot", "POST", f"{SHOP}/git/blobs", {"content": "x", "encoding": "utf-8"}).json()
    entry = {"path": "d/x.txt", "mode": "100644", "type": "blob", "sha": blob["sha"]}
    tree = call("bot", "POST", f"{SHOP}/git/trees", {"base_tree": head, "tree": [entry]}).json()[
        "sha"
    ]
    body = {"message": "m", "tree": tree, "parents": [head]}
    commit = call("bot", "POST", f"{SHOP}/git/commits", body).json()
    assert commit["verification"]["verified"] is True
    ref = {"ref": "refs/heads/feature/git", "sha": head}
    call("bot", "POST", f"{SHOP}/git/refs", ref)
    call("bot", "PATCH", f"{SHOP}/git/refs/heads/feature/git", {"sha": commit["sha"]})
    tag = {"tag": "v1", "message": "one", "object": head, "type": "commit"}
    made = call("bot", "POST", f"{SHOP}/git/tags", tag).json()["sha"]
    call("bot", "POST", f"{SHOP}/git/refs", {"ref": "refs/tags/v1", "sha": made})
    for path in (
        f"git/tags/{made}", "tags", "git/ref/heads/feature/git", "git/matching-refs/heads/feature",
        f"git/commits/{head}", f"git/trees/{tree}", f"git/trees/{head}?recursive=1",
        f"git/blobs/{blob['sha']}", "branches", "branches/feature/git", "commits?sha=main",
        f"commits/{commit['sha']}", "commits/feature/git", "compare/main...feature/git",
        f"commits/{commit['sha']}/pulls", "contents", "contents/docs/deep",
        "contents/shop.py?ref=feature/git", "readme",
    ):  # fmt: skip
        call("bot", "GET", f"{SHOP}/{path}")
    raw = call("bot", "GET", f"{SHOP}/contents/shop.py", Accept="application/vnd.github.raw+json")
    assert raw.text.startswith("def total")
    sha = call("bot", "GET", f"{SHOP}/commits/main", Accept="application/vnd.github.sha")
    assert sha.text == head
    call("bot", "POST", f"{SHOP}/merges", {"base": "main", "head": "feature/git"})
    call("bot", "DELETE", f"{SHOP}/git/refs/tags/v1")
    return str(commit["sha"])


def use_contents(call: Caller) -> None:
    content = base64.b64encode(b"hello\n").decode()
    body = {"message": "add", "content": content, "branch": "feature/git"}
    made = call("bot", "PUT", f"{SHOP}/contents/new/file.txt", body).json()["content"]
    again = body | {"message": "change", "content": "", "sha": made["sha"]}
    changed = call("bot", "PUT", f"{SHOP}/contents/new/file.txt", again).json()["content"]
    gone = {"message": "remove", "sha": changed["sha"], "branch": "feature/git"}
    call("bot", "DELETE", f"{SHOP}/contents/new/file.txt", gone)
    call("bot", "PUT", f"{SHOP}/contents/new/other.txt", body)


def use_pulls(call: Caller, sha: str) -> None:
    new = {"title": "t", "head": "feature/git", "base": "main", "body": "b", "draft": False}
    pull = f"{SHOP}/pulls/{call('bot', 'POST', f'{SHOP}/pulls', new).json()['number']}"
    call("bot", "PATCH", pull, {"body": "changed", "state": "closed"})
    call("bot", "PATCH", pull, {"state": "open"})
    call("bot", "POST", f"{pull}/requested_reviewers", {"reviewers": ["writer", "keeper"]})
    call("bot", "GET", f"{pull}/requested_reviewers")
    call("bot", "DELETE", f"{pull}/requested_reviewers", {"reviewers": ["keeper"]})
    head = call("bot", "GET", pull).json()["head"]["sha"]
    comment = {
        "body": "why",
        "commit_id": head,
        "path": "new/other.txt",
        "line": 1,
        "side": "RIGHT",
    }
    made = call("bot", "POST", f"{pull}/comments", comment).json()["id"]
    call("bot", "POST", f"{pull}/comments/{made}/replies", {"body": "so"})
    place = f"{SHOP}/pulls/comments/{made}"
    call("bot", "PATCH", place, {"body": "why?"})
    reaction = call("bot", "POST", f"{place}/reactions", {"content": "+1"}).json()["id"]
    call("bot", "GET", f"{place}/reactions")
    call("bot", "DELETE", f"{place}/reactions/{reaction}")
    review = call("ann", "POST", f"{pull}/reviews", {"body": "begun"}).json()["id"]
    call("ann", "POST", f"{pull}/reviews/{review}/events", {"event": "APPROVE", "body": "good"})
    for path in ("files", "commits", "comments", "reviews", f"reviews/{review}",
                 f"reviews/{review}/comments"):  # fmt: skip
        call("bot", "GET", f"{pull}/{path}")
    for path in (f"{SHOP}/pulls?state=all", f"{SHOP}/pulls/comments", place,
                 f"{SHOP}/commits/{head}/pulls"):  # fmt: skip
        call("bot", "GET", path)
    call("ann", "PUT", f"{pull}/reviews/{review}/dismissals", {"message": "changed since"})
    call("bot", "DELETE", place)
    assert "diff --git" in call("bot", "GET", pull, Accept="application/vnd.github.diff").text
    call("bot", "PUT", f"{pull}/merge", {"merge_method": "squash"})
    call("bot", "GET", f"{pull}/merge")
    assert sha != head


def use_checks(call: Caller, sha: str) -> None:
    new = {"name": "evidence", "head_sha": sha, "status": "in_progress", "external_id": "t1"}
    run = call("bot", "POST", f"{SHOP}/check-runs", new).json()["id"]
    note = {"path": "shop.py", "start_line": 1, "end_line": 1, "annotation_level": "notice",
            "message": "here"}  # fmt: skip
    output = {"title": "Good", "summary": "All pass", "annotations": [note]}
    body = {"status": "completed", "conclusion": "success", "output": output}
    call("bot", "PATCH", f"{SHOP}/check-runs/{run}", body)
    call("bot", "GET", f"{SHOP}/check-runs/{run}")
    call("bot", "GET", f"{SHOP}/check-runs/{run}/annotations")
    call("bot", "GET", f"{SHOP}/commits/{sha}/check-runs?check_name=evidence")
    call("ann", "POST", f"{SHOP}/check-runs/{run}/rerequest")
    suites = call("bot", "GET", f"{SHOP}/commits/{sha}/check-suites").json()["check_suites"]
    call("bot", "GET", f"{SHOP}/check-suites/{suites[0]['id']}")
    call("bot", "GET", f"{SHOP}/check-suites/{suites[0]['id']}/check-runs")
    call("ann", "POST", f"{SHOP}/statuses/{sha}", {"state": "success", "context": "old"})
    call("bot", "GET", f"{SHOP}/commits/{sha}/status")


def use_workflows(call: Caller, world: World) -> None:
    run = world.github.start_workflow("ann/shop", "feature/git", ["test", "lint"])
    assert run is not None
    actions = f"{SHOP}/actions"
    for end in ("failure", "success"):
        world.github.finish_job("ann/shop", run, "test", end, "1 failed\n")
        if end == "failure":
            world.github.finish_job("ann/shop", run, "lint", "failure")
        jobs = call("bot", "GET", f"{actions}/runs/{run}/jobs").json()["jobs"]
        if end == "failure":
            call("bot", "POST", f"{actions}/runs/{run}/rerun-failed-jobs")
            world.github.finish_job("ann/shop", run, "lint", "failure")
    call("bot", "GET", f"{actions}/jobs/{jobs[0]['id']}")
    moved = world.call("GET", f"{actions}/jobs/{jobs[0]['id']}/logs", world.token(), X="y")
    assert moved.text == "1 failed\n"
    call("bot", "POST", f"{actions}/jobs/{jobs[1]['id']}/rerun")
    world.github.finish_job("ann/shop", run, "lint")
    call("bot", "POST", f"{actions}/runs/{run}/rerun")
    call("bot", "GET", f"{actions}/runs/{run}")
    call("bot", "GET", f"{actions}/runs?branch=feature/git&check_suite_id=1")
    assert len(call("bot", "GET", f"{actions}/runs").json()["workflow_runs"]) == 1


def test_every_operation_says_what_github_could_say(checked_world: World) -> None:
    world, call = checked_world, Caller(checked_world)
    use_apps(call, world)
    use_people(call, world)
    use_issues(call)
    use_labels(call)
    sha = use_git(call, world)
    use_contents(call)
    use_checks(call, sha)
    use_workflows(call, world)
    use_pulls(call, sha)
    form = {"manifest": '{"name": "New App", "url": "http://x", "redirect_url": "http://bot/done"}'}
    sent = world.http.post(
        f"{world.github.url}/settings/apps/new?state=s",
        data=form,
        allow_redirects=False,
        timeout=5,
    )
    code = sent.headers["Location"].partition("code=")[2].partition("&")[0]
    made = call("", "POST", f"/app-manifests/{code}/conversions").json()
    assert made["pem"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    call("bot", "DELETE", "/installation/token")
    call("app", "DELETE", f"/app/installations/{world.installation_id}")

    called = {each.operation for each in world.github.exchanges}
    known = {each.operation for each in all_routes()}
    assert known - called == {"meta/root", "apps/get-org-installation"}


def test_operations_have_githubs_names(github_description: GitHubDescription) -> None:
    described = github_description.operations
    wrong = [
        each.operation
        for each in all_routes()
        if each.operation not in described
        or described[each.operation].method.upper() != each.method
    ]
    assert wrong == []


def test_the_check_finds_what_is_wrong(world: World, github_description: GitHubDescription) -> None:
    """The check itself must be able to fail: in answers, requests and deliveries."""
    world.github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.call("GET", f"{SHOP}/issues/1", world.token())
    exchange = world.github.exchanges[-1]
    assert complaints(github_description, exchange) == []
    broken = [
        replace(exchange, response_body=exchange.response_body.replace(b'"title"', b'"titel"')),
        replace(exchange, response_body=exchange.response_body.replace(b': "open"', b": 7")),
        replace(exchange, status=299),
        replace(exchange, query={"colour": "red"}),
        replace(exchange, request_body=b'{"a": 1}'),
        replace(exchange, path="/api/v3/no/such/thing"),
    ]
    for each in broken:
        assert complaints(github_description, each) != []
    spoken = Spoken("POST", f"{SHOP}/issues", {}, b'{"title": "t", "colour": 1}', 201, "x", b"")
    assert github_description.check(spoken) == ["request body: unknown colour"]
    delivery = world.github.state.deliveries[-1]
    delivery.body = delivery.body.replace(b'"number"', b'"nummer"')
    assert all_complaints(github_description, world.github) != []


def test_paths_with_slashes_find_their_operation(github_description: GitHubDescription) -> None:
    found = {
        "/repos/a/b/contents/x/y/z.txt": "repos/get-content",
        "/repos/a/b/contents": "repos/get-content",
        "/repos/a/b/git/ref/heads/agent/1-x": "git/get-ref",
        "/repos/a/b/commits/agent/1-x/check-runs": "checks/list-for-ref",
        "/repos/a/b/compare/main...agent/1-x": "repos/compare-commits-with-basehead",
        "/repos/a/b/issues/comments/1": "issues/get-comment",
        "/user": "users/get-authenticated",
    }
    for path, name in found.items():
        operation = github_description.operation("GET", path)
        assert operation is not None
        assert operation.name == name
