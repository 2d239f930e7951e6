"""A review is written once, whatever becomes of its job or of the commit that it is about."""

import json
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from bot.comments.reviews import REVIEW
from jobs.job import Job
from jobs.reading.result import keep_result, newest_result_of
from jobs.reviews import review as story
from records.effects import Effects
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


@pytest.fixture
def job(desk: Desk) -> Job:
    """A job of a task that is to review a pull request."""
    opened = desk.hand_in()
    sha = desk.git("rev-parse", f"refs/pull/{opened.number}/head")
    task = replace(desk.job.task, verb="review", issue_number=opened.number)
    job = replace(desk.job, task=task)
    job.log.keep("remarks", {"title": "", "result": "", "said": SAID | {"head_sha": sha}})
    return job


def sent(desk: Desk) -> list[dict[str, Any]]:
    asked = [one for one in desk.github.exchanges if one.operation == "pulls/create-review"]
    return [json.loads(one.request_body) for one in asked]


def reviews(desk: Desk, job: Job) -> int:
    found = desk.github.reviews(REPOSITORY, job.task.issue_number)
    return len(found)


def test_a_review_whose_commit_was_pushed_away_is_written_in_one_text(desk: Desk, job: Job) -> None:
    desk.github.fault("pulls/create-review", status=422, message="No commit found for SHA")
    said = SAID | {"head_sha": "e" * 40}
    assert story._written(job, said)
    assert [one.get("commit_id") for one in sent(desk)] == ["e" * 40, None]
    assert "Wrong rate." in sent(desk)[1]["body"]
    assert sent(desk)[1]["comments"] == []
    assert desk.github.pull_requests(REPOSITORY)


class Killed(BaseException):
    """The end of the process that did it."""


@pytest.mark.parametrize("refused", [False, True])
def test_a_job_that_was_killed_between_the_write_and_its_record_writes_no_second_review(
    refused: bool, desk: Desk, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever form it took, and however the pull request stands by then."""
    if refused:
        desk.github.fault("pulls/create-review", status=422, message="line is not in the diff")

    def dies(*_: object) -> NoReturn:
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr(Effects, "_finish", dies)
        with pytest.raises(Killed):
            story.review(job, desk.base)
    assert reviews(desk, job) == 1
    desk.github.close_issue(REPOSITORY, job.task.issue_number, "maria")
    assert story.review(job, desk.base).state is TaskState.SUCCEEDED
    assert reviews(desk, job) == 1
    result = newest_result_of(job, REVIEW)
    assert result
    assert result["comments"] == 1
    assert "#pullrequestreview-" in result["url"]
