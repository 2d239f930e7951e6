"""Comments in, a draft pull request and words out: the front door of the whole product."""

import subprocess
from pathlib import Path

import pytest

from demo.house import House

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def clone(house: House, branch: str, folder: Path) -> Path:
    url = house.stage.github.git_url(house.stage.repository)
    token = house.stage.github.user_token("maria")
    there = url.replace("http://", f"http://maria:{token}@")
    subprocess.run(["git", "clone", "-q", "-b", branch, there, folder], check=True)
    return folder


def git(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return ran.stdout


def labels(house: House, number: int) -> set[str]:
    owner, _, name = house.stage.repository.partition("/")
    state = house.stage.github.state
    with state.lock:
        issue = state.issue(state.repository(owner, name), number)
        return {label.name for label in issue.labels}


def test_a_comment_becomes_a_draft_pull_request(house: House, tmp_path: Path) -> None:
    comment_id = house.comment(1, "Thanks for looking.\n\n/agent fix this, please")
    task = house.wait_for_task(1)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    [pull_request] = house.pull_requests(1)
    assert pull_request["draft"] is True
    assert pull_request["base"]["sha"] == task["base_sha"]
    assert pull_request["head"]["sha"] == task["head_sha"]
    assert "Closes #1" in pull_request["body"]
    assert "tests/test_tax.py" in pull_request["body"]
    [status] = house.bot_comments(1)
    assert f"#{pull_request['number']}" in status["body"]
    assert "<details>" in status["body"]
    assert "edit `shop/tax.py`" in status["body"]
    house.wait_for(lambda: house.reactions(comment_id) == ["hooray"], "the one last reaction")
    work = clone(house, pull_request["head"]["ref"], tmp_path / "clone")
    assert git(work, "diff", "--name-only", "origin/main").split() == [
        "shop/tax.py",
        "tests/test_tax.py",
    ]
    message = git(work, "log", "-1", "--format=%B")
    assert f"Agent-Task: {task['id']}" in message
    assert "Co-authored-by: maria <" in message


def test_the_evidence_shows_the_new_test_failing_before_and_passing_after(house: House) -> None:
    [task] = house.tasks(1)
    rows = {row["command"]: row for row in task["evidence"]["rows"]}
    new_test = rows["python3 -m pytest -q tests/test_tax.py"]
    assert new_test["base"]["failed"] == ["tests/test_tax.py::test_half_a_cent_is_rounded_up"]
    assert new_test["change"]["failed"] == []
    assert new_test["verdict"] == "fixed"
    assert rows["python3 -m pytest -q"]["verdict"] == "passes"


def test_the_label_starts_a_fix_for_whoever_set_it(house: House) -> None:
    house.stage.github.add_label(house.stage.repository, 2, "li", "agent:fix")
    task = house.wait_for_task(2)
    assert task["state"] == "succeeded"
    assert task["requester"] == "li"
    assert len(house.pull_requests(2)) == 1
    # The label that asked is gone, and may be set anew.
    assert labels(house, 2) == {"agent:pr"}


def test_a_reader_is_refused_with_the_reason_and_who_can(house: House) -> None:
    comment_id = house.comment(3, "/agent fix this", user="sam")
    answer = house.wait_for_answer(3, "write")
    assert "sam" in answer["body"]
    house.wait_for(lambda: house.reactions(comment_id) == ["-1"], "the reaction")
    assert house.tasks(3) == []


def test_a_label_set_by_a_reader_starts_nothing(house: House) -> None:
    house.stage.github.add_label(house.stage.repository, 4, "sam", "agent:fix")
    house.wait_for_answer(4, "write")
    assert house.tasks(4) == []


def test_a_near_miss_is_asked_about_and_starts_nothing(house: House) -> None:
    house.comment(5, "/agent satus")
    house.wait_for_answer(5, "/agent status")
    assert house.tasks(5) == []


def test_an_issue_that_the_script_does_not_know_ends_in_words_that_say_so(house: House) -> None:
    number = house.open_issue("Something else", "Nobody wrote a script for this.")
    house.comment(number, "/agent fix")
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == ("failed", "model_unavailable")
    [answer] = house.bot_comments(number)
    assert "Set OPENAI_API_KEY to use a real model" in answer["body"]


def test_status_and_help_answer_in_words(house: House) -> None:
    number = house.open_issue("A question", "What can this do?")
    house.comment(number, "/agent help")
    house.wait_for_answer(number, "/agent stop")
    house.comment(number, "/agent status")
    house.wait_for(lambda: len(house.bot_comments(number)) == 2, "an answer about the status")


def test_the_chain_of_the_action_log_holds(house: House) -> None:
    [task] = house.tasks(1)
    page = f"{house.web}/tasks/{task['id']}/log.jsonl"
    ran = subprocess.run(["curl", "-fsS", page], check=True, capture_output=True, text=True)
    lines = ran.stdout.splitlines()
    assert len(lines) > 10
