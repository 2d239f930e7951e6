"""What goes out over either wire, and what a reply becomes."""

import json
import os
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.model import Call, ModelError, ModelErrorKind, Reply, Stop, Wire, open_wire
from jobs.model.chat import ChatWire
from jobs.model.responses import ResponsesWire
from jobs.model.sending import Patience, Sender
from jobs.model.wire import Preferences
from tests.model.conftest import BASH, ask

CALLS = [
    {"name": "bash", "arguments": {"command": "pytest"}},
    {"name": "bash", "arguments": {"command": "git diff"}},
]
Start = Callable[..., ScriptedModel]
Open = Callable[..., Wire]


def _input(model: ScriptedModel, number: int = -1) -> list[dict[str, Any]]:
    parsed = model.requests[number].parsed
    items: list[dict[str, Any]] = parsed.get("input") or parsed["messages"][1:]
    return items


def test_a_turn_with_tools_and_the_answer_after_it(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"text": "I look.", "calls": CALLS}, {"text": "Done."}])
    wire = wire_to(model, api)
    first = ask(wire)
    assert (first.stop, first.text, first.model) == (Stop.TOOLS, "I look.", "m")
    assert [(c.name, json.loads(c.arguments)["command"]) for c in first.calls] == [
        ("bash", "pytest"),
        ("bash", "git diff"),
    ]
    results = [wire.result(call, f"result of {call.id}") for call in first.calls]
    second = ask(wire, wire.user("Fix it."), *first.items, *results)
    assert (second.stop, second.text, second.calls) == (Stop.TEXT, "Done.", ())
    assert second.request_id.startswith("req_")
    assert second.seconds > 0


def test_items_go_back_as_they_came(api: str, scripted_model: Start, wire_to: Open) -> None:
    vendor = {"extra_content": {"signature": "abc"}, "reasoning_content": ""}
    turns: list[dict[str, Any]] = [
        {"text": "hm", "calls": CALLS, "reasoning": "deep", "extra": vendor},
        {"text": "Done."},
    ]
    if api == "responses":
        turns[0].pop("extra")
    model = scripted_model(turns)
    wire = wire_to(model, api)
    first = ask(wire)
    ask(wire, wire.user("x"), *first.items, *(wire.result(c, "ok") for c in first.calls))
    sent = _input(model)
    assert sent[1 : 1 + len(first.items)] == list(first.items)
    if api == "chat":
        assert sent[1]["extra_content"] == vendor["extra_content"]
        assert sent[1]["reasoning_content"] == ""
        assert "refusal" not in sent[1]
    else:
        assert sent[1]["encrypted_content"] == "sealed:deep"


def test_each_request_begins_with_the_one_before(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    model = scripted_model([{"calls": CALLS}] * 12)
    wire = wire_to(model, api)
    history = [wire.user("Fix “it” — ünïcode.")]
    for _ in range(12):
        reply = ask(wire, *history)
        history += reply.items
        history += [wire.result(call, "out\n" * 100) for call in reply.calls]
    bodies = [request.body for request in model.requests]
    for before, after in pairwise(bodies):
        assert after.startswith(before.removesuffix(b"]}"))
    assert model.connections == 1


def test_the_requests_say_what_they_should(scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "ok"}])
    ask(wire_to(model, "chat", effort="high"))
    ask(wire_to(model, "responses", effort="high"))
    chat, responses = (request.parsed for request in model.requests)
    function = {"name": "bash", "description": BASH.description, "parameters": BASH.parameters}
    assert chat == {
        "model": "m",
        "max_tokens": 1000,
        "reasoning_effort": "high",
        "tools": [{"type": "function", "function": function}],
        "messages": [
            {"role": "system", "content": "You fix bugs."},
            {"role": "user", "content": "Fix it."},
        ],
    }
    assert responses == {
        "model": "m",
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 1000,
        "reasoning": {"effort": "high"},
        "tools": [{"type": "function", "strict": False, **function}],
        "instructions": "You fix bugs.",
        "input": [{"role": "user", "content": "Fix it."}],
    }


def test_a_chat_may_be_streamed(scripted_model: Start, wire_to: Open) -> None:
    turns = [{"text": "I look.", "calls": CALLS, "reasoning": "deep"}]
    model = scripted_model(turns)
    whole, streamed = (ask(wire_to(model, "chat", stream=stream)) for stream in (False, True))
    assert model.requests[-1].parsed["stream_options"] == {"include_usage": True}
    assert streamed.items == whole.items
    assert streamed.calls == whole.calls
    assert not streamed.usage.estimated


def test_usage_is_read(api: str, scripted_model: Start, wire_to: Open) -> None:
    figures: dict[str, Any] = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 80},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    if api == "responses":
        figures = {
            "input_tokens": 100,
            "output_tokens": 20,
            "input_tokens_details": {"cached_tokens": 80},
            "output_tokens_details": {"reasoning_tokens": 5},
        }
    usage = ask(wire_to(scripted_model([{"text": "x", "usage": figures}]), api)).usage
    assert (usage.input, usage.cached, usage.output, usage.reasoning) == (100, 80, 20, 5)
    assert not usage.estimated


@pytest.mark.parametrize("figures", [False, {}, {"prompt_tokens": 0, "input_tokens": None}, "x"])
def test_usage_that_is_not_told_is_estimated(
    api: str, figures: object, scripted_model: Start, wire_to: Open
) -> None:
    wire = wire_to(scripted_model([{"text": "x" * 400, "usage": figures}]), api)
    usage = ask(wire, wire.user("y" * 4000)).usage
    assert usage.estimated
    assert 1000 < usage.input < 2000
    assert usage.output >= 100


@pytest.mark.parametrize(
    ("turn", "stop", "text", "kept"),
    [
        ({"text": "", "usage": False}, Stop.EMPTY, "", 0),
        ({"text": " \n"}, Stop.EMPTY, " \n", 0),
        ({"reasoning": "only thoughts"}, Stop.EMPTY, "", 0),
        ({"refusal": "I will not."}, Stop.REFUSAL, "I will not.", 1),
        ({"text": "half", "calls": CALLS, "finish": "length"}, Stop.LENGTH, "half", 1),
        ({"calls": CALLS, "finish": "length"}, Stop.LENGTH, "", 0),
        ({"text": "hm", "finish": "content_filter"}, Stop.FILTER, "hm", 1),
    ],
)
def test_why_the_model_stopped(
    api: str,
    turn: dict[str, Any],
    stop: Stop,
    text: str,
    kept: int,
    scripted_model: Start,
    wire_to: Open,
) -> None:
    reply = ask(wire_to(scripted_model([turn]), api))
    assert (reply.stop, reply.text, len(reply.items)) == (stop, text, kept)
    assert reply.calls == ()
    assert "tool_calls" not in json.dumps(reply.items)


def test_a_reply_that_was_cut_short_can_be_followed_up(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    turns = [{"text": "half", "calls": CALLS, "reasoning": "r", "finish": "length"}, {"text": "ok"}]
    wire = wire_to(scripted_model(turns), api)
    first = ask(wire)
    assert ask(wire, wire.user("x"), *first.items, wire.user("Shorter.")).text == "ok"


def test_ids_of_calls_are_made_single(api: str, scripted_model: Start, wire_to: Open) -> None:
    same = [{"name": "bash", "arguments": {}, "id": "call_1"}] * 2
    nameless = [{"name": "bash", "arguments": {}, "id": ""}]
    model = scripted_model([{"calls": same}, {"calls": same + nameless}, {"text": "ok"}])
    wire = wire_to(model, api)
    history = [wire.user("x")]
    ids: list[str] = []
    for _ in range(2):
        reply = ask(wire, *history)
        ids += [call.id for call in reply.calls]
        history += [*reply.items, *(wire.result(call, call.id) for call in reply.calls)]
    assert len(ids) == len(set(ids)) == 5
    assert ids[0] == "call_1"
    assert ask(wire, *history).text == "ok"


def test_forty_calls_come_in_their_order(api: str, scripted_model: Start, wire_to: Open) -> None:
    calls = [{"name": f"tool{number}", "arguments": {"n": number}} for number in range(40)]
    reply = ask(wire_to(scripted_model([{"calls": calls}]), api))
    assert [call.name for call in reply.calls] == [f"tool{number}" for number in range(40)]


def test_arguments_that_would_fill_the_history_are_kept_out_of_it(
    api: str, scripted_model: Start, wire_to: Open
) -> None:
    calls = [{"name": "write", "arguments": {"content": "x" * 2_000_000}}]
    reply = ask(wire_to(scripted_model([{"calls": calls}]), api))
    assert len(reply.calls[0].arguments) > 2_000_000
    assert len(json.dumps(reply.items)) < 1000


def test_any_text_can_be_sent(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "ok"}])
    wire = wire_to(model, api)
    assert ask(wire, wire.user("half \ud800, null \x00, escape \x1b, bidi \u202e, 🦊")).text == "ok"
    assert _input(model)[0]["content"] == "half ?, null \x00, escape \x1b, bidi \u202e, 🦊"


def test_a_freeform_call_is_answered_in_kind(scripted_model: Start, wire_to: Open) -> None:
    item = {"type": "custom_tool_call", "id": "c", "call_id": "k", "name": "p", "input": "*** x"}
    model = scripted_model([{"extra": {"output": [item]}}])
    wire = wire_to(model, "responses")
    reply = ask(wire)
    assert reply.calls == (Call("k", "p", "*** x", custom=True),)
    assert wire.result(reply.calls[0], "ok")["type"] == "custom_tool_call_output"


def test_items_that_only_came_one_by_one_are_found(scripted_model: Start, wire_to: Open) -> None:
    item = {"type": "function_call", "id": "f", "call_id": "k", "name": "bash", "arguments": "{}"}
    done = {"type": "response.output_item.done", "item": item}
    end = {"type": "response.completed", "response": {"status": "completed", "output": []}}
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in (done, end))
    model = scripted_model([{"faults": [{"events": 0, "then": stream}]}])
    assert [call.id for call in ask(wire_to(model, "responses")).calls] == ["k"]


def test_odd_messages_are_understood(scripted_model: Start, wire_to: Open) -> None:
    odd = {
        "content": [{"type": "text", "text": "Let me "}, {"type": "text", "text": "look."}],
        "annotations": None,
        "tool_calls": [{"function": {"name": "bash", "arguments": {"command": "ls"}}, "index": 0}],
    }
    reply = ask(wire_to(scripted_model([{"extra": odd}]), "chat"))
    assert reply.text == "Let me look."
    [call] = reply.calls
    assert json.loads(call.arguments) == {"command": "ls"}
    [item] = reply.items
    assert item["role"] == "assistant"
    assert item["tool_calls"] == [
        {
            "function": {"name": "bash", "arguments": call.arguments},
            "id": call.id,
            "type": "function",
        }
    ]
    assert "annotations" not in item


def test_an_empty_list_of_calls_is_not_sent_back(scripted_model: Start, wire_to: Open) -> None:
    reply = ask(wire_to(scripted_model([{"extra": {"content": "hm", "tool_calls": []}}]), "chat"))
    assert reply.stop is Stop.TEXT
    assert "tool_calls" not in reply.items[0]


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (None, "ResponsesWire"),
        ("https://api.openai.com/v1", "ResponsesWire"),
        ("https://eu.api.openai.com/v1", "ResponsesWire"),
        ("https://mine.openai.azure.com/openai/v1", "ResponsesWire"),
        ("https://api.openai.com.example.org/v1", "ChatWire"),
        ("https://notopenai.com/v1", "ChatWire"),
        ("http://localhost:11434/v1", "ChatWire"),
        ("https://api.deepseek.com", "ChatWire"),
    ],
)
def test_the_wire_follows_from_the_address(base_url: str | None, expected: str) -> None:
    wire = open_wire(api_key="k", base_url=base_url, model="m")
    assert type(wire).__name__ == expected
    wire.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": "file:///etc/passwd"}, "http"),
        ({"base_url": "unix:///run/docker.sock"}, "http"),
        ({"base_url": "localhost:8000"}, "http"),
        ({"model": ""}, "no model"),
        ({"api_key": "", "base_url": None}, "key"),
        ({"api_key": "sk-\n"}, "characters"),
        ({"api_key": "schlüssel"}, "characters"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {"api_key": "k", "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    with pytest.raises(ModelError, match=words) as refused:
        open_wire(**(usual | settings))
    assert refused.value.kind is ModelErrorKind.CONFIG


def test_openai_gets_what_openai_knows(scripted_model: Start) -> None:
    model = scripted_model([{"text": "ok"}])
    wanted = Preferences("m", None, stream=False, cache_key="task-7", is_openai=True)
    for kind in (ChatWire, ResponsesWire):
        wire = kind(Sender("k", model.base_url, Patience()), wanted)
        ask(wire)
        wire.close()
    for request in model.requests:
        assert request.parsed["parallel_tool_calls"] is True
        assert request.parsed["prompt_cache_key"] == "task-7"
    assert "max_completion_tokens" in model.requests[0].parsed


def test_one_wire_serves_many_threads(api: str, scripted_model: Start, wire_to: Open) -> None:
    model = scripted_model([{"text": "ok"}], latency=0.05)
    wire = wire_to(model, api)
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(ask(wire))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.text for reply in replies] == ["ok"] * 5


def test_a_wire_works_again_after_closing(api: str, scripted_model: Start, wire_to: Open) -> None:
    wire = wire_to(scripted_model([{"text": "ok"}]), api)
    for _ in range(2):
        assert ask(wire).text == "ok"
        wire.close()
        wire.close()
    assert not [t for t in threading.enumerate() if t.name == "model-wire"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_wire_works_in_a_forked_child(api: str, scripted_model: Start, wire_to: Open) -> None:
    wire = wire_to(scripted_model([{"text": "ok"}]), api)
    assert ask(wire).text == "ok"
    child = os.fork()
    if child == 0:
        os._exit(0 if ask(wire).text == "ok" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ask(wire).text == "ok"
