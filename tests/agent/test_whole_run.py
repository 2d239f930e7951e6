"""A task from its first message to its end, in a real sandbox, over both protocols."""

import threading
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome, TurnDone
from jobs.agent.conversation import Conversation
from jobs.repository import change
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import Sandbox, Sandboxes
from records.actions import Actions
from records.database import Database, migrate, open_database
from records.task import LimitMet
from records.tasks import Progress
from tests.agent import given
from tests.records.given import lease

pytestmark = pytest.mark.docker
Model = Callable[..., ScriptedModel]
BOTH = pytest.mark.parametrize("api", ["chat", "responses"])
CLOSING = 2  # a request's last bytes, which close its list and itself


class WorkerDied(Exception):
    pass


@BOTH
def test_a_bug_is_fixed_and_the_fix_is_accepted(
    api: str, scripted_model: Model, box: Sandbox, project: Snapshot
) -> None:
    log = given.Log()
    turns: list[TurnDone] = []
    model = scripted_model(given.HAPPY)

    ending = given.work(
        model, sandbox=box, log=log, gate=given.gate_of(box, project), api=api, keep=turns.append
    )

    assert ending.outcome == Outcome.RESOLVED, ending
    assert ending.submission
    assert ending.submission.round == 2
    (changed,) = change.parse(box.collect()).files
    assert (changed.path, changed.content) == (
        "tax.py",
        b"def rounded(amount):\n    return round(amount)\n",
    )
    titles = [(entry["title"], entry["result"]) for entry in log.of("observation")]
    assert titles[1:] == [
        ("read `tax.py`", "2 lines"),
        ("edit `tax.py`", "+1 −1"),  # noqa: RUF001 - a minus sign
        ("submit as resolved", "review 1"),
        ("submit as resolved", "accepted"),
    ]
    assert titles[0][0] == f"run `{given.TESTS}`"
    assert titles[0][1].startswith("exit 1 · 1 failed, 1 passed · ")
    assert turns == [TurnDone(1, True), TurnDone(2, True), TurnDone(3, False)]
    assert log.progress
    assert (log.progress.turns, log.progress.steps) == (4, 5)
    assert log.progress.first_command_at


@BOTH
def test_every_request_begins_with_the_one_before(
    api: str, scripted_model: Model, box: Sandbox, project: Snapshot
) -> None:
    model = scripted_model(given.HAPPY)
    given.work(model, sandbox=box, gate=given.gate_of(box, project), api=api)

    bodies = [request.body for request in model.requests]
    assert len(bodies) == 4
    assert [given.prefix_kept(before, after) for before, after in pairwise(bodies)] == [1.0] * 3


@BOTH
@pytest.mark.parametrize("append", range(1, 14))
def test_a_task_goes_on_after_any_interruption_and_repeats_no_command(
    append: int, api: str, scripted_model: Model, shared_box: Sandbox, project: Snapshot
) -> None:
    name = f"/tmp/ran-{api}-{append}"  # noqa: S108 - in the sandbox
    turns = [
        given.turn(given.bash(f"echo one >> {name}"), given.bash(f"echo two >> {name}")),
        given.turn(given.plan("go on"), given.bash(f"echo three >> {name}")),
        given.turn(given.bash("git checkout -q . ; sed -i s/int/round/ tax.py")),
        *[given.turn({"name": "submit", "arguments": {**given.SUBMISSION, "checks": []}})] * 3,
    ]
    model = scripted_model(turns)
    count = iter(range(1, 100))

    def die(_kind: str, _content: dict[str, Any]) -> None:
        if next(count) == append:
            raise WorkerDied

    log = given.Log(on_append=die)
    gate = given.gate_of(shared_box, project)
    with pytest.raises(WorkerDied):
        given.work(model, sandbox=shared_box, log=log, gate=gate, api=api)
    ending = given.work(model, sandbox=shared_box, log=log, gate=gate, api=api)

    assert ending.outcome in {Outcome.RESOLVED, Outcome.PARTIAL}
    ran = shared_box.exec(f"cat {name} 2>/dev/null").output.split()
    assert len(ran) == len(set(ran))
    replies = sum(len(entry["calls"]) for entry in log.of("reply"))
    assert len(log.of("observation")) == replies


class RecordedLog:
    """The action log of a real task in a real database."""

    def __init__(
        self, database: Database, before: Callable[[str], None] = lambda _kind: None
    ) -> None:
        self.before = before
        self._actions = Actions(database)
        self._lease = lease(database)

    def record(
        self, kind: str, content: dict[str, Any], take: Callable[[dict[str, Any]], Progress]
    ) -> None:
        self.before(kind)
        self._actions.append(self._lease, kind, content, take(content))

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        return [(entry.kind, entry.content) for entry in self._actions.all(self._lease.task_id)]


def test_a_task_goes_on_from_what_the_database_holds(
    scripted_model: Model, box: Sandbox, project: Snapshot, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    with closing(open_database(url)) as database:
        log = RecordedLog(database)
        model = scripted_model(given.HAPPY)
        gate = given.gate_of(box, project)
        first = given.work(model, sandbox=box, log=log, gate=gate, budget=Budget(turns=2))
        second = given.work(model, sandbox=box, log=log, gate=gate)

    assert first.cause == "turns"
    assert second.outcome == Outcome.RESOLVED
    assert len(model.requests) == 4


def test_what_was_accepted_stays_accepted(
    scripted_model: Model, box: Sandbox, project: Snapshot
) -> None:
    log = given.Log()
    model = scripted_model(given.HAPPY)
    first = given.work(model, sandbox=box, log=log, gate=given.gate_of(box, project))
    asked = len(model.requests)

    assert given.work(model, log=log) == first
    assert len(model.requests) == asked


@BOTH
def test_the_log_holds_all_that_the_model_was_sent(
    api: Any, scripted_model: Model, box: Sandbox, project: Snapshot
) -> None:
    log = given.Log()
    model = scripted_model(given.HAPPY)
    given.work(model, sandbox=box, log=log, gate=given.gate_of(box, project), api=api)

    rebuilt = Conversation(given.wire_to(model, api), Budget().prices)
    for kind, entry in log.entries():
        rebuilt.apply(kind, entry)
    last = model.requests[-1].parsed
    sent = last["messages"][1:] if api == "chat" else last["input"]
    # The last reply and the answer to it were not sent any more.
    assert rebuilt.items[: len(sent)] == sent
    assert rebuilt.accepted == Outcome.RESOLVED


def test_a_lost_sandbox_ends_the_run_and_another_one_takes_over(
    scripted_model: Model, sandboxes: Sandboxes, box: Sandbox, project: Snapshot
) -> None:
    log = given.Log()
    model = scripted_model([given.turn(given.bash("true")), *given.HAPPY])
    box.kill()

    ending = given.work(model, sandbox=box, log=log)
    assert ending.outcome == Outcome.SANDBOX_LOST
    with sandboxes.start("patchbay/python", task_id="new", epoch=2, deadline_s=120) as other:
        other.put(project.mirror.pack(project.sha), project.sha)
        ending = given.work(model, sandbox=other, log=log, gate=given.gate_of(other, project))
    assert ending.outcome == Outcome.RESOLVED, ending
    assert "Interrupted" in log.of("observation")[0]["text"]


def test_stopping_in_the_middle_of_a_command_ends_at_once(
    scripted_model: Model, box: Sandbox
) -> None:
    stopped, killers = threading.Event(), []

    def stop(kind: str, _content: dict[str, Any]) -> None:
        if kind == "reply":
            stopped.set()
            killers.append(threading.Thread(target=box.kill))
            killers[0].start()

    model = scripted_model([given.turn(given.bash("sleep 60"))])
    ending = given.work(model, sandbox=box, log=given.Log(on_append=stop), stopped=stopped)
    killers[0].join()

    assert ending.outcome == Outcome.STOPPED


def test_what_commands_ran_into_is_counted_and_named(scripted_model: Model, box: Sandbox) -> None:
    bomb = "python3 -m pytest --version; python3 -c 'x = bytearray(3 << 30)'"
    log = given.Log()
    model = scripted_model(
        [given.turn(given.bash(bomb)), given.turn(given.bash(f"true; {bomb}")),
         given.turn(given.bash("sleep 9", timeout_s=1)), given.turn(given.bash("true"))]
    )  # fmt: skip
    given.work(model, sandbox=box, log=log, budget=Budget(turns=4))
    assert log.progress
    assert log.progress.limits == (
        LimitMet("the tests were killed at 2 GB", 2),
        LimitMet("a command was killed after 1 s", 1),
    )
    observed = log.of("observation")
    assert observed[0]["result"].startswith("exit 137 · killed at 2 GB · ")
    assert (
        "[the sandbox ran out of memory (2048 MB) and a process was killed]" in observed[0]["text"]
    )
    assert [len(each["limits"]) for each in observed] == [1, 1, 1, 0]


def test_a_command_has_the_operator_s_time(scripted_model: Model, box: Sandbox) -> None:
    log = given.Log()
    model = scripted_model([given.turn(given.bash("sleep 9"))])
    given.work(model, sandbox=box, log=log, budget=Budget(turns=1, command_s=1))
    assert log.of("observation")[0]["limits"] == ["a command was killed after 1 s"]
    assert "Seconds until it is killed: 1 unless given" in model.requests[0].body.decode()
