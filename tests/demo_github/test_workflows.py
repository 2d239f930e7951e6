"""Workflows that a person lets fail, buttons on checks, and what happens to an installation."""

from typing import Any

import pytest

from demo.github.errors import GitHubError
from tests.demo_github.conftest import World

SHOP = "ann/shop"
API = "/repos/ann/shop"


@pytest.fixture
def heard(checked_world: World) -> World:
    checked_world.github.set_webhook("patchbay", "http://127.0.0.1:9/nobody")
    return checked_world


def told(world: World, event: str, action: str) -> list[Any]:
    found = world.github.deliveries(event)
    return [each["request"]["payload"] for each in found if each["action"] == action]


def test_a_suite_ends_with_its_last_job_and_runs_again(heard: World) -> None:
    github = heard.github
    github.make_branch(SHOP, "agent/1", "ann")
    github.commit(SHOP, "agent/1", "patchbay[bot]", {"new.py": "one\n"})
    run = github.start_workflow(SHOP, "agent/1", ["test", "lint"])
    assert run is not None
    github.finish_job(SHOP, run, "lint")
    assert told(heard, "check_suite", "completed") == []
    github.finish_job(SHOP, run, "test", "failure", "E   assert 1 == 2\n")
    [suite] = told(heard, "check_suite", "completed")
    assert suite["check_suite"]["conclusion"] == "failure"
    assert suite["check_suite"]["app"]["slug"] == "github-actions"
    # Whoever pushed is the sender, also when that is the App that hears of it.
    assert suite["sender"]["login"] == "patchbay[bot]"
    heard.call("POST", f"{API}/actions/runs/{run}/rerun-failed-jobs", heard.token())
    again = heard.call("POST", f"{API}/actions/runs/{run}/rerun-failed-jobs", heard.token())
    assert again.status_code == 403
    github.finish_job(SHOP, run, "test")
    assert [each["check_suite"]["conclusion"] for each in told(heard, "check_suite", "completed")][
        1:
    ] == ["success"]
    [shown] = github.workflow_runs(SHOP)
    assert (shown["run_attempt"], shown["conclusion"]) == (2, "success")
    everything = heard.call("GET", f"{API}/actions/runs/{run}/jobs?filter=all", heard.token())
    assert everything.json()["total_count"] == 3


def test_the_log_of_a_job_lies_where_no_token_is_needed_for_a_minute(heard: World) -> None:
    run = heard.github.start_workflow(SHOP, "main")
    assert run is not None
    heard.github.finish_job(SHOP, run, "test", "failure", "E   assert 1 == 2\n")
    [job] = heard.call("GET", f"{API}/actions/runs/{run}/jobs", heard.token()).json()["jobs"]
    answer = heard.http.get(
        f"{heard.github.api_url}{API}/actions/jobs/{job['id']}/logs",
        headers={"Authorization": f"Bearer {heard.token()}"},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 302
    assert heard.http.get(answer.headers["Location"], timeout=5).text == "E   assert 1 == 2\n"
    heard.github.advance_clock(61)
    assert heard.http.get(answer.headers["Location"], timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("message", "runs"),
    [
        ("Change", True),
        ("Change [skip ci]", False),
        ("Change\n\nAgent-Task: k3f9\nskip-checks: true", False),
        ("Change\n\nskip-checks: true\nAgent-Task: k3f9", True),
        ("Change, which says skip-checks: true", True),
    ],
)
def test_a_commit_that_asks_for_no_workflow_gets_none(
    heard: World, message: str, runs: bool
) -> None:
    heard.github.commit(SHOP, "main", "ann", {"a": "b\n"}, message)
    assert (heard.github.start_workflow(SHOP, "main") is not None) is runs


def test_a_button_is_heard_by_the_app_that_offered_it(heard: World) -> None:
    action = {"label": "Stop", "description": "Stop this task", "identifier": "stop"}
    new = {"name": "agent", "head_sha": heard.head(), "actions": [action]}
    run = heard.call("POST", f"{API}/check-runs", heard.token(), new).json()["id"]
    heard.github.press(SHOP, run, "reader", "stop")
    [asked] = told(heard, "check_run", "requested_action")
    assert asked["requested_action"] == {"identifier": "stop"}
    assert asked["sender"]["login"] == "reader"
    with pytest.raises(GitHubError):
        heard.github.press(SHOP, run, "reader", "go")
    many = {**new, "actions": [action] * 4}
    assert heard.call("POST", f"{API}/check-runs", heard.token(), many).status_code == 422
    long = {**new, "actions": [{**action, "label": "Address the reviews now"}]}
    assert heard.call("POST", f"{API}/check-runs", heard.token(), long).status_code == 422


def test_what_befalls_an_installation_and_a_repository_is_told(heard: World) -> None:
    github = heard.github
    github.suspend(heard.installation_id)
    github.open_issue(SHOP, "ann", "Unheard")
    github.suspend(heard.installation_id, suspended=False)
    github.set_repository(SHOP, private=False)
    github.set_repository(SHOP, archived=True)
    github.set_repository(SHOP, archived=False)
    github.rename_repository(SHOP, "store")
    github.uninstall(heard.installation_id)
    assert [(each["event"], each["action"]) for each in github.deliveries()] == [
        ("installation", "suspend"),
        ("installation", "unsuspend"),
        ("repository", "publicized"),
        ("repository", "archived"),
        ("repository", "unarchived"),
        ("repository", "renamed"),
        ("installation", "deleted"),
    ]
    path = f"/app/installations/{heard.installation_id}/access_tokens"
    assert heard.call("POST", path, heard.jwt()).status_code == 404


def test_one_repository_leaves_an_installation(heard: World) -> None:
    heard.github.install("patchbay", "ann/other")
    heard.github.uninstall(heard.installation_id, "ann/shop")
    [removed] = told(heard, "installation_repositories", "removed")
    assert [each["full_name"] for each in removed["repositories_removed"]] == ["ann/shop"]
    assert heard.call("GET", f"{API}/issues", heard.token()).status_code == 404
