"""Scripts for the pretended model, and a house that plays them."""

import json
import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.house import House, open_house
from tests.fixtures.local_github import all_complaints, read_description

Turn = dict[str, Any]
CHECK = {"command": "python3 -m pytest -q tests/test_tax.py", "shows": "nothing else broke"}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A tool call of the model."""
    return {"name": name, "arguments": arguments}


def turn(*calls: dict[str, Any], text: str = "", latency: float | None = None) -> Turn:
    """One answer of the model."""
    said: Turn = {"text": text, "calls": list(calls)}
    return said if latency is None else {**said, "latency": latency}


def bash(command: str, latency: float | None = None) -> Turn:
    """A turn that runs one command."""
    return turn(call("bash", command=command), latency=latency)


def submit(outcome: str = "resolved", **words: Any) -> Turn:
    """A turn that hands in."""
    given = {
        "outcome": outcome,
        "title": "Do what was asked",
        "summary": "It is done.",
        "checks": [],
        "unverified": "",
        **words,
    }
    return turn(call("submit", **given))


def script(match: str, *turns: Turn) -> list[Turn]:
    """A conversation that is known by words in its issue."""
    return [{"match": match}, *turns]


@contextmanager
def open_checked_house(logs: Path, **options: Any) -> Iterator[House]:
    """Start a product; at its end, all that it said to GitHub is held to GitHub's description."""
    with open_house(logs, **options) as opened:
        yield opened
    found = all_complaints(read_description(), opened.stage.github)
    assert found == [], "\n".join(found)


@contextmanager
def house_with(
    scripts: list[list[Turn]], folder: Path, docker_host: str, **options: Any
) -> Iterator[House]:
    """Start a product whose model plays these scripts."""
    file = folder / "scripts.jsonl"
    lines = [json.dumps(line) for one in scripts for line in one]
    file.write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", docker_host)
        environment.delenv("OPENAI_API_KEY", raising=False)
        with open_checked_house(folder / "logs", script=file, **options) as opened:
            yield opened


@contextmanager
def log_given_back() -> Iterator[None]:
    """Let an application set up the log of its process, which in a test is everybody's."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def containers(docker_host: str, task_id: str) -> list[str]:
    """The sandboxes of a task, by Docker's own word."""
    mine = f"name=^/patchbay-{task_id}-"
    ran = subprocess.run(
        ["docker", "-H", docker_host, "ps", "-q", "--no-trunc", "--filter", mine],
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout.split()
