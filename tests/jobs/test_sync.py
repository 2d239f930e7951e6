"""The base that has moved on is merged into the bot's branch; a conflict is for the agent."""

from collections.abc import Callable
from dataclasses import replace

from bot.comments.held import is_held
from jobs.agent.task import AgentTask, Ending, IssueText, Outcome, Submission
from jobs.checkout import Base
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.rounds import sync as story
from jobs.solution import Solution
from records.task import TaskState
from tests.jobs.desk import REPOSITORY
from tests.jobs.reviewing import Review


def sync(review: Review) -> TaskEnd:
    job = review.job()
    job = replace(job, task=replace(job.task, verb="sync"))
    end = story.sync(job)
    assert isinstance(end, TaskEnd)
    job.services.tasks.end(job.lease, end.state, reason=end.reason, explanation="")
    return end


def agent_resolves(
    review: Review, content: bytes, meanwhile: Callable[[], object] = lambda: None
) -> list[AgentTask]:
    """Let the agent leave the file like this; what it is told is returned."""
    given: list[AgentTask] = []
    said = Submission(Outcome.RESOLVED, "Both hold.", "Merge")
    change = Change((ChangedFile("tax.py", FileMode.REGULAR, content),))

    def solve(job: Job, base: Base) -> Solution:
        assert "<<<<<<< " in (base.mirror.at(base.sha).text("tax.py") or "")
        base.mirror.pack(base.sha)  # as a sandbox is given it
        assert base.setup_sha == review.desk.git("rev-parse", "main")
        given.append(job.give(AgentTask("acme/shop", base.sha, (), IssueText(1, "Tax", ""))))
        meanwhile()
        return Solution(Ending(Outcome.RESOLVED, said, "It is done."), change)

    review.monkeypatch.setattr(story, "solve", solve)
    return given


def parents(review: Review) -> list[str]:
    return review.desk.git("log", "-1", "--format=%P", review.branch).split()


def test_what_does_not_touch_is_merged_by_github(review: Review) -> None:
    head = review.desk.git("rev-parse", review.branch)
    base = review.desk.github.commit(REPOSITORY, "main", "paul", {"new.py": "X = 1\n"})
    end = sync(review)
    assert end.state is TaskState.SUCCEEDED
    assert parents(review) == [head, base]
    assert review.desk.git("show", f"{review.branch}:new.py") == "X = 1"
    assert base[:10] in end.explanation
    # Nobody has let the checks run on what it is merged into.
    assert is_held(review.desk.git("log", "-1", "--format=%B", review.branch))
    again = sync(review)
    assert again.state is TaskState.NO_CHANGE_NEEDED
    assert parents(review) == [head, base]


def test_a_conflict_is_given_to_the_agent_with_both_sides(review: Review) -> None:
    head = review.desk.git("rev-parse", review.branch)
    base = review.desk.github.commit(REPOSITORY, "main", "paul", {"tax.py": "RATE = 0.21\n"})
    [given] = [agent_resolves(review, b"RATE = 0.21\nOLD = 1\n")]
    end = sync(review)
    assert end.state is TaskState.SUCCEEDED, end.explanation
    assert "left conflicts in: tax.py" in given[0].instruction
    assert parents(review) == [head, base]
    assert review.file() == "RATE = 0.21\nOLD = 1"


def test_a_merge_with_marks_left_in_it_is_not_pushed(review: Review) -> None:
    head = review.desk.git("rev-parse", review.branch)
    review.desk.github.commit(REPOSITORY, "main", "paul", {"tax.py": "RATE = 0.21\n"})
    agent_resolves(review, b"<<<<<<< ours\nRATE = 0.21\n")
    end = sync(review)
    assert end.state is TaskState.FAILED
    assert "still stand in `tax.py`" in end.explanation
    assert review.desk.git("rev-parse", review.branch) == head


def test_a_merge_is_not_pushed_over_what_came_meanwhile(review: Review) -> None:
    review.desk.github.commit(REPOSITORY, "main", "paul", {"tax.py": "RATE = 0.21\n"})
    theirs: list[str] = []

    def push() -> None:
        theirs.append(review.desk.github.commit(REPOSITORY, review.branch, "paul", {"x": "1\n"}))

    agent_resolves(review, b"RATE = 0.21\nOLD = 1\n", push)
    end = sync(review)
    assert (end.state, end.reason) == (TaskState.FAILED, "push_rejected")
    assert review.desk.git("rev-parse", review.branch) == theirs[0]
