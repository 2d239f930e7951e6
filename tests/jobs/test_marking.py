"""Lists of issues show by a label how the newest task of each stands."""

from bot.github_repository import GitHubRepository
from demo.github.server import LocalGitHub
from jobs.marking import show_state
from jobs.minted import minted
from records.task import TaskState
from tests.jobs.desk import REPOSITORY, Desk

ISSUES = {"issues": "write", "metadata": "read"}
ASKED = "agent:fix"


def labels(github: LocalGitHub, number: int) -> set[str]:
    with github.state.lock:
        issue = github.state.issue(github.state.repository("acme", "shop"), number)
        return {label.name for label in issue.labels}


def show(desk: Desk, state: TaskState) -> set[str]:
    number = desk.job.task.issue_number
    with minted(desk.job.services, desk.job.task, ISSUES) as token:
        repository: GitHubRepository = desk.job.services.github.repository(token)
        show_state(repository, number, state, asked_by=ASKED)
    return labels(desk.github, number)


def test_an_issue_carries_the_label_of_one_state_beside_those_of_its_people(desk: Desk) -> None:
    number = desk.job.task.issue_number
    for label in (ASKED, "bug", "agent:of-mine"):
        desk.github.add_label(REPOSITORY, number, "maria", label)
    others = {"bug", "agent:of-mine"}
    assert show(desk, TaskState.RUNNING) == {*others, "agent:running"}
    assert show(desk, TaskState.RUNNING) == {*others, "agent:running"}
    assert show(desk, TaskState.PARTIAL) == {*others, "agent:partial"}
    assert show(desk, TaskState.NEEDS_INFORMATION) == {*others, "agent:needs-input"}
    assert show(desk, TaskState.STOPPED) == others
    assert desk.asked("issues/add-labels") == 3
    assert desk.asked("issues/remove-label") == 4
