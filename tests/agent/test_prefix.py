"""Each request begins with the one before it, to the byte, in one job and from one to the next.

What is served from a server's cache is a fraction of the price, and only a beginning can be.
"""

import base64
import json
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.redaction import REMOVED, Redactor
from demo.model import ScriptedModel
from jobs.agent import Budget
from jobs.agent.ports import LogPort
from jobs.task_log import TaskLog
from records.actions import Actions
from records.database import migrate, open_database
from records.task import Lease, Progress
from tests.agent import given
from tests.records.given import lease

Model = Callable[..., ScriptedModel]
BOTH = pytest.mark.parametrize("api", ["chat", "responses"])
OURS = "our-own-key-0123456789"
TOKEN = "ghp_" + "a1B2" * 9  # a form of GitHub's
KEY = "-----BEGIN PRIVATE KEY-----\nMIIcutoff"


def kept(bodies: Sequence[bytes]) -> list[float]:
    return [given.prefix_kept(before, after) for before, after in pairwise(bodies)]


@BOTH
def test_whatever_happens_in_a_turn_is_added_at_the_end(api: str, scripted_model: Model) -> None:
    def trouble(**reply: Any) -> dict[str, Any]:
        return {"faults": [{"times": 1, "play": reply}]}

    turns = [
        given.turn(given.bash("ls"), given.bash("pwd"), given.plan("one"), text="Both."),
        given.turn({"name": "browse", "arguments": {}}, given.bash("date")),
        given.turn({"name": "bash", "arguments": '{"command": '}, given.bash("who")),
        given.turn(given.bash("a"), **trouble(text="")),
        given.turn(given.bash("b"), **trouble(text="Done!")),
        given.turn(given.bash("c"), **trouble(text="<tool_call>{}</tool_call>")),
        given.turn(given.bash("d"), **trouble(refusal="I would rather not.")),
        *[given.turn(given.bash("same"))] * 4,
        given.turn(given.bash("é \ud83d\ude00 \x00 \u2028"), reasoning="Hm."),
        *[given.turn(given.bash(f"last {number}")) for number in range(20)],
    ]
    model = scripted_model(turns)
    given.work(model, sandbox=given.PlainSandbox(), budget=Budget(turns=32), api=api)

    bodies = [request.body for request in model.requests]
    assert len(bodies) > 30
    assert kept(bodies) == [1.0] * (len(bodies) - 1)
    said = b"".join(bodies[-1:])
    for words in (b"The same again", b"80%", b"still issue #7", b"message without a tool call"):
        assert words in said


class Dying:
    """A log that can be told to die before an entry, with the job that writes it."""

    def __init__(self, log: LogPort, at: int) -> None:
        self._log = log
        self._left = at

    def record(
        self, kind: str, content: dict[str, Any], take: Callable[[dict[str, Any]], Progress]
    ) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt
        self._log.record(kind, content, take)

    def entries(self) -> Sequence[tuple[str, dict[str, Any]]]:
        return self._log.entries()


def secretive(api: str) -> list[dict[str, Any]]:
    """Turns full of what a log may not hold, and of what only looks like it."""
    sealed = base64.urlsafe_b64encode(random.Random(7).randbytes(400)).decode()
    sealed = f"{sealed[:99]}-sk-{'a1' * 20}{sealed[99:]}"
    extra: dict[str, Any] = {}
    if api == "chat":
        extra = {"reasoning_details": [{"type": "reasoning.encrypted", "data": sealed}], "z": 1,
                 "a": {"y": [True, None, 1.5], "b": "ü"}}  # fmt: skip
    commands = [f"echo {OURS}", f"curl -H 'Authorization: Bearer {TOKEN}'", f"echo '{KEY}", "ls"]
    return [
        given.turn(given.bash(command), text=f"I saw {TOKEN}.", reasoning=TOKEN, extra=extra)
        for command in commands
    ]


@BOTH
@pytest.mark.parametrize("died_at", [0, 2, 3, 4, 5, 6, 7])
def test_the_next_job_sends_the_same_though_the_log_holds_no_secret(
    died_at: int, api: str, scripted_model: Model, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    model = scripted_model(secretive(api))
    sandbox = given.PlainSandbox(says=lambda script: f"{script}\n{OURS} {TOKEN}")
    with closing(open_database(url)) as database:

        def log(this: Lease) -> TaskLog:
            redactor = Redactor([OURS])
            return TaskLog(Actions(database), this, redactor=redactor, progress=Progress())

        mine = lease(database)
        if died_at:
            dying = Dying(log(mine), died_at)
            with pytest.raises(KeyboardInterrupt):
                given.work(model, sandbox=sandbox, log=dying, budget=Budget(turns=3), api=api)
        given.work(model, sandbox=sandbox, log=log(mine), budget=Budget(turns=3), api=api)
        given.work(model, sandbox=sandbox, log=log(mine), budget=Budget(turns=4), api=api)
        assert Actions(database).verify(mine.task_id)

    bodies = [request.body for request in model.requests]
    assert len(bodies) >= 4
    assert kept(bodies) == [1.0] * (len(bodies) - 1)
    last = bodies[-1].decode()
    assert REMOVED in last
    assert OURS not in last
    assert TOKEN not in last
    assert ("-sk-a1a1" in last) is (api == "chat"), "what is sealed goes back as it came"
    for item in json.loads(last).get("messages", json.loads(last).get("input")):
        for call in item.get("tool_calls", [item]):
            arguments = call.get("function", call).get("arguments")
            assert arguments is None or "command" in json.loads(arguments)


@BOTH
def test_what_a_call_says_is_run_as_it_was_said(api: str, scripted_model: Model) -> None:
    """What is taken out is taken out of what is written down and sent, not of the work."""
    log = replace(given.Log(), redactor=Redactor([OURS]))
    sandbox = given.PlainSandbox()
    model = scripted_model(secretive(api))
    given.work(model, sandbox=sandbox, log=log, budget=Budget(turns=4), api=api)
    assert sandbox.ran[0] == f"echo {OURS}"
    assert REMOVED not in "".join(sandbox.ran)
