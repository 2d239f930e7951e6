"""Speaks Chat Completions: the protocol that nearly every compatible server understands.

https://platform.openai.com/docs/api-reference/chat
"""

import threading
from collections.abc import Sequence
from typing import Any

from jobs.model.connection import Answer
from jobs.model.cures import Lessons, repaired
from jobs.model.failures import Cure, Failure, from_error_body, senseless
from jobs.model.figures import (
    CallIds,
    arguments_text,
    estimated,
    kept_arguments,
    mapping,
    number,
    objects,
    stop_of,
    text_of,
    without_nulls,
)
from jobs.model.history import ItemBytes, encoded, request_body
from jobs.model.sending import Sender
from jobs.model.streams import ChatGatherer
from jobs.model.wire import Call, Item, Preferences, Reply, Stop, ToolSpec, Usage

_CUT_SHORT = {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}
_FILTERED = {"content_filter", "sensitive", "safety"}
_BROKEN = {"error", "network_error", "insufficient_system_resource", "abort"}
NO_RESULT = "No result was recorded for this call."


class ChatWire:
    """A Wire over `/chat/completions`."""

    def __init__(self, sender: Sender, preferences: Preferences) -> None:
        self._sender = sender
        self.preferences = preferences
        self.lessons = Lessons()
        self.item_bytes = ItemBytes()

    def user(self, text: str) -> Item:
        """Return a message of the user."""
        return {"role": "user", "content": text}

    def result(self, call: Call, text: str) -> Item:
        """Return the message that answers a call."""
        return _tool_message(call.id, text)

    def send(
        self,
        system: str,
        items: Sequence[Item],
        tools: Sequence[ToolSpec],
        *,
        deadline_s: float,
        max_output: int,
        stopped: threading.Event,
    ) -> Reply:
        """Ask for the next reply; see Wire."""
        request = _ChatRequest(self, system, items, tools, max_output)
        return self._sender.send(request, deadline_s=deadline_s, stopped=stopped)

    def close(self) -> None:
        """Give up the connection."""
        self._sender.close()


class _ChatRequest:
    path = "/chat/completions"

    def __init__(
        self,
        wire: ChatWire,
        system: str,
        items: Sequence[Item],
        tools: Sequence[ToolSpec],
        max_output: int,
    ) -> None:
        self._wire = wire
        self._system = system
        self._items = items
        self._tools = tools
        self._max_output = max_output
        self._sent: dict[str, Any] = {}

    def gatherer(self, server: str) -> ChatGatherer:
        return ChatGatherer(server)

    def cure(self, failure: Failure) -> bool:
        if failure.cure is Cure.REASONING:
            sealed = [item for item in self._items if _reasoning_fields(item)]
            return self._wire.lessons.learn(failure, self._sent, sealed)
        return self._wire.lessons.learn(failure, self._sent, self._items)

    def body(self) -> bytes:
        lessons = self._wire.lessons
        self._sent = lessons.fitting(self._parameters())
        items: Sequence[Item] = self._items
        if lessons.repairs:
            items = repaired(items, calls_of=_call_ids, answered=_answered, missing=_missing)
        if lessons.rejected:
            items = [_unsealed(i) if lessons.is_rejected(i) else i for i in items]
        system = encoded({"role": "system", "content": self._system})
        return request_body(self._sent, "messages", [system, *self._wire.item_bytes.of(items)])

    def read(self, answer: Answer) -> Reply:
        if answer.value.get("error"):
            raise from_error_body(answer.value["error"], "the server")
        choices = objects(answer.value.get("choices"))
        if not choices or not isinstance(choices[0].get("message"), dict):
            raise senseless("the server sent a reply without a message")
        choice = choices[0]
        finish = str(choice.get("finish_reason") or "").lower()
        if finish in _BROKEN:
            raise from_error_body(choice.get("error") or f"finish reason {finish}", "the server")
        used = (call_id for item in self._items for call_id in _call_ids(item))
        item, calls = _read_message(choice["message"], CallIds(used))
        return _reply(answer, item, calls, finish)

    def _parameters(self) -> dict[str, Any]:
        wanted = self._wire.preferences
        limit = "max_completion_tokens" if wanted.is_openai else "max_tokens"
        parameters: dict[str, Any] = {"model": wanted.model, limit: self._max_output}
        if self._tools:
            parameters["tools"] = [_tool(tool) for tool in self._tools]
            if wanted.is_openai:
                parameters["parallel_tool_calls"] = True
        if wanted.effort:
            parameters["reasoning_effort"] = wanted.effort
        if wanted.is_openai and wanted.cache_key:
            parameters["prompt_cache_key"] = wanted.cache_key
        if wanted.stream:
            parameters |= {"stream": True, "stream_options": {"include_usage": True}}
        return parameters


def _tool(tool: ToolSpec) -> dict[str, Any]:
    if tool.grammar:
        grammar = {"syntax": "lark", "definition": tool.grammar}
        form = {"type": "grammar", "grammar": grammar}
        custom = {"name": tool.name, "description": tool.description, "format": form}
        return {"type": "custom", "custom": custom}
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def _tool_message(call_id: str, text: str) -> Item:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def _missing(call_id: str) -> Item:
    return _tool_message(call_id, NO_RESULT)


def _call_ids(item: Item) -> list[str]:
    return [str(call.get("id")) for call in objects(item.get("tool_calls"))]


def _answered(item: Item) -> str | None:
    return str(item.get("tool_call_id")) if item.get("role") == "tool" else None


def _reasoning_fields(item: Item) -> list[str]:
    return [name for name in item if name.startswith("reasoning")]


def _unsealed(item: Item) -> Item:
    hidden = _reasoning_fields(item)
    return {name: value for name, value in item.items() if name not in hidden}


def _read_message(message: dict[str, Any], ids: CallIds) -> tuple[Item, tuple[Call, ...]]:
    item: Item = {"role": "assistant", **without_nulls(message)}
    raw = [dict(call) for call in objects(item.pop("tool_calls", None))]
    calls = tuple(_read_call(call, ids) for call in raw)
    if raw:
        item["tool_calls"] = raw
    return item, calls


def _read_call(raw: dict[str, Any], ids: CallIds) -> Call:
    """Read a call, and set right in `raw` what the server could not read back."""
    raw.pop("index", None)
    raw["id"] = ids.of(raw.get("id"))
    if isinstance(raw.get("custom"), dict):
        custom = dict(raw["custom"])
        name, given = str(custom.get("name") or ""), arguments_text(custom.get("input"))
        raw.pop("function", None)
        raw |= {"type": "custom", "custom": custom | {"name": name, "input": kept_arguments(given)}}
        return Call(raw["id"], name, given, True)
    function = dict(mapping(raw.get("function")))
    function["name"] = str(function.get("name") or "")
    arguments = arguments_text(function.get("arguments"))
    function["arguments"] = kept_arguments(arguments)
    raw["type"] = "function"
    raw["function"] = function
    return Call(raw["id"], function["name"], arguments)


def _reply(answer: Answer, item: Item, calls: tuple[Call, ...], finish: str) -> Reply:
    text = text_of(item.get("content"))
    refusal = text_of(item.get("refusal"))
    stop = stop_of(calls, text, refused=bool(refusal))
    if finish in _CUT_SHORT or finish in _FILTERED:
        stop = Stop.LENGTH if finish in _CUT_SHORT else Stop.FILTER
        # A call that was cut off must not run, and without a result it must not be kept.
        item, calls = {k: v for k, v in item.items() if k != "tool_calls"}, ()
    keep = bool(calls or text.strip() or refusal)
    return Reply(
        items=(item,) if keep else (),
        text=text or refusal,
        calls=calls,
        stop=stop,
        usage=_usage(answer),
        request_id=answer.request_id,
        model=str(answer.value.get("model") or ""),
        seconds=0.0,
        sent_bytes=answer.sent,
    )


def _usage(answer: Answer) -> Usage:
    figures = mapping(answer.value.get("usage"))
    prompt = mapping(figures.get("prompt_tokens_details"))
    completion = mapping(figures.get("completion_tokens_details"))
    cached = number(prompt.get("cached_tokens"), figures.get("prompt_cache_hit_tokens"))
    usage = Usage(
        input=number(figures.get("prompt_tokens")),
        cached=cached,
        cache_write=number(prompt.get("cache_write_tokens")),
        output=number(figures.get("completion_tokens")),
        reasoning=number(completion.get("reasoning_tokens")),
        estimated=False,
    )
    return estimated(usage, answer.sent, answer.received)
