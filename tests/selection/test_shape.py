"""OpenAI's own servers are told what the answer has to look like; others, and those that refuse
it, are only asked."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from demo.model import ScriptedModel, Turn
from jobs.agent import Budget
from jobs.model.chat import ChatWire
from jobs.model.responses import ResponsesWire
from jobs.model.sending import Patience, Sender
from jobs.model.wire import Preferences, Shape
from jobs.reviewer.asking import Answer, ask
from jobs.reviewer.verdict import SCHEMA

Model = Callable[..., ScriptedModel]
SHAPE = Shape("review", SCHEMA)
REFUSAL = {
    "status": 400,
    "body": {
        "error": {"code": "unsupported_parameter", "message": "not supported with this model"}
    },
}


def answer(model: ScriptedModel, api: str, *, is_openai: bool) -> Answer:
    wanted = Preferences("m", None, stream=False, cache_key=None, is_openai=is_openai)
    kind = ChatWire if api == "chat" else ResponsesWire
    wire = kind(Sender("key", model.base_url, Patience()), wanted)
    try:
        return ask(wire, "You review.", "Review.", Budget(), threading.Event(), SHAPE)
    finally:
        wire.close()


def shaped(request: Any, api: str) -> Any:
    if api == "chat":
        return (request.get("response_format") or {}).get("json_schema")
    return (request.get("text") or {}).get("format")


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openai_is_told_the_schema(scripted_model: Model, api: str) -> None:
    model = scripted_model([Turn(text='{"verdict": "accept"}')])
    assert answer(model, api, is_openai=True).text
    form = shaped(model.requests[0].parsed, api)
    assert (form["name"], form["strict"], form["schema"]) == ("review", True, SCHEMA)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_others_are_only_asked(scripted_model: Model, api: str) -> None:
    model = scripted_model([Turn(text='{"verdict": "accept"}')])
    assert answer(model, api, is_openai=False).text
    assert shaped(model.requests[0].parsed, api) is None


@pytest.mark.parametrize(("api", "name"), [("chat", "response_format"), ("responses", "text")])
def test_a_model_that_refuses_it_is_asked_without(
    scripted_model: Model, api: str, name: str
) -> None:
    fault = json.loads(json.dumps(REFUSAL))
    fault["body"]["error"]["param"] = f"{name}.format"
    model = scripted_model([Turn.read({"text": '{"verdict": "accept"}', "faults": [fault]})])
    assert answer(model, api, is_openai=True).text
    assert [bool(shaped(one.parsed, api)) for one in model.requests] == [True, False]


def closed(schema: Any) -> bool:
    """Say whether every object says all of its fields and no others: strict schemas have to."""
    if isinstance(schema, list):
        return all(closed(one) for one in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or sorted(schema["required"]) != sorted(schema["properties"])
    ):
        return False
    return all(closed(one) for one in schema.values())


def test_the_schema_is_one_that_strict_servers_take() -> None:
    assert closed(SCHEMA)
