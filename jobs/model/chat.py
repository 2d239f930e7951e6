"""Speaks Chat Completions: the protocol that nearly every compatible server understands.

https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Sequence
from typing import Any

from jobs.model.asking import NO_RESULT, HttpRequest, HttpWire, reply_of
from jobs.model.connection import Answer
from jobs.model.cures import repaired
from jobs.model.failures import from_error_body, senseless
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
from jobs.model.history import encoded
from jobs.model.streams import ChatGatherer
from jobs.model.wire import Call, Item, Reply, Stop, ToolSpec, Usage

_CUT_SHORT = {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"}
_FILTERED = {"content_filter", "sensitive", "safety"}
_BROKEN = {"error", "network_error", "insufficient_system_resource", "abort"}


class ChatWire(HttpWire):
    """A Wire over `/chat/completions`."""

    def result(self, call: Call, text: str) -> Item:
        """Return the message that answers a call."""
        return _tool_message(call.id, text)

    def request(
        self, system: str, items: Sequence[Item], tools: Sequence[ToolSpec], max_output: int
    ) -> HttpRequest:
        """Return the request for the next reply."""
        return _ChatRequest(self, system, items, tools, max_output)


class _ChatRequest(HttpRequest):
    path = "/chat/completions"
    field = "messages"

    def gatherer(self, server: str) -> ChatGatherer:
        return ChatGatherer(server)

    @staticmethod
    def call_ids(item: Item) -> list[str]:
        return [str(call.get("id")) for call in objects(item.get("tool_calls"))]

    @staticmethod
    def holds_reasoning(item: Item) -> bool:
        return bool(_reasoning_fields(item))

    def history(self) -> list[bytes]:
        lessons, items = self.wire.lessons, self.items
        if lessons.repairs:
            items = repaired(items, calls_of=self.call_ids, answered=_answered, missing=_missing)
        if lessons.rejected:
            items = [_unsealed(i) if lessons.is_rejected(i) else i for i in items]
        system = encoded({"role": "system", "content": self.system})
        return [system, *self.wire.item_bytes.of(items)]

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
        item, calls = _read_message(choice["message"], self.fresh_ids())
        return _reply(answer, item, calls, finish)

    def parameters(self) -> dict[str, Any]:
        wanted = self.wire.preferences
        limit = "max_completion_tokens" if wanted.is_openai else "max_tokens"
        parameters: dict[str, Any] = {"model": wanted.model, limit: self.max_output}
        if self.tools:
            parameters["tools"] = [_tool(tool) for tool in self.tools]
            if wanted.is_openai:
                parameters["parallel_tool_calls"] = True
        if wanted.effort:
            parameters["reasoning_effort"] = wanted.effort
        if wanted.is_openai and wanted.cache_key:
            parameters["prompt_cache_key"] = wanted.cache_key
        if self.shape:
            form = {"name": self.shape.name, "schema": self.shape.schema, "strict": True}
            parameters["response_format"] = {"type": "json_schema", "json_schema": form}
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
    items = (item,) if calls or text.strip() or refusal else ()
    return reply_of(answer, items, text or refusal, calls, stop, _usage(answer))


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
