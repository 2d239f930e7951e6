"""Writes a turn as the Chat Completions API does, whole or as a stream."""

import json
from collections.abc import Iterator
from typing import Any

from demo.model.script import ScriptedCall, Turn

Reply = dict[str, Any]


def usage(input_bytes: int, turn: Turn) -> dict[str, Any]:
    """Compute token figures from bytes, four to a token."""
    written = len(turn.text) + sum(len(call.name) + len(call.arguments) for call in turn.calls)
    prompt, completion = input_bytes // 4 + 1, written // 4 + 1
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": len(turn.reasoning) // 4},
    }


def chat_reply(turn: Turn, number: int, request: dict[str, Any], size: int, now: float) -> Reply:
    """Return the whole reply to a request of `size` bytes."""
    if turn.error is not None:
        return {"error": turn.error}
    reply: Reply = {
        "id": f"chatcmpl_t{number}_",
        "object": "chat.completion",
        "created": int(now),
        "model": request.get("model", "scripted"),
        "choices": [
            {
                "index": 0,
                "message": _message(turn, number),
                "logprobs": None,
                "finish_reason": _finish(turn),
            }
        ],
    }
    if turn.usage is not False:
        reply["usage"] = usage(size, turn) if turn.usage is None else turn.usage
    return reply


def chat_events(reply: Reply, request: dict[str, Any]) -> Iterator[str]:
    """Yield the events of a stream that adds up to `reply`."""
    if "error" in reply:
        yield _event(reply)
        return
    frame = {k: reply[k] for k in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    choice = reply["choices"][0]
    message = choice["message"]
    for delta in _deltas(message):
        yield _event(frame | {"choices": [_chunk(delta, None)]})
    yield _event(frame | {"choices": [_chunk({}, choice["finish_reason"])]})
    if "usage" in reply and (request.get("stream_options") or {}).get("include_usage"):
        yield _event(frame | {"choices": [], "usage": reply["usage"]})
    yield "data: [DONE]\n\n"


def _message(turn: Turn, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": turn.text or None,
        "refusal": turn.refusal or None,
    }
    if turn.calls:
        message["tool_calls"] = [
            {"id": f"call_t{number}_{place}" if call.id is None else call.id, **_called(call)}
            for place, call in enumerate(turn.calls)
        ]
    if turn.reasoning:
        message["reasoning_content"] = turn.reasoning
    return message | turn.extra


def _called(call: ScriptedCall) -> dict[str, Any]:
    if call.custom:
        return {"type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _finish(turn: Turn) -> str:
    return turn.finish or ("tool_calls" if turn.calls else "stop")


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    if message.get("reasoning_content"):
        yield {"reasoning_content": message["reasoning_content"]}
    for name in ("content", "refusal"):
        for piece in halves(message.get(name) or ""):
            yield {name: piece}
    for index, call in enumerate(message.get("tool_calls") or ()):
        kind = call["type"]
        text = "input" if kind == "custom" else "arguments"
        yield {"tool_calls": [call | {"index": index, kind: call[kind] | {text: ""}}]}
        for piece in halves(call[kind][text]):
            yield {"tool_calls": [{"index": index, kind: {text: piece}}]}


def halves(text: str) -> tuple[str, ...]:
    """Cut text in two, so that a client that does not add up pieces is found out."""
    middle = len(text) // 2
    return tuple(piece for piece in (text[:middle], text[middle:]) if piece)


def _chunk(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value)}\n\n"
