"""Every way in which a task can end, over the whole path: the words, the labels, what is kept."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from demo.house import House
from tests.whole.given import bash, call, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

NOTE = turn(call("write", path="NOTES.md", content="Half of it.\n"))
PLAN = turn(call("update_plan", plan=[{"step": "Mend the rest", "status": "in_progress"}]))
SILENT = {"text": "All of it is done, believe me."}
DEAR = {"prompt_tokens": 600_000, "completion_tokens": 10, "total_tokens": 600_010}
UNWELL = {"times": 0, "status": 401, "body": {"error": {"message": "no such key"}}}
TOO_LONG = {
    "times": 0,
    "status": 400,
    "body": {"error": {"message": "maximum context length", "code": "context_length_exceeded"}},
}
ENDS_ITS_SANDBOX = turn(
    call("bash", command='python3 -c "import os; os.setpriority(0, 1, 19)"'),
    call("bash", command="true"),
)
LIMITS = {
    "PATCHBAY_TASK_MAX_TURNS": "9",
    "PATCHBAY_TASK_MAX_USD": "5",
    "PATCHBAY_AT_BUDGET_END": "end",
    "PATCHBAY_PRICE_INPUT_PER_MTOK": "10",
    "PATCHBAY_PRICE_OUTPUT_PER_MTOK": "10",
    "PATCHBAY_REVIEW": "off",
}


@dataclass(frozen=True)
class Case:
    """An issue whose task ends in one of the ways, and what people should see of it."""

    title: str
    turns: list[dict[str, Any]]
    state: str
    reason: str = ""
    label: str = "agent:partial"
    kept: str = "pull request"
    """Where the change is: a pull request, a branch, nowhere."""
    words: tuple[str, ...] = ()
    """In the comment on the issue, and in the pull request where there is one."""


PARTLY = (
    Case(
        "Turns run out",
        [PLAN, NOTE, *(bash(f"echo {number}") for number in range(9))],
        "partial",
        "budget",
        words=("The limit of 9 turns was reached.",),
    ),
    Case(
        "Money runs out",
        [NOTE, {**bash("ls"), "usage": DEAR}],
        "partial",
        "budget",
        words=("The limit of \\$5.00 was reached.",),
    ),
    Case(
        "Context runs out",
        [NOTE, {**bash("true"), "faults": [TOO_LONG]}],
        "partial",
        "budget",
        words=("no longer fits into the model's context window",),
    ),
    Case(
        "In circles",
        [NOTE, *[bash("ls shop")] * 6],
        "partial",
        "loop",
        words=("did the same 6 times over",),
    ),
    Case(
        "Model fails",
        [NOTE, {**bash("true"), "faults": [UNWELL]}],
        "partial",
        "model_unavailable",
        words=("no such key",),
    ),
    Case(
        "Model falls silent",
        [NOTE, *[SILENT] * 3],
        "partial",
        "quiet",
        words=("stopped without handing in", "**In the agent's words, unchecked:**", "believe me"),
    ),
    Case(
        "Sandbox is lost",
        [NOTE, *[ENDS_ITS_SANDBOX] * 3],
        "partial",
        "sandbox_lost",
        words=("ended by itself, more than once",),
    ),
    Case(
        "Half is handed in",
        [NOTE, *[submit("partial", summary="Half is done.", unverified="The rest.")] * 2],
        "partial",
        words=("In the agent's words, unchecked", "> Half is done.", "> Not checked: The rest."),
    ),
)
ANSWERED = (
    Case(
        "Nothing to do",
        [submit("no_change_needed", summary="It rounds already.")] * 2,
        "no_change_needed",
        label="agent:no-change",
        kept="nowhere",
        words=("No change is needed", "> It rounds already."),
    ),
    Case(
        "Cannot be seen",
        [NOTE, *[submit("not_reproducible", summary="It works here.")] * 3],
        "cannot_reproduce",
        label="agent:needs-input",
        kept="branch",
        words=("The problem could not be reproduced", "> It works here."),
    ),
    Case(
        "Too little is said",
        [submit("needs_information", summary="Which shop is meant?")] * 2,
        "needs_information",
        label="agent:needs-input",
        kept="nowhere",
        words=("Something is missing", "> Which shop is meant?"),
    ),
)
FAILED = (
    Case(
        "Not allowed",
        [
            turn(call("write", path=".github/workflows/own.yml", content="on: push\n")),
            {**bash("true"), "faults": [UNWELL]},
        ],
        "failed",
        "model_unavailable",
        label="agent:failed",
        kept="nowhere",
        words=("❌ Stopped: the model did not answer", "may not be published", "own.yml"),
    ),
)
CASES = (*PARTLY, *ANSWERED, *FAILED)
STOPPED = "Somebody changes their mind"
SLOW = Case(
    "Time runs out",
    [NOTE, bash("true", 60)],
    "partial",
    "budget",
    words=("The limit of 0.1 minutes was reached.",),
)


@contextmanager
def limited(house: AbstractContextManager[House], limits: dict[str, str]) -> Iterator[House]:
    """Start a product with these limits for every task."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in limits.items():
            environment.setenv(name, value)
        with house as opened:
            yield opened


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    scripts = [script(case.title, *case.turns) for case in CASES]
    scripts.append(script(STOPPED, PLAN, NOTE, bash("true", 60)))
    folder = tmp_path_factory.mktemp("endings")
    with limited(house_with(scripts, folder, docker_host, workers=6), LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(house: House) -> dict[str, tuple[int, int]]:
    """The number of each issue and the comment that asked, all at once."""
    found: dict[str, tuple[int, int]] = {}
    for title in (STOPPED, *(case.title for case in CASES)):
        number = house.open_issue(title)
        found[title] = (number, house.comment(number, "/agent fix"))
    return found


def labels(house: House, number: int) -> set[str]:
    owner, _, name = house.stage.repository.partition("/")
    state = house.stage.github.state
    with state.lock:
        issue = state.issue(state.repository(owner, name), number)
        return {label.name for label in issue.labels}


def files(house: House, branch: str) -> set[str]:
    """What a branch changes, as one commit on its base."""
    owner, _, name = house.stage.repository.partition("/")
    folder = house.stage.github.state.repository(owner, name).path
    show = ["git", "--git-dir", str(folder), "diff", "--name-only", "main", branch]
    return set(subprocess.run(show, check=True, capture_output=True, text=True).stdout.split())


def branches(house: House, number: int) -> list[str]:
    owner, _, name = house.stage.repository.partition("/")
    folder = house.stage.github.state.repository(owner, name).path
    show = ["git", "--git-dir", str(folder), "for-each-ref", "--format=%(refname:short)"]
    wanted = f"refs/heads/agent/{number}-*"
    ran = subprocess.run([*show, wanted], check=True, capture_output=True, text=True)
    return ran.stdout.split()


def test_a_stop_keeps_the_work_on_a_branch_and_offers_it_to_nobody(
    house: House, asked: dict[str, tuple[int, int]]
) -> None:
    """Asked for while the model thinks, with all the other tasks at work."""
    number, comment_id = asked[STOPPED]
    house.wait_for(
        lambda: any(task["progress"]["steps"] >= 2 for task in house.tasks(number)),
        "the middle of the task",
    )
    house.comment(number, "/agent stop")
    stopped_at = time.time()
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == ("stopped", "stopped")
    assert task["ended_at"] - stopped_at < 20
    assert house.pull_requests(number) == []
    assert branches(house, number) == [task["branch"]]
    assert files(house, task["branch"]) == {"NOTES.md"}
    answer = house.wait_for_answer(number, "Stopped by")
    assert "maria stopped it." in answer["body"]
    assert f"kept on the branch [`{task['branch']}`](" in answer["body"]
    assert "Nothing was measured: nobody handed the change in." in answer["body"]
    assert "▶️ Mend the rest" in answer["body"]
    house.wait_for(lambda: house.reactions(comment_id) == ["confused"], "the last reaction")
    house.wait_for(lambda: not labels(house, number), "no label of a state")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_task_ends_in_its_own_words_and_keeps_what_there_is(
    case: Case, house: House, asked: dict[str, tuple[int, int]]
) -> None:
    assert_ended(case, house, *asked[case.title])


def test_a_task_whose_time_is_up_ends_in_the_middle_of_a_slow_reply(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a house of its own, where there is little time for anything."""
    assert sandbox_image
    scripts, folder = [script(SLOW.title, *SLOW.turns)], tmp_path_factory.mktemp("hurry")
    hurry = {"PATCHBAY_TASK_MAX_MINUTES": "0.1", "PATCHBAY_AT_BUDGET_END": "end"}
    with limited(house_with(scripts, folder, docker_host, workers=1), hurry) as house:
        number = house.open_issue(SLOW.title)
        assert_ended(SLOW, house, number, house.comment(number, "/agent fix"))


def assert_ended(case: Case, house: House, number: int, comment_id: int) -> None:
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == (case.state, case.reason), task["explanation"]
    opened = house.pull_requests(number)
    made = branches(house, number)
    assert bool(opened) == (case.kept == "pull request")
    assert bool(made) == (case.kept != "nowhere")
    [status] = house.bot_comments(number)
    texts = [status["body"], *(one["body"] for one in opened)]
    for text in texts:
        assert [words for words in case.words if words not in text] == []
    if made:
        assert files(house, made[0]) == {"NOTES.md"}
    if opened:
        assert_partial(task, status["body"], opened[0])
    elif case.kept == "branch":
        assert f"kept on the branch [`{task['branch']}`](" in status["body"]
    last = "hooray" if case.state == "no_change_needed" else "confused"
    house.wait_for(lambda: house.reactions(comment_id) == [last], "the one last reaction")
    assert labels(house, number) == {case.label}
    page = page_of(house, task)
    assert f'class="state {case.state}">{case.state.replace("_", " ")}<' in page


def assert_partial(task: dict[str, Any], status: str, opened: dict[str, Any]) -> None:
    assert opened["draft"] is True
    assert opened["title"].startswith("Partial: ")
    assert opened["body"].startswith(f"Refs #{task['issue_number']}\n\n⚠️ **Partial.** ")
    assert "🟡 Partial: draft pull request" in status
    assert {label["name"] for label in opened["labels"]} == {"agent", "agent:partial"}
    assert opened["head"]["sha"] == task["head_sha"]
    rows = {row["command"]: row["verdict"] for row in task["evidence"]["rows"]}
    assert rows["python3 -m pytest -q"] == "passes"


def page_of(house: House, task: dict[str, Any]) -> str:
    address = f"{house.web}/tasks/{task['id']}"
    ran = subprocess.run(["curl", "-fsS", address], check=True, capture_output=True, text=True)
    return ran.stdout
