"""The bot's pull request under review, and an agent that answers as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from jobs.agent.task import AgentTask, Ending, IssueText, Outcome, Submission
from jobs.checkout import Base
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.repository import policy
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.rounds import address as story
from jobs.solution import Solution
from records.task import NewTask, Task, TaskState
from tests.jobs.conftest import MakeJob
from tests.jobs.desk import REPOSITORY, Desk

TAX = "RATE = 0.19\nOLD = 1\nNAME = 'tax'\n"


EVIDENCE = {
    "clean": True,
    "rows": [
        {
            "command": "pytest -q",
            "verdict": "passes",
            "base": {"exit_code": 0, "summary": "3 passed"},
            "change": {"exit_code": 0, "summary": "4 passed"},
        }
    ],
}


@dataclass
class Review:
    """The bot's pull request under review, and an agent that answers as it is told."""

    desk: Desk
    origin: Task
    make_job: MakeJob
    monkeypatch: pytest.MonkeyPatch
    given: list[AgentTask]

    @property
    def number(self) -> int:
        assert self.origin.pull_request_number
        return self.origin.pull_request_number

    @property
    def branch(self) -> str:
        assert self.origin.branch
        return self.origin.branch

    def comment(self, user: str, body: str, line: int = 1, path: str = "tax.py") -> int:
        """Open a thread, and return the id of its first comment."""
        github = self.desk.github
        comments = [{"path": path, "line": line, "body": body}]
        github.review(REPOSITORY, self.number, user, "COMMENT", "See.", comments)
        return int(github.threads(REPOSITORY, self.number)[-1]["comments"][0]["id"])

    def agent_says(
        self,
        summary: str,
        *files: ChangedFile,
        outcome: Outcome = Outcome.RESOLVED,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Let the agent hand this in; what it was told is kept."""
        said = Submission(outcome, summary, "Mend the rate")
        solution = Solution(Ending(outcome, said, "It is done."), Change(files))

        def solve(job: Job, base: Base) -> Solution:
            issue = IssueText(1, job.task.issue.title, job.task.issue.body)
            self.given.append(job.give(AgentTask("acme/shop", base.sha, (), issue)))
            job.keep_evidence(EVIDENCE)
            meanwhile()
            report = policy.review(solution.change, base.mirror.at(base.sha))
            return replace(solution, policy=report)

        self.monkeypatch.setattr(story, "solve", solve)

    def address(self, **brief: Any) -> TaskEnd:
        """Do a round."""
        job = self.job(**brief)
        end = story.address(job)
        assert isinstance(end, TaskEnd)
        job.services.tasks.end(job.lease, end.state, reason=end.reason, explanation="")
        return end

    def job(self, **brief: Any) -> Job:
        """Take a task for a round."""
        origin = self.origin
        number = len(self.desk.job.services.tasks.rounds.on(origin.repository_id, self.number)) + 1
        new = NewTask(
            semantic_key=f"review:{number}",
            verb="address",
            installation_id=origin.installation_id,
            repository_id=origin.repository_id,
            repository=origin.repository,
            issue_number=self.number,
            requester=origin.requester,
            requester_id=origin.requester_id,
            instruction="",
            trigger_comment_id=None,
            issue=origin.issue,
            branch=origin.branch,
            pull_request_number=self.number,
            brief={"issue": origin.issue_number, "round": number, **brief},
        )
        job = self.make_job(new, lease_s=120.0)
        return replace(job, services=self.desk.job.services)

    def threads(self) -> list[dict[str, Any]]:
        return self.desk.github.threads(REPOSITORY, self.number)

    def answer(self, thread: int = 0) -> str:
        """Return the bot's word in a thread, without its marker; nothing if it said none."""
        comments = self.threads()[thread]["comments"]
        said = [one["body"] for one in comments if one["user"]["type"] == "Bot"]
        return said[-1].partition("\n")[2] if said else ""

    def log(self) -> list[str]:
        """Return the headlines on the branch, newest first."""
        return self.desk.git("log", "--format=%s", f"main..{self.branch}").split("\n")

    def file(self) -> str:
        return self.desk.git("show", f"{self.branch}:tax.py")


@pytest.fixture
def review(desk: Desk, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> Review:
    desk.hand_in(ChangedFile("tax.py", FileMode.REGULAR, TAX.encode()))
    tasks, job = desk.job.services.tasks, desk.job
    tasks.end(job.lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    desk.github.create_user("paul")
    desk.github.add_collaborator(REPOSITORY, "paul", "write")
    desk.github.create_user("eve")
    desk.github.add_collaborator(REPOSITORY, "eve", "read")
    # There is no sandbox here; over the whole house there is.
    monkeypatch.setattr(story, "measured", lambda *_: False)
    return Review(desk, tasks.get(job.task.id), make_job, monkeypatch, [])
