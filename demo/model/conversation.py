"""Reads a request's history: how the conversation began, and which turn is asked for.

Nothing is remembered between requests, so a task that is resumed, or that runs beside others,
gets the turn that its own history calls for.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_TURN_IN_ID = re.compile(r"_t(\d+)_")
_VARIANT_IN_ID = re.compile(r"^call_v([a-z0-9]+)_t\d")
_MODEL_ITEMS = {"reasoning", "function_call", "custom_tool_call"}


@dataclass(frozen=True)
class Conversation:
    """What the server needs to know of a request."""

    first_user_message: str
    turn: int
    """Counted from 0."""
    complaint: str = ""
    """What a strict server would say against this history."""
    variant: str = ""
    """Which of several scripts the model's calls so far came from; nothing before the first."""


def read_chat(body: dict[str, Any]) -> Conversation:
    """Read the history of a Chat Completions request."""
    messages = [m for m in body.get("messages") or () if isinstance(m, dict)]
    answers = [m for m in messages if m.get("role") == "assistant"]
    ids = [call.get("id") for m in answers for call in m.get("tool_calls") or ()]
    return Conversation(
        first_user_message=next((_text(m) for m in messages if m.get("role") == "user"), ""),
        turn=_turn(len(answers), ids),
        complaint=_chat_complaint(messages),
        variant=_variant(ids),
    )


def read_responses(body: dict[str, Any]) -> Conversation:
    """Read the history of a Responses request."""
    given = body.get("input") or ()
    if isinstance(given, str):
        return Conversation(given, 0)
    items = [item for item in given if isinstance(item, dict)]
    by_model = [_is_models(item) for item in items]
    groups = sum(
        1 for place, mine in enumerate(by_model) if mine and (place == 0 or not by_model[place - 1])
    )
    ids = [
        item.get("call_id") or item.get("id")
        for item, mine in zip(items, by_model, strict=True)
        if mine
    ]
    return Conversation(
        first_user_message=next((_text(i) for i in items if i.get("role") == "user"), ""),
        turn=_turn(groups, ids),
        complaint=_responses_complaint(items),
        variant=_variant(ids),
    )


def _turn(answers: int, ids: Iterable[object]) -> int:
    """Take the higher of both counts: a shortened history holds fewer answers than were given."""
    named = [int(found[1]) + 1 for each in ids if (found := _TURN_IN_ID.search(str(each)))]
    return max([answers, *named])


def _variant(ids: Iterable[object]) -> str:
    found = (_VARIANT_IN_ID.match(str(each)) for each in ids)
    return next((one[1] for one in found if one), "")


def _is_models(item: dict[str, Any]) -> bool:
    return item.get("type") in _MODEL_ITEMS or item.get("role") == "assistant"


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [part for part in content or () if isinstance(part, dict)]
    return "\n".join(str(part.get("text", "")) for part in parts)


def _chat_complaint(messages: list[dict[str, Any]]) -> str:
    waiting: list[str] = []
    for message in messages:
        if message.get("role") == "tool":
            call_id = str(message.get("tool_call_id"))
            if call_id not in waiting:
                return (
                    "messages with role 'tool' must be a response to a preceding message with "
                    f"'tool_calls'; there is no call {call_id}."
                )
            waiting.remove(call_id)
            continue
        if waiting:
            break
        waiting = [str(call.get("id")) for call in message.get("tool_calls") or ()]
    if waiting:
        return (
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            f"to each 'tool_call_id'. No response message for: {', '.join(waiting)}"
        )
    return ""


def _responses_complaint(items: list[dict[str, Any]]) -> str:
    kinds = ("function_call", "custom_tool_call")
    called = [(i["type"], i.get("call_id")) for i in items if i.get("type") in kinds]
    answered = [
        (str(i["type"]).removesuffix("_output"), i.get("call_id"))
        for i in items
        if str(i.get("type", "")).endswith("_call_output")
    ]
    for kind, call_id in called:
        if (kind, call_id) not in answered:
            return f"No tool output found for {kind.replace('_', ' ')} {call_id}."
    for kind, call_id in answered:
        if (kind, call_id) not in called:
            return f"No tool call found for {kind.replace('_', ' ')} output with call_id {call_id}."
    return ""
