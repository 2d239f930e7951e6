"""A project that needs a dependency: set up, worked on and measured, then remembered."""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from demo.house import House
from tests.sandbox.repositories import make_repository
from tests.whole.given import bash, call, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

NEW_TEST = "from price import whole\n\ndef test_a_comma():\n    assert whole('1,000') == 1000\n"
PROJECT: dict[str, str | bytes] = {
    "requirements.txt": "six==1.16.0\n",
    "price.py": "import six\n\n\ndef whole(text):\n    return int(six.text_type(text))\n",
    "tests/test_price.py": "import pytest\nfrom price import whole\n\n\ndef test_whole():\n"
    "    assert whole('7') == 7\n",
    "conftest.py": "",
    ".gitignore": "__pycache__/\n",
}
FIX = [
    bash("command -v python && python -m pytest -q"),
    turn(
        call(
            "edit",
            path="price.py",
            old_str="six.text_type(text)",
            new_str='six.text_type(text).replace(",", "")',
        ),
        call("write", path="tests/test_comma.py", content=NEW_TEST),
    ),
    submit(),
    submit(),
]


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, proxy_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    assert proxy_image
    folder = tmp_path_factory.mktemp("needs")
    make_repository(folder / "prices", PROJECT)
    issue = folder / "issue.md"
    issue.write_text("# Comma: prices with a comma are refused\n\nwhole('1,000') should be 1000.\n")
    with house_with(
        [script("Comma", *FIX)],
        folder,
        docker_host,
        repository=str(folder / "prices"),
        issue=issue,
    ) as opened:
        yield opened
        owner = (opened.stage.data / "bot" / "sandbox-owner").read_text().strip()
    engine = docker.APIClient(docker_host, "auto")
    kept = engine.volumes(filters={"label": f"dev.patchbay.owner={owner}"})["Volumes"]
    engine.close()
    assert not kept


def log_of(house: House, task: dict[str, Any]) -> list[dict[str, Any]]:
    address = f"{house.web}/tasks/{task['id']}/log.jsonl"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
        return [json.loads(line) for line in answer.read().decode().splitlines()]


def events(house: House, task: dict[str, Any]) -> dict[str, str]:
    entries = [one["content"] for one in log_of(house, task) if one.get("kind") == "event"]
    return {one["title"]: one["result"] for one in entries}


def test_the_environment_is_there_for_the_agent_and_for_the_evidence(house: House) -> None:
    [number] = house.stage.issues
    house.comment(number, "/agent fix this")
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    told = events(house, task)
    assert told["set up: `uv pip install -r requirements.txt`"].startswith("exit 0")
    assert re.search(r"patchbay/\w+ \([0-9a-f]{12}\), prepared, snapshot", told["start a sandbox"])
    rows = {row["command"]: row["verdict"] for row in task["evidence"]["rows"]}
    assert rows["python3 -m pytest -q tests/test_comma.py"] == "fixed"
    assert task["evidence"]["clean"] is True


def test_the_next_task_sets_nothing_up(house: House) -> None:
    number = house.open_issue("Comma: once more", "whole('1,000') should be 1000.")
    house.comment(number, "/agent fix")
    task = house.wait_for_task(number)
    assert task["state"] == "succeeded"
    told = events(house, task)
    assert not [title for title in told if title.startswith("set up")]
    assert "snapshot" in told["start a sandbox"]
