"""Events are found however the network cuts them."""

import json
from typing import Any

import pytest

from jobs.model.streams import ChatGatherer, EventSplitter

STREAM = (
    b": hello\n\nevent: a\ndata: one\n\ndata: two\r\ndata: more\r\n\r\nid: 3\nevent: b\ndata:x\n\n"
)
EVENTS = [("a", b"one"), ("", b"two\nmore"), ("b", b"x")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_found_in_pieces_of_any_size(size: int) -> None:
    splitter = EventSplitter()
    found = [
        event
        for start in range(0, len(STREAM), size)
        for event in splitter.feed(STREAM[start : start + size])
    ]
    assert found == EVENTS


def _gathered(*deltas: dict[str, Any]) -> dict[str, Any]:
    gatherer = ChatGatherer("server")
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        gatherer.take("", json.dumps({"choices": [choice]}).encode())
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    gatherer.take("", json.dumps(end).encode())
    message: dict[str, Any] = gatherer.reply()["choices"][0]["message"]
    return message


def test_calls_are_put_together_by_their_index() -> None:
    message = _gathered(
        {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "two", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "one", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"name": "two", "arguments": "}"}}]},
        {"tool_calls": [{"index": 0, "id": "", "function": {"arguments": "{}"}}]},
    )
    calls = {call["id"]: call["function"] for call in message["tool_calls"]}
    assert calls == {
        "a": {"name": "one", "arguments": "{}"},
        "b": {"name": "two", "arguments": "{}"},
    }


def test_calls_without_an_index_begin_with_their_id() -> None:
    message = _gathered(
        {"tool_calls": [{"id": "a", "function": {"name": "one", "arguments": "{}"}}]},
        {"tool_calls": [{"id": "b", "function": {"name": "two", "arguments": "{"}}]},
        {"tool_calls": [{"function": {"arguments": "}"}}]},
    )
    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]
    assert message["tool_calls"][1]["function"]["arguments"] == "}"[:0] + "{}"


def test_what_vendors_add_is_kept() -> None:
    message = _gathered(
        {"reasoning_details": [{"text": "a"}], "reasoning_content": "x"},
        {"reasoning_details": [{"text": "b"}], "reasoning_content": "y"},
        {
            "tool_calls": [
                {"index": 0, "id": "a", "function": {"name": "n"}, "extra_content": {"s": 1}}
            ]
        },
    )
    assert message["reasoning_details"] == [{"text": "a"}, {"text": "b"}]
    assert message["reasoning_content"] == "xy"
    assert message["tool_calls"][0]["extra_content"] == {"s": 1}
