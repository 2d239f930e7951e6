"""A hand on the running whole, stage and bot: for the tests, the bench and the demo's own story."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from demo.bot_processes import BotProcesses
from demo.options import Options
from demo.stage import Stage

OPTIONS = Options(
    once=False,
    as_json=False,
    repository=None,
    issue=None,
    script=None,
    comment="/agent fix this",
    port=0,
    workers=2,
    latency_s=0.0,
)
PATIENCE_S = 150.0
_LOOK_AGAIN_S = 0.1
WITH_CHANGE = {"succeeded", "partial"}
ANSWERED = {"no_change_needed", "cannot_reproduce", "needs_information"}
ENDED = WITH_CHANGE | ANSWERED | {"failed", "stopped", "refused"}

Json = dict[str, Any]


class NotSeen(AssertionError):
    """What was waited for did not come; the message holds the last words of every process."""


@dataclass(frozen=True)
class House:
    """What a test does to the running product, and what it sees of it."""

    stage: Stage
    bot: BotProcesses
    interrupted: threading.Event = field(default_factory=threading.Event)
    """Ends what is waited for."""

    @property
    def web(self) -> str:
        """The address of the bot's own pages."""
        return f"http://127.0.0.1:{self.stage.web_port}"

    def get(self, path: str) -> Any:
        """Read JSON from the bot's own pages."""
        address = f"{self.web}{path}"
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    def tasks(self, number: int) -> list[Json]:
        """Return the tasks of an issue, the newest first."""
        mine = [task for task in self.get("/tasks.json") if task["issue_number"] == number]
        return [task for task in mine if task["repository"] == self.stage.repository]

    def comment(self, number: int, body: str, user: str = "maria") -> int:
        """Comment on an issue; returns the comment's id."""
        return self.stage.github.comment(self.stage.repository, number, user, body)

    def open_issue(self, title: str, body: str = "", user: str = "maria") -> int:
        """Open an issue; returns its number."""
        return self.stage.github.open_issue(self.stage.repository, user, title, body)

    def bot_comments(self, number: int) -> list[Json]:
        """Return what the bot wrote on an issue, the oldest first."""
        comments = self.stage.github.comments(self.stage.repository, number)
        return [comment for comment in comments if comment["user"]["type"] == "Bot"]

    def reactions(self, comment_id: int) -> list[str]:
        """Return the reactions on a comment."""
        found = self.stage.github.reactions(self.stage.repository, comment_id=comment_id)
        return [reaction["content"] for reaction in found]

    def pull_requests(self, number: int) -> list[Json]:
        """Return the pull requests whose branch is for this issue."""
        found = self.stage.github.pull_requests(self.stage.repository)
        return [one for one in found if one["head"]["ref"].startswith(f"agent/{number}-")]

    def wait_for(self, see: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
        """Return what `see` returns once that is something; NotSeen if it stays nothing."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if seen := see():
                return seen
            if self.interrupted.wait(_LOOK_AGAIN_S):
                raise NotSeen("Interrupted.")
        logs = "\n".join(
            f"== {name}\n{process.last_words()}" for name, process in self.bot.started.items()
        )
        raise NotSeen(f"{what} did not happen in {patience_s:g} s\n{logs}")

    def wait_for_task(self, number: int, states: set[str] | None = None, after: int = 0) -> Json:
        """Return the newest task of an issue once it is in one of these states, or has ended."""
        wanted = states or ENDED

        def see() -> Json | None:
            tasks = self.tasks(number)
            return tasks[0] if len(tasks) > after and tasks[0]["state"] in wanted else None

        found: Json = self.wait_for(see, f"a task of issue {number} in {sorted(wanted)}")
        return found

    def wait_for_answer(self, number: int, words: str) -> Json:
        """Return the comment of the bot that holds these words."""

        def see() -> Json | None:
            answers = [one for one in self.bot_comments(number) if words in one["body"]]
            return answers[0] if answers else None

        found: Json = self.wait_for(see, f"an answer with {words!r}")
        return found

    def worker_of(self, task_id: str) -> str:
        """Return the name of the worker process that took a task."""
        for name, process in self.bot.started.items():
            if name.startswith("worker") and f"subject={task_id}" in process.log.read_text():
                return name
        raise NotSeen(f"no worker has task {task_id}")


@contextmanager
def open_house(logs: Path, **changes: Any) -> Iterator[House]:
    """Start everything; leaving the block stops it."""
    options = replace(OPTIONS, **changes)
    with Stage(options) as stage, BotProcesses(stage, logs=logs) as bot:
        bot.wait_ready()
        yield House(stage, bot)
