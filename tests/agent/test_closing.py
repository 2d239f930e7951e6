"""A run that ends with words: only tools that look, a last tool of its own, checked and taken."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from demo.model import ScriptedModel
from jobs.agent import Budget, Ending, run
from jobs.agent.closing import Again, Closing, Handed
from jobs.agent.task import Outcome
from jobs.model.wire import ToolSpec
from tests.agent.given import Log, PlainSandbox, answers, bash, said, task, turn, wire_to

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "unverified": {"type": "string"}},
    "required": ["answer", "unverified"],
}
TOOL = ToolSpec("submit", "Hand in the answer.", SCHEMA)
RULES = "You answer one question about a repository."


def must_cite(handed: Handed) -> tuple[str, ...]:
    return () if ":" in handed["answer"] else ("there is no citation",)


Model = Callable[..., ScriptedModel]
CLOSING = Closing(
    RULES, TOOL, must_cite, aliases={"answer": ("text",)}, defaults={"unverified": ""}
)


def submit(answer: str, name: str = "submit") -> dict[str, Any]:
    return {"name": name, "arguments": {"answer": answer}}


def read(
    model: ScriptedModel,
    log: Log | None = None,
    closing: Closing = CLOSING,
    resumed: str = "Go on.",
) -> Ending:
    wire = wire_to(model)
    asked = task(wish="Answer this: where is it?", blocks=("<github>the diff</github>",))
    stopped, box = threading.Event(), PlainSandbox()
    try:
        return run(asked, box, wire, log or Log(), Budget(), stopped, closing, resumed=resumed)
    finally:
        wire.close()


def test_it_is_told_its_own_rules_and_wish_and_has_no_tool_that_changes_files(
    scripted_model: Model,
) -> None:
    model = scripted_model([turn(bash("ls")), turn(submit("tax.py:1"))])
    ending = read(model)
    assert (ending.outcome, ending.submission) == (Outcome.RESOLVED, None)
    assert ending.handed_in == {"answer": "tax.py:1", "unverified": ""}
    sent = model.requests[0].parsed
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["bash", "read", "submit"]
    assert sent["messages"][0]["content"] == RULES
    first = sent["messages"][1]["content"]
    assert "Answer this: where is it?" in first
    assert "Solve issue" not in first
    assert "<github>the diff</github>" in first


def test_a_call_that_would_change_a_file_is_answered_and_not_carried_out(
    scripted_model: Model,
) -> None:
    edit = {"name": "write", "arguments": {"path": "tax.py", "content": "x"}}
    model = scripted_model([turn(edit), turn(submit("tax.py:1"))])
    read(model)
    [answer] = answers(model).values()
    assert "There is no such tool. The tools: bash, read, submit" in answer


def test_what_is_wrong_is_said_and_may_be_mended(scripted_model: Model) -> None:
    model = scripted_model([turn(submit("somewhere")), turn(submit("tax.py:1", name="finish"))])
    log = Log()
    assert read(model, log).handed_in == {"answer": "tax.py:1", "unverified": ""}
    assert "there is no citation" in said(model)
    assert [entry["accepted"] for entry in log.of("handed_in")] == [False, True]


def test_the_last_round_is_taken_as_it_is(scripted_model: Model) -> None:
    model = scripted_model([turn(submit(f"try {number}")) for number in range(3)])
    assert read(model).handed_in == {"answer": "try 2", "unverified": ""}


def test_a_job_that_follows_finds_what_was_handed_in(scripted_model: Model) -> None:
    log, model = Log(), scripted_model([turn(submit("tax.py:1"))])
    read(model, log)
    assert read(model, log).handed_in == {"answer": "tax.py:1", "unverified": ""}
    assert len(model.requests) == 1


def test_what_people_say_of_it_takes_it_up_again_once(scripted_model: Model) -> None:
    log, model = Log(), scripted_model([turn(submit("tax.py:1")), turn(submit("tax.py:2"))])
    read(model, log)
    again = replace(CLOSING, again=(Again("revise:1", "Look at the second line."),))
    for _ in range(2):
        assert read(model, log, again).handed_in == {"answer": "tax.py:2", "unverified": ""}
    assert len(model.requests) == 2
    assert said(model) == "Look at the second line."
