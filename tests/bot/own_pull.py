"""The bot's pull request in the front door's repository, and the workflow that runs on it."""

from dataclasses import dataclass
from typing import Any

import pytest

from records.task import Task, TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor

BRANCH = "agent/1-tax-is-wrong-k3f9"


@dataclass
class OnPullRequest:
    """The bot's pull request, and the workflow of the repository on it."""

    door: FrontDoor
    number: int
    origin: Task

    @property
    def head(self) -> str:
        return self.door.github.branches(REPOSITORY)[BRANCH]

    def evidence(self, evidence: dict[str, Any] | None) -> None:
        """Let the bot's own run of the checks have said this about the head."""
        self.door.context.tasks.write(self.lease, evidence=evidence)

    def ends(self, conclusion: str, log: str = "", *, run: int | None = None, **more: Any) -> int:
        """Let a workflow run on the head end so; give its number."""
        github = self.door.github
        run = run or github.start_workflow(REPOSITORY, BRANCH)
        assert run is not None
        github.finish_job(REPOSITORY, run, conclusion=conclusion, log=log, **more)
        return run

    def outcome(self) -> Any:
        """Handle everything up to the end of the suite."""
        while True:
            event, body = self.door.next(self.pusher)
            if event == "check_suite":
                return self.door.answer(event, body)

    def pushes(self, message: str, *, by: str = "patchbay-demo[bot]") -> str:
        return self.door.github.commit(REPOSITORY, BRANCH, by, {"tax.py": message}, message)

    def words(self) -> list[str]:
        return self.door.bot_comments(self.number)

    def repairs(self) -> list[Task]:
        tasks = self.door.context.tasks
        found = tasks.rounds.on(self.door.repository_id, self.number, "ci")
        return [tasks.get(task_id) for task_id in found]

    lease: Any = None
    pusher: str = "patchbay-demo[bot]"


@pytest.fixture
def on_pull(front_door: FrontDoor) -> OnPullRequest:
    """A pull request that the bot opened for an issue."""
    github, tasks = front_door.github, front_door.context.tasks
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    (made,) = tasks.line(front_door.repository_id, number)
    base = github.make_branch(REPOSITORY, BRANCH, "patchbay-demo[bot]")
    head = github.commit(
        REPOSITORY,
        BRANCH,
        "patchbay-demo[bot]",
        {"tax.py": "RATE = 0.2\n"},
        f"Fix tax\n\nAgent-Task: {made.id}",
    )
    pull = github.open_pull(REPOSITORY, "patchbay-demo[bot]", BRANCH, "Fix tax")
    lease = tasks.take(made.id, "a job", 600.0)
    assert lease is not None
    tasks.write(
        lease,
        branch=BRANCH,
        base_sha=base,
        base_branch="main",
        head_sha=head,
        pull_request_number=pull,
        pull_request_url="…",
    )
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    return OnPullRequest(front_door, pull, tasks.get(made.id), lease)
