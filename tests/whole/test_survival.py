"""Workers that are killed, a Redis that forgets, many tasks at once: nothing is lost or doubled."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from demo.house import House
from jobs.keeper.client import Keeper
from tests.whole.given import open_checked_house

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def slow_house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Five workers, and a model that thinks for a second, so that there is a middle of a task."""
    assert sandbox_image
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", docker_host)
        environment.delenv("OPENAI_API_KEY", raising=False)
        logs = tmp_path_factory.mktemp("logs")
        with open_checked_house(logs, workers=5, latency_s=1.0) as opened:
            yield opened


def test_five_issues_labelled_at_once_become_five_pull_requests(slow_house: House) -> None:
    numbers = range(1, 6)
    for number in numbers:
        slow_house.stage.github.add_label(slow_house.stage.repository, number, "maria", "agent:fix")
    for number in numbers:
        task = slow_house.wait_for_task(number)
        assert (task["state"], task["reason"]) == ("succeeded", "")
        assert len(slow_house.pull_requests(number)) == 1
        assert len(slow_house.bot_comments(number)) == 1
    branches = {
        one["head"]["ref"]
        for one in slow_house.stage.github.pull_requests(slow_house.stage.repository)
    }
    assert len(branches) == len(numbers)


def test_a_task_goes_on_when_its_worker_is_killed(slow_house: House) -> None:
    number = 3
    before = len(slow_house.tasks(number))
    slow_house.comment(number, "/agent fix --new it once more")
    # What is under way when a worker goes is not repeated, and this model would not look: the fifth
    # turn only runs tests.
    slow_house.wait_for(
        lambda: any(task["progress"]["turns"] >= 5 for task in slow_house.tasks(number)[:-before]),
        "the middle of the task",
    )
    task_id = slow_house.tasks(number)[0]["id"]
    slow_house.bot.started[slow_house.worker_of(task_id)].kill()
    task = slow_house.wait_for_task(number, after=before)
    assert task["id"] == task_id
    assert (task["state"], task["attempts"]) == ("succeeded", 2), task["explanation"]
    mine = [one for one in slow_house.pull_requests(number) if task_id in one["head"]["ref"]]
    assert len(mine) == 1
    statuses = [one for one in slow_house.bot_comments(number) if task_id in one["body"]]
    assert len(statuses) == 1


def test_a_task_goes_on_when_the_keeper_is_killed(slow_house: House) -> None:
    number = 4
    before = len(slow_house.tasks(number))
    keeper = Keeper(slow_house.stage.data / "bot" / "keeper.sock")
    slow_house.comment(number, "/agent fix --new it once more")
    slow_house.wait_for(
        lambda: any(task["progress"]["turns"] >= 2 for task in slow_house.tasks(number)[:-before]),
        "the middle of the task",
    )
    first = keeper.status().pid
    os.kill(first, signal.SIGKILL)
    task = slow_house.wait_for_task(number, after=before)
    assert (task["state"], task["attempts"]) == ("succeeded", 1)
    assert keeper.status().pid != first
    slow_house.wait_for(lambda: keeper.running() == (), "nothing of the task is left")
    slow_house.wait_for(lambda: keeper.status().idle > 0, "the new keeper has a pool")


def test_a_redis_that_forgets_everything_delays_a_task_and_loses_nothing(
    slow_house: House,
) -> None:
    number = 4
    before = len(slow_house.tasks(number))
    socket = slow_house.stage.data / "redis.sock"
    stopped = [name for name in slow_house.bot.started if name.startswith("worker")]
    assert stopped
    slow_house.comment(number, "/agent fix --new it once more")
    slow_house.wait_for(lambda: len(slow_house.tasks(number)) > before, "the task")
    subprocess.run(["redis-cli", "-s", str(socket), "flushall"], check=True, capture_output=True)
    task = slow_house.wait_for_task(number, after=before)
    assert task["state"] == "succeeded"
    mine = [one for one in slow_house.pull_requests(number) if task["id"] in one["head"]["ref"]]
    assert len(mine) == 1


def test_stop_ends_a_running_task_in_words_and_pushes_nothing(slow_house: House) -> None:
    number = 5
    before = len(slow_house.tasks(number))
    slow_house.comment(number, "/agent fix --new it once more")
    slow_house.wait_for(
        lambda: any(task["progress"]["turns"] >= 2 for task in slow_house.tasks(number)[:-before]),
        "the middle of the task",
    )
    slow_house.comment(number, "/agent stop")
    task = slow_house.wait_for_task(number, after=before)
    assert task["state"] == "stopped"
    assert "maria" in task["explanation"]
    assert task["pull_request_number"] is None
    slow_house.wait_for_answer(number, task["id"])
