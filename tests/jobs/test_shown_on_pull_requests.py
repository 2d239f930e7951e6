"""What a task on the bot's own pull request says: what it was given, and where to look."""

from dataclasses import replace
from typing import Any

from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.repository.change import ChangedFile, FileMode
from jobs.rounds import address, sync
from jobs.status_comment import StatusComment
from records.task import TaskState
from tests.jobs.desk import REPOSITORY
from tests.jobs.reviewing import Review
from tests.jobs.test_sync import agent_resolves

MAKE = ChangedFile("Makefile", FileMode.REGULAR, b"test:\n\tpytest\n")


def _said(review: Review, job: Job, end: object) -> str:
    """Let the task say its end; return the comment."""
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.SUCCEEDED
    StatusComment(job).conclude(end)
    comments = review.desk.github.comments(REPOSITORY, review.number)
    return next(str(one["body"]) for one in reversed(comments) if job.task.id in one["body"])


def _remarked(review: Review) -> list[tuple[str, int]]:
    runs = review.desk.github.state.repository("acme", "shop").check_runs
    remarks: list[dict[str, Any]] = list(runs[-1].annotations)
    return [(one["path"], one["start_line"]) for one in remarks]


def test_a_round_says_what_it_was_given_and_where_to_look(review: Review) -> None:
    review.comment("paul", "```suggestion\nRATE = 0.2\n```")
    review.comment("paul", "Where is the Makefile?", line=3)
    review.agent_says("Thread 2: fixed: there it is", MAKE)
    job = review.job()
    said = _said(review, job, address.address(job))
    assert "What I was given" in said
    assert "Beside it: 2 open review threads." in said
    assert _remarked(review) == [("Makefile", 1)]


def test_a_round_of_suggestions_alone_says_where_to_look(review: Review) -> None:
    review.desk.github.commit(REPOSITORY, review.branch, "paul", {"Makefile": "a:\nb:\n"}, "M")
    review.comment("paul", "```suggestion\nc:\n```", path="Makefile", line=2)
    job = review.job()
    _said(review, job, address.address(job))
    assert _remarked(review) == [("Makefile", 2)]


def test_a_merge_that_the_agent_makes_says_both(review: Review) -> None:
    github = review.desk.github
    github.commit(REPOSITORY, "main", "paul", {"tax.py": "RATE = 0.3\n"})
    agent_resolves(review, b"RATE = 0.3\n")
    job = review.job()
    job = replace(job, task=replace(job.task, verb="sync"))
    said = _said(review, job, sync.sync(job))
    assert "Beside it: 1 file in conflict, with both sides." in said
