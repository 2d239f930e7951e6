"""A change of what the project wants approved goes nowhere before a maintainer has approved it."""

from dataclasses import replace

import pytest

from bot.comments.waits import wait_headline, wait_words
from jobs.agent.task import Ending, Outcome
from jobs.checkout import fetch_base
from jobs.ending import TaskEnd, TaskFailed
from jobs.handing_in import hand_in, keep
from jobs.pull_request import publish
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.rounds import address
from jobs.solution import Solution
from jobs.status_comment import StatusComment, surroundings
from records.task import TaskState
from records.waits import NewWait
from tests.jobs.desk import EDIT, REPOSITORY, Desk
from tests.jobs.reviewing import Review

GUARDED = ChangedFile("migrations/1.sql", FileMode.REGULAR, b"drop table @maria;\n```\n")
SAYS: dict[str, str | None] = {".github/agent.yml": "paths: {approve: [migrations/**]}\n"}


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """A job whose repository wants its migrations approved."""
    desk.github.commit(REPOSITORY, "main", "maria", SAYS, "Say")
    return replace(desk, base=fetch_base(desk.job.services, desk.job.task))


def _solution(*files: ChangedFile, outcome: Outcome = Outcome.RESOLVED) -> Solution:
    return Solution(Ending(outcome, None, "Done."), Change(files))


def _asked(desk: Desk, solution: Solution) -> NewWait:
    asked = hand_in(desk.job, desk.base, solution)
    assert isinstance(asked, NewWait)
    return asked


def _decide(desk: Desk, asked: NewWait, decision: str) -> None:
    waits = desk.job.services.tasks.waits
    wait = waits.ask(desk.job.lease, asked)
    said = {"decision": decision, "event": "comment:9", "words": "Not now."}
    assert waits.answer(wait, said, "mona")


def test_it_waits_and_nothing_is_pushed(guarded: Desk) -> None:
    solution = _solution(EDIT, GUARDED)
    asked = _asked(guarded, solution)
    assert asked.asked["paths"] == ["migrations/1.sql"]
    assert "tax.py" not in asked.asked["diff"]
    guarded.job.services.tasks.waits.ask(guarded.job.lease, asked)
    around = surroundings(guarded.job)
    digest = asked.asked["digest"][:8]
    assert wait_headline(around.wait) == f"🛡 Change `{digest}` needs approval"
    said = "\n\n".join(wait_words(guarded.job.task, around))
    assert f"<!-- do:approve {digest} -->" in said
    assert "+drop table @maria;\n+```\n" in said.partition("````diff\n")[2]
    assert _asked(guarded, solution) == asked
    assert guarded.pull_requests() == []
    assert guarded.git("branch", "--list", "agent/*") == ""


def test_where_the_comment_cuts_it_the_whole_is_in_the_log_once(guarded: Desk) -> None:
    long = replace(GUARDED, content=b"drop table orders;\n" * 900 + b"drop the rest;\n")
    asked = _asked(guarded, _solution(long))
    wait = guarded.job.services.tasks.waits.ask(guarded.job.lease, asked)
    _asked(guarded, _solution(long))
    said = "\n\n".join(wait_words(guarded.job.task, surroundings(guarded.job)))
    assert "drop the rest" not in said
    assert "**Not all of it is shown here**: read it first in the log on [the task's page](" in said
    whole = [content["text"] for _, content in guarded.job.log.entries() if content.get("text")]
    assert len([text for text in whole if "+drop the rest;" in text]) == 1
    assert wait.asked["cut"]


def test_approved_it_is_published_and_points_it_out(guarded: Desk) -> None:
    solution = _solution(EDIT, GUARDED)
    _decide(guarded, _asked(guarded, solution), "approve")
    end = hand_in(guarded.job, guarded.base, solution)
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.SUCCEEDED
    assert len(guarded.pull_requests()) == 1


def test_what_was_approved_is_that_change_and_no_other(guarded: Desk) -> None:
    _decide(guarded, _asked(guarded, _solution(GUARDED)), "approve")
    other = _solution(replace(GUARDED, content=b"drop all;\n"))
    _asked(guarded, other)
    with pytest.raises(TaskFailed, match="has to approve"):
        publish(guarded.job, guarded.base, other, TaskEnd(TaskState.SUCCEEDED, "", ""))


def test_rejected_it_ends_and_says_by_whom(guarded: Desk) -> None:
    solution = _solution(GUARDED)
    _decide(guarded, _asked(guarded, solution), "reject")
    end = hand_in(guarded.job, guarded.base, solution)
    assert isinstance(end, TaskEnd)
    assert (end.state, end.reason) == (TaskState.FAILED, "policy_blocked")
    assert "mona rejected change" in end.explanation
    assert end.explanation.endswith("Not now.")
    assert guarded.pull_requests() == []


def test_what_was_stopped_is_kept_on_no_branch_without_approval(guarded: Desk) -> None:
    stopped = TaskEnd(TaskState.STOPPED, "stopped", "Stopped.")
    end = keep(guarded.job, guarded.base, _solution(GUARDED, outcome=Outcome.STOPPED), stopped)
    assert "A maintainer has to approve a change of migrations/1.sql first" in end.explanation
    assert guarded.git("branch", "--list", "agent/*") == ""


def test_other_paths_need_nobody(guarded: Desk) -> None:
    assert isinstance(hand_in(guarded.job, guarded.base, _solution(EDIT)), TaskEnd)


def test_a_round_waits_with_buttons_on_its_check_run(review: Review) -> None:
    desk = review.desk
    desk.github.commit(REPOSITORY, "main", "maria", SAYS, "Say")
    review.comment("paul", "Drop the table.")
    review.agent_says("Thread 1: fixed: dropped", GUARDED)
    job = review.job()
    asked = address.address(job)
    assert isinstance(asked, NewWait)
    assert len(review.log()) == 1
    wait = job.services.tasks.waits.ask(job.lease, asked)
    StatusComment(job).show_wait(wait)
    run = desk.github.state.repository("acme", "shop").check_runs[-1]
    assert run.conclusion == "action_required"
    assert [each["identifier"] for each in run.actions] == ["approve", "reject"]
    said = {"decision": "approve", "event": "button:1"}
    assert job.services.tasks.waits.answer(wait, said, "mona")
    end = address.address(job)
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.SUCCEEDED
    assert len(review.log()) == 2
    assert review.answer().startswith("Fixed in `")
