"""Tools whose calls are plain text that fits a grammar, over both APIs."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.model import Call, Stop, ToolSpec, Wire
from jobs.model.asking import NO_RESULT
from tests.model.conftest import BASH

Start = Callable[..., ScriptedModel]
Open = Callable[..., Wire]
GRAMMAR = 'start: "x"+\n'
FREEFORM = ToolSpec("draw", "Write x.", {"type": "object", "properties": {}}, grammar=GRAMMAR)
DRAW = {"name": "draw", "arguments": "xxx\n{not json}", "custom": True}
RUN = {"name": "bash", "arguments": {"command": "ls"}}


def ask(wire: Wire, *items: dict[str, Any]) -> Any:
    given = items or (wire.user("Draw."),)
    stopped = threading.Event()
    return wire.send(
        "You draw.", given, [BASH, FREEFORM], deadline_s=20.0, max_output=1000, stopped=stopped
    )


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_is_plain_text_and_is_answered_in_kind(
    api: str, stream: bool, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "So.", "calls": [DRAW, RUN, DRAW]}, {"text": "Done."}])
    wire = wire_to(model, api, stream=stream)
    first = ask(wire)
    assert first.stop is Stop.TOOLS
    drawn = [call for call in first.calls if call.custom]
    assert [(call.name, call.arguments) for call in drawn] == [("draw", "xxx\n{not json}")] * 2
    results = [wire.result(call, "ok") for call in first.calls]
    second = ask(wire, wire.user("Draw."), *first.items, *results)

    assert second.text == "Done."
    last = model.requests[-1].body.decode()
    if api == "responses":
        assert last.count('"type":"custom_tool_call_output"') == 2
        assert last.count('"type":"function_call_output"') == 1
    else:
        sent = [call for item in first.items for call in item["tool_calls"]]
        assert [call["type"] for call in sent] == ["custom", "function", "custom"]
        assert all(set(call) == {"id", "type", call["type"]} for call in sent)


def test_the_grammar_travels_as_each_api_has_it(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "ok"}])
    ask(wire_to(model, api))
    offered = model.requests[0].parsed["tools"][1]
    named = {"name": "draw", "description": "Write x."}
    form = {"syntax": "lark", "definition": GRAMMAR}
    if api == "responses":
        assert offered == {"type": "custom", **named, "format": {"type": "grammar", **form}}
    else:
        wrapped = {"type": "grammar", "grammar": form}
        assert offered == {"type": "custom", "custom": {**named, "format": wrapped}}


def test_a_call_that_nobody_answered_is_mended_in_kind(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"calls": [DRAW, RUN]}, {"text": "Done."}])
    wire = wire_to(model, api)
    first = ask(wire)
    items = [wire.user("Draw."), *first.items, wire.result(first.calls[1], "ok")]
    assert ask(wire, *items).text == "Done."

    mended = [item for item in _history(model) if NO_RESULT in json.dumps(item)]
    assert mended == [wire.result(replace(first.calls[0]), NO_RESULT)]


def test_text_that_would_fill_the_history_is_kept_out_of_it(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"calls": [{**DRAW, "arguments": "x" * 2_000_000}]}])
    reply = ask(wire_to(model, api))
    assert len(reply.calls[0].arguments) == 2_000_000
    assert len(json.dumps(reply.items)) < 1000


@pytest.mark.parametrize("given", [None, ["x"], {"a": 1}, 7])
def test_an_input_that_is_no_text_is_read_all_the_same(
    given: Any, scripted_model: Start, wire_to: Open
) -> None:
    item = {"type": "custom_tool_call", "id": "c", "call_id": "k", "name": "draw", "input": given}
    reply = ask(wire_to(scripted_model([{"extra": {"output": [item]}}]), "responses"))
    text = "" if given is None else json.dumps(given)
    assert reply.calls == (Call("k", "draw", text, custom=True),)

    call = {"id": "k", "type": "custom", "custom": {"name": None, "input": given}}
    reply = ask(wire_to(scripted_model([{"extra": {"tool_calls": [call]}}]), "chat"))
    assert reply.calls == (Call("k", "", text, custom=True),)


def _history(model: ScriptedModel) -> list[dict[str, Any]]:
    parsed = model.requests[-1].parsed
    items: list[dict[str, Any]] = parsed.get("input") or parsed["messages"]
    return items
