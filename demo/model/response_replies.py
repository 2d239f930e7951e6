"""Writes a turn as the Responses API does, whole or as a stream."""

import json
from collections.abc import Iterator
from typing import Any

from demo.model.chat_replies import halves, usage
from demo.model.script import Turn

Reply = dict[str, Any]
_WRITTEN_OUT = {
    "arguments": "response.function_call_arguments",
    "input": "response.custom_tool_call_input",
}
_TERMINAL = {"incomplete": "response.incomplete", "failed": "response.failed"}


def response_reply(
    turn: Turn, number: int, request: dict[str, Any], size: int, now: float
) -> Reply:
    """Return the whole reply to a request of `size` bytes."""
    status, details = _status(turn)
    reply: Reply = {
        "id": f"resp_t{number}_",
        "object": "response",
        "created_at": int(now),
        "status": status,
        "error": turn.error,
        "incomplete_details": details,
        "instructions": None,
        "max_output_tokens": request.get("max_output_tokens"),
        "metadata": {},
        "model": request.get("model", "scripted"),
        "output": list(_output(turn, number, status)),
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "store": request.get("store", True),
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
    }
    if turn.usage is not False:
        reply["usage"] = _usage(size, turn) if turn.usage is None else turn.usage
    return reply | turn.extra


def response_events(reply: Reply) -> Iterator[str]:
    """Yield the events of a stream that adds up to `reply`."""
    begun = reply | {"status": "in_progress", "output": [], "usage": None}
    begun |= {"error": None, "incomplete_details": None}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
    ]
    for index, item in enumerate(reply["output"]):
        steps += [(kind, {"output_index": index, **rest}) for kind, rest in _item_steps(item)]
    steps.append((_TERMINAL.get(reply["status"], "response.completed"), {"response": reply}))
    for number, (kind, rest) in enumerate(steps):
        value = {"type": kind, "sequence_number": number, **rest}
        yield f"event: {kind}\ndata: {json.dumps(value)}\n\n"


def _status(turn: Turn) -> tuple[str, dict[str, str] | None]:
    if turn.error is not None:
        return "failed", None
    match turn.finish:
        case "length":
            return "incomplete", {"reason": "max_output_tokens"}
        case "content_filter":
            return "incomplete", {"reason": "content_filter"}
        case _:
            return "completed", None


def _output(turn: Turn, number: int, status: str) -> Iterator[dict[str, Any]]:
    state = "incomplete" if status == "incomplete" else "completed"
    if turn.reasoning:
        yield {
            "id": f"rs_t{number}_",
            "type": "reasoning",
            "summary": [],
            "encrypted_content": f"sealed:{turn.reasoning}",
        }
    parts: list[dict[str, Any]] = []
    if turn.text:
        parts.append({"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []})
    if turn.refusal:
        parts.append({"type": "refusal", "refusal": turn.refusal})
    if parts:
        yield {
            "id": f"msg_t{number}_",
            "type": "message",
            "role": "assistant",
            "status": state,
            "content": parts,
        }
    for place, call in enumerate(turn.calls):
        kind, text = (
            ("custom_tool_call", "input") if call.custom else ("function_call", "arguments")
        )
        yield {
            "id": f"{'ctc' if call.custom else 'fc'}_t{number}_{place}",
            "type": kind,
            "call_id": f"call_t{number}_{place}" if call.id is None else call.id,
            "name": call.name,
            text: call.arguments,
            "status": state,
        }


def _item_steps(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = {**item, "status": "in_progress"} if "status" in item else dict(item)
    begun |= {"content": []} if "content" in item else {}
    begun |= {name: "" for name in _WRITTEN_OUT if name in item}
    yield "response.output_item.added", {"item": begun}
    for index, part in enumerate(item.get("content", ())):
        for kind, rest in _part_steps(part):
            yield kind, {"item_id": item["id"], "content_index": index, **rest}
    for name, event in _WRITTEN_OUT.items():
        if isinstance(item.get(name), str):
            for piece in halves(item[name]):
                yield f"{event}.delta", {"item_id": item["id"], "delta": piece}
            yield f"{event}.done", {"item_id": item["id"], "name": item["name"], name: item[name]}
    yield "response.output_item.done", {"item": item}


def _part_steps(part: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    field = "refusal" if part["type"] == "refusal" else "text"
    prefix = "response.refusal" if part["type"] == "refusal" else "response.output_text"
    more: dict[str, Any] = {} if part["type"] == "refusal" else {"logprobs": []}
    yield "response.content_part.added", {"part": {**part, field: ""}}
    for piece in halves(part[field]):
        yield f"{prefix}.delta", {"delta": piece, **more}
    yield f"{prefix}.done", {field: part[field], **more}
    yield "response.content_part.done", {"part": part}


def _usage(size: int, turn: Turn) -> dict[str, Any]:
    figures = usage(size, turn)
    return {
        "input_tokens": figures["prompt_tokens"],
        "input_tokens_details": figures["prompt_tokens_details"] | {"cache_write_tokens": 0},
        "output_tokens": figures["completion_tokens"],
        "output_tokens_details": figures["completion_tokens_details"],
        "total_tokens": figures["total_tokens"],
    }
