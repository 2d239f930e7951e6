"""Opens wires to scripted models, and closes them again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.model import Item, Patience, Reply, ToolSpec, Wire, open_wire

QUICK = Patience(first_wait_s=0.01, longest_wait_s=0.02)
BASH = ToolSpec(
    "bash",
    "Run a command.",
    {
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
    },
)


def ask(wire: Wire, *items: Item, **more: Any) -> Reply:
    """Send a short history and return the reply."""
    settings: dict[str, Any] = {
        "deadline_s": 20.0,
        "max_output": 1000,
        "stopped": threading.Event(),
    }
    return wire.send(
        "You fix bugs.", items or (wire.user("Fix it."),), [BASH], **{**settings, **more}
    )


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def wire_to() -> Iterator[Callable[..., Wire]]:
    with ExitStack() as opened:

        def open_one(model: ScriptedModel | str, api: str, /, **more: Any) -> Wire:
            address = model if isinstance(model, str) else model.base_url
            settings: dict[str, Any] = {
                "api_key": "sk-canary",
                "api": api,
                "model": "m",
                "patience": QUICK,
            }
            wire = open_wire(base_url=address, **{**settings, **more})
            opened.enter_context(closing(wire))
            return wire

        yield open_one
