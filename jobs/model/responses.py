"""Speaks the Responses API without leaving anything on the server: OpenAI's own, and Azure's.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Sequence
from functools import partial
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
from jobs.model.streams import ResponsesGatherer
from jobs.model.wire import (
    Call,
    Item,
    ModelErrorKind,
    Reply,
    Stop,
    ToolSpec,
    Usage,
)

_OUTPUT_OF = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
}


class ResponsesWire(HttpWire):
    """A Wire over `/responses`."""

    def result(self, call: Call, text: str) -> Item:
        """Return the item that answers a call."""
        kind = "custom_tool_call_output" if call.custom else "function_call_output"
        return {"type": kind, "call_id": call.id, "output": text}

    def request(
        self, system: str, items: Sequence[Item], tools: Sequence[ToolSpec], max_output: int
    ) -> HttpRequest:
        """Return the request for the next reply."""
        return _ResponsesRequest(self, system, items, tools, max_output)


class _ResponsesRequest(HttpRequest):
    path = "/responses"
    field = "input"

    def gatherer(self, server: str) -> ResponsesGatherer:
        return ResponsesGatherer(server)

    @staticmethod
    def call_ids(item: Item) -> list[str]:
        return [str(item.get("call_id"))] if item.get("type") in _OUTPUT_OF else []

    @staticmethod
    def holds_reasoning(item: Item) -> bool:
        return item.get("type") == "reasoning"

    def history(self) -> list[bytes]:
        lessons = self.wire.lessons
        items = [item for item in self.items if not lessons.is_rejected(item)]
        if lessons.repairs:
            items = repaired(
                _without_lone_reasoning(items),
                calls_of=self.call_ids,
                answered=_answered,
                missing=partial(_missing, _custom_ids(items)),
            )
        return self.wire.item_bytes.of(items)

    def read(self, answer: Answer) -> Reply:
        value = answer.value
        if value.get("error") or value.get("status") == "failed":
            raise from_error_body(value.get("error") or "the response failed", "the server")
        if not isinstance(value.get("output"), list):
            words = "the server's reply is none of the Responses API; try the chat API"
            raise senseless(words, kind=ModelErrorKind.CONFIG)
        ids = self.fresh_ids()
        pairs = [_read_item(item, ids) for item in objects(value["output"])]
        items = tuple(item for item, _ in pairs)
        calls = tuple(call for _, call in pairs if call is not None)
        return _reply(answer, items, calls)

    def parameters(self) -> dict[str, Any]:
        wanted = self.wire.preferences
        parameters: dict[str, Any] = {
            "model": wanted.model,
            "store": False,
            "stream": True,
            "include": ["reasoning.encrypted_content"],
            "max_output_tokens": self.max_output,
        }
        if wanted.is_openai:
            parameters["parallel_tool_calls"] = True
        if wanted.is_openai and wanted.cache_key:
            parameters["prompt_cache_key"] = wanted.cache_key
        if self.shape:
            form = {"name": self.shape.name, "schema": self.shape.schema, "strict": True}
            parameters["text"] = {"format": {"type": "json_schema", **form}}
        if wanted.effort:
            parameters["reasoning"] = {"effort": wanted.effort}
        if self.tools:
            parameters["tools"] = [_tool(tool) for tool in self.tools]
        return parameters | {"instructions": self.system}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    if tool.grammar:
        form = {"type": "grammar", "syntax": "lark", "definition": tool.grammar}
        named = {"name": tool.name, "description": tool.description}
        return {"type": "custom", **named, "format": form}
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": False,
    }


def _answered(item: Item) -> str | None:
    return str(item.get("call_id")) if item.get("type") in _OUTPUT_OF.values() else None


def _custom_ids(items: Sequence[Item]) -> frozenset[str]:
    return frozenset(
        str(item.get("call_id")) for item in items if item.get("type") == "custom_tool_call"
    )


def _missing(custom: frozenset[str], call_id: str) -> Item:
    kind = "custom_tool_call" if call_id in custom else "function_call"
    return {"type": _OUTPUT_OF[kind], "call_id": call_id, "output": NO_RESULT}


def _without_lone_reasoning(items: Sequence[Item]) -> list[Item]:
    """Leave out reasoning that nothing of the model's follows: the server calls that broken."""
    kept: list[Item] = []
    for item in reversed(items):
        follower = kept[-1] if kept else {}
        is_followed = follower.get("role") == "assistant" or follower.get("type") in {
            "reasoning",
            *_OUTPUT_OF,
        }
        if item.get("type") != "reasoning" or is_followed:
            kept.append(item)
    return kept[::-1]


def _read_item(raw: dict[str, Any], ids: CallIds) -> tuple[Item, Call | None]:
    item = without_nulls(raw)
    match item.get("type"):
        case "function_call":
            item["call_id"] = ids.of(item.get("call_id"))
            item["name"] = str(item.get("name") or "")
            arguments = arguments_text(item.get("arguments"))
            item["arguments"] = kept_arguments(arguments)
            return item, Call(item["call_id"], item["name"], arguments)
        case "custom_tool_call":
            item["call_id"] = ids.of(item.get("call_id"))
            item["name"] = str(item.get("name") or "")
            given = arguments_text(item.get("input"))
            item["input"] = kept_arguments(given)
            return item, Call(item["call_id"], item["name"], given, True)
        case _:
            return item, None


def _reply(answer: Answer, items: tuple[Item, ...], calls: tuple[Call, ...]) -> Reply:
    messages = [item for item in items if item.get("type") == "message"]
    text = "\n".join(filter(None, (text_of(item.get("content")) for item in messages)))
    refusals = [
        str(part.get("refusal"))
        for item in messages
        for part in objects(item.get("content"))
        if part.get("type") == "refusal"
    ]
    stop = stop_of(calls, text, refused=bool(refusals))
    reason = mapping(answer.value.get("incomplete_details")).get("reason")
    if answer.value.get("status") == "incomplete" or reason:
        stop = Stop.FILTER if reason == "content_filter" else Stop.LENGTH
        # A call that was cut off must not run, and reasoning must not stand without what follows.
        items, calls = tuple(item for item in messages if text or refusals), ()
    elif stop is Stop.EMPTY:
        items = ()
    said = text or "\n".join(refusals)
    return reply_of(answer, items, said, calls, stop, _usage(answer))


def _usage(answer: Answer) -> Usage:
    figures = mapping(answer.value.get("usage"))
    given = mapping(figures.get("input_tokens_details"))
    written = mapping(figures.get("output_tokens_details"))
    usage = Usage(
        input=number(figures.get("input_tokens")),
        cached=number(given.get("cached_tokens")),
        cache_write=number(given.get("cache_write_tokens")),
        output=number(figures.get("output_tokens")),
        reasoning=number(written.get("reasoning_tokens")),
        estimated=False,
    )
    return estimated(usage, answer.sent, answer.received)
