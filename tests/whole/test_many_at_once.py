"""Twenty tasks on ten issues by five people within a minute: each ends, none crosses another."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from demo.house import House
from tests.whole.given import bash, house_with, script, submit

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

PEOPLE = ("maria", "li", "anna", "ben", "carl")
ISSUES = range(10)


@dataclass(frozen=True)
class Crowd:
    """What was asked for, and what came of it."""

    house: House
    asked: dict[int, list[int]]
    """Each issue's commands, by the ids of their comments, in order."""
    seconds: float
    """In how many seconds all of it was asked for."""

    def tasks(self, number: int) -> list[dict[str, Any]]:
        """Return the tasks of an issue, the oldest first."""
        return self.house.tasks(number)[::-1]


def _answers() -> list[list[dict[str, Any]]]:
    said = "Nothing to do for thing-{0}."
    more, there = "printf 'part-{0}\\n' >> notes-{0}.txt", "grep begun notes-begun.txt"
    return [
        *(
            script(f"thing-{at}.", submit("no_change_needed", summary=said.format(at)))
            for at in ISSUES
        ),
        *(script(f"Do item {at} of the 2", bash(more.format(at)), submit()) for at in (1, 2)),
        script("what an earlier task on this issue changed", bash(there), submit()),
        script(
            "unfinished thing", bash("echo begun > notes-begun.txt"), bash("true", latency=100.0)
        ),
    ]


@pytest.fixture(scope="module")
def crowd(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    assert sandbox_image
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATCHBAY_BASELINE_SECONDS", "0")
        environment.setenv("PATCHBAY_SETUP", "off")
        folder = tmp_path_factory.mktemp("crowd")
        with house_with(_answers(), folder, docker_host, workers=3) as house:
            yield _ask(house)


def _ask(house: House) -> Crowd:
    github, repository = house.stage.github, house.stage.repository
    for login in PEOPLE[2:]:
        github.create_user(login)
        github.add_collaborator(repository, login, "write")
    numbers = [house.open_issue(f"About thing-{at}.", f"Look at thing-{at}.") for at in ISSUES]
    asked: dict[int, list[int]] = {number: [] for number in numbers}
    times: list[float] = []
    for lap in range(2):
        for at, number in enumerate(numbers):
            person = PEOPLE[(at + lap * 2) % len(PEOPLE)]
            words = f"/agent fix it, as {person} wishes, lap {lap}"
            asked[number].append(house.comment(number, words, person))
            times.append(github.state.now())
    for number in numbers:
        house.wait_for_task(number, after=1)
    return Crowd(house, asked, times[-1] - times[0])


def test_all_of_it_was_asked_for_within_a_minute_and_every_one_ends(crowd: Crowd) -> None:
    assert crowd.seconds < 60
    states = [task["state"] for number in crowd.asked for task in crowd.tasks(number)]
    assert states == ["no_change_needed"] * 20


def test_in_each_thread_one_is_worked_on_after_the_other_as_it_was_asked(crowd: Crowd) -> None:
    for number, comments in crowd.asked.items():
        tasks = crowd.tasks(number)
        assert [task["trigger_comment_id"] for task in tasks] == comments
        for earlier, later in pairwise(tasks):
            assert earlier["ended_at"] <= later["started_at"]


def test_several_threads_are_worked_on_at_once(crowd: Crowd) -> None:
    spans = sorted(
        (task["started_at"], task["ended_at"])
        for number in crowd.asked
        for task in crowd.tasks(number)
    )
    assert any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def test_no_words_of_one_thread_stand_in_another(crowd: Crowd) -> None:
    every = {task["id"]: number for number in crowd.asked for task in crowd.tasks(number)}
    for at, number in enumerate(crowd.asked):
        comments = crowd.house.bot_comments(number)
        assert len(comments) == 2
        for comment, task in zip(comments, crowd.tasks(number), strict=True):
            assert comment["id"] == task["status_comment_id"]
            assert f"thing-{at}." in comment["body"]
            others = [name for name, where in every.items() if where != number]
            assert not [name for name in others if f"`{name}`" in comment["body"]]
            named = re.findall(r"`fix` for @<!-- -->(\w+)", comment["body"])
            assert named == [task["requester"]]


def test_the_words_of_each_thread_come_in_the_order_of_events(crowd: Crowd) -> None:
    for number in crowd.asked:
        first, second = (task["status_comment_id"] for task in crowd.tasks(number))
        written = _written(crowd.house, {first, second})
        ended = next(at for at, (one, body) in enumerate(written) if one == first and "☑️" in body)
        begun = next(
            at for at, (one, body) in enumerate(written) if one == second and "⏳" not in body
        )
        assert ended < begun


def test_who_comes_second_is_told_so(crowd: Crowd) -> None:
    seconds = {crowd.tasks(number)[1]["status_comment_id"] for number in crowd.asked}
    # With three workers, most of the first tasks have not ended when the second are asked for.
    told = {one for one, body in _written(crowd.house, seconds) if "Queued, 2nd in line" in body}
    assert len(told) >= len(ISSUES) / 2


def test_each_command_shows_the_end_of_its_own_task(crowd: Crowd) -> None:
    for comments in crowd.asked.values():
        for comment in comments:
            assert crowd.house.reactions(comment) == ["hooray"]


def test_each_item_of_a_task_list_comes_to_a_pull_request_that_the_table_names(
    crowd: Crowd,
) -> None:
    house = crowd.house
    house.stage.github.add_collaborator(house.stage.repository, "anna", "maintain")
    number = house.open_issue("Two things", "- [ ] Say one\n- [x] Said\n- [ ] Say two\n")
    house.comment(number, "/agent each", "anna")
    house.wait_for_answer(number, "2 parts: 2 done")
    first, second = crowd.tasks(number)
    assert first["ended_at"] <= second["started_at"]
    pulls = {pull["number"]: pull["body"] for pull in house.pull_requests(number)}
    assert len(pulls) == 2
    assert all(body.startswith(f"Refs #{number}\n") for body in pulls.values())
    [table] = [one["body"] for one in house.bot_comments(number) if "### 🗂" in one["body"]]
    for words, task in (("Say one", first), ("Say two", second)):
        pull = task["pull_request_number"]
        assert f"| {words} | `{task['id']}` | ✅ draft pull request | #{pull} |" in table


def test_what_was_stopped_is_tried_again_with_the_work_that_there_was(crowd: Crowd) -> None:
    house = crowd.house
    number = house.open_issue("An unfinished thing")
    house.comment(number, "/agent fix")
    house.wait_for(lambda: [1 for task in house.tasks(number) if task["progress"]["steps"]], "work")
    house.comment(number, "/agent stop")
    stopped = house.wait_for_task(number)
    assert stopped["state"] == "stopped"
    house.comment(number, "/agent retry")
    again = house.wait_for_task(number, after=1)
    assert (again["state"], again["brief"]["wip"]) == ("succeeded", stopped["id"])
    assert again["base_sha"] == stopped["base_sha"]
    [pull] = house.pull_requests(number)
    assert house.stage.github.file(house.stage.repository, "notes-begun.txt", pull["head"]["ref"])


def _written(house: House, wanted: set[int]) -> list[tuple[int, str]]:
    """Return what was written into these comments, in order: the comment's id and its text."""
    found = []
    for one in house.stage.github.exchanges:
        is_new = one.operation == "issues/create-comment"
        if one.status >= 300 or not (is_new or one.operation == "issues/update-comment"):
            continue
        answer = json.loads(one.response_body)
        if answer["id"] in wanted:
            found.append((int(answer["id"]), str(json.loads(one.request_body)["body"])))
    return found
