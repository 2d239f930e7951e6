"""The running product to measure in: with a model of our own, whose record has every request."""

import json
import os
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.scripts import nothing_to_do, script
from demo.house import House, open_house
from demo.model.record import Recorded
from demo.model.server import ScriptedModel

Json = dict[str, Any]
_PATIENCE_S = 60.0


@dataclass
class World:
    """The house and its model; issues are opened before anything is timed."""

    house: House
    model: ScriptedModel
    _opened: int = field(default=0)

    @property
    def database(self) -> Path:
        """The bot's SQLite file."""
        return self.house.stage.data / "bot" / "patchbay.db"

    def open_issue(self, turns: Iterable[Json]) -> int:
        """Open an issue whose conversation plays these turns; returns its number."""
        self._opened += 1
        title = f"Measurement {self._opened:04d}"
        self.model.scripts = (script(title, turns), *self.model.scripts)
        body = "Half a cent of tax is cut off, where the accountant rounds it up.\n"
        return self.house.open_issue(title, body)

    def ask(self, number: int) -> float:
        """Comment the command on an issue; returns when that was."""
        at = time.time()
        self.house.comment(number, "/agent fix this")
        return at

    def run(self, number: int, requests: int) -> "Run":
        """Ask, and wait for the end of the task; nothing is polled while the model is asked."""
        before = len(self.model.requests)
        asked_at = self.ask(number)
        self.wait_for_requests(before + requests)
        task = self.house.wait_for_task(number)
        return Run(asked_at, task, self.model.requests[before:], self.log_of(task))

    def wait_for_requests(self, count: int) -> None:
        """Return once the model was asked so often, without looking at anything else meanwhile."""
        try:
            self.model.wait_for_requests(count, _PATIENCE_S)
        except TimeoutError as error:
            tasks = [(task["state"], task["explanation"]) for task in self.house.get("/tasks.json")]
            logs = {name: one.last_words() for name, one in self.house.bot.started.items()}
            words = "\n".join(f"== {name}\n{log}" for name, log in logs.items())
            raise RuntimeError(f"{error}; the tasks: {tasks}\n{words}") from error

    def log_of(self, task: Json) -> list[Json]:
        """Return the whole action log of a task."""
        address = f"{self.house.web}/tasks/{task['id']}/log.jsonl"
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
            return [json.loads(line) for line in answer]

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the bot's database, read-only."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class Run:
    """One task that was worked on, with what the records and the model say about it."""

    asked_at: float
    task: Json
    requests: list[Recorded]
    log: list[Json]


@contextmanager
def open_world(docker_host: str, *, workers: int, **options: Any) -> Iterator[World]:
    """Start everything; an issue without a script of its own is found to need nothing.

    `options` are the demo's: a repository of one's own, with an issue.
    """
    with (
        tempfile.TemporaryDirectory(prefix="patchbay-bench-") as logs,
        ScriptedModel([script("", nothing_to_do())]) as model,
        environment(
            DOCKER_HOST=docker_host,
            OPENAI_API_KEY="none-needed",
            OPENAI_BASE_URL=model.base_url,
            MODEL="scripted",
        ),
        open_house(Path(logs), workers=workers, **options) as house,
    ):
        yield World(house, model)


@contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """Set variables, or take them away, for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
