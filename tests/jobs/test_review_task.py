"""A review is written once, whatever becomes of its job or of the commit that it is about."""

import json
from dataclasses import replace
from typing import NoReturn

import pytest

from bot.comments.reviews import REVIEW
from jobs.reading.result import keep_result
from jobs.reviews import review as story
from records.task import TaskState
from tests.jobs.desk import REPOSITORY, Desk

COMMENT = {
    "path": "tax.py",
    "line": 1,
    "start_line": 1,
    "on_new_side": True,
    "severity": "bug",
    "body": "Wrong rate.",
    "suggestion": None,
}
SAID = {"summary": "One bug.", "comments": [COMMENT], "homeless": [], "unverified": ""}


def test_a_review_that_stands_is_not_begun_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> NoReturn:
        raise AssertionError("the pull request has other commits by now")

    monkeypatch.setattr(story, "fetched", gone)
    keep_result(desk.job, REVIEW, {"url": "x", "comments": 1}, title="the review", text="")
    assert story.review(desk.job, desk.base).state is TaskState.SUCCEEDED


def test_a_review_whose_commit_was_pushed_away_is_written_in_one_text(desk: Desk) -> None:
    opened = desk.hand_in()
    services, task = desk.job.services, desk.job.task
    permissions = {"pull_requests": "read", "metadata": "read"}
    token = services.github.token(task.installation_id, task.repository_id, permissions)
    pull = services.github.repository(token).reviews(opened.number).opened()
    desk.github.fault("pulls/create-review", status=422, message="No commit found for SHA")
    assert story._written(desk.job, replace(pull, head_sha="e" * 40), SAID)
    asked = [one for one in desk.github.exchanges if one.operation == "pulls/create-review"]
    sent = [json.loads(one.request_body) for one in asked]
    assert [one.get("commit_id") for one in sent] == ["e" * 40, None]
    assert "Wrong rate." in sent[1]["body"]
    assert sent[1]["comments"] == []
    assert desk.github.pull_requests(REPOSITORY)
