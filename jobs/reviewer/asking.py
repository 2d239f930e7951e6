"""Puts one question to the model in a context of its own, and counts what the answer cost."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.agent.entries import failure_entry, usage_entry
from jobs.agent.task import Budget
from jobs.model.wire import ModelError, ModelErrorKind, Shape, Wire

DEADLINE_S = 300.0
_SHARE_OF_WINDOW = 0.5
"""For the question; the rest is for the rules and the answer."""
_LONGEST_ANSWER = 16_000
_BYTES_PER_TOKEN = 3


@dataclass(frozen=True)
class Answer:
    """What came of a question: a text, or why there is none."""

    text: str = ""
    failed: str = ""
    stopped: bool = False
    """Somebody asked to stop meanwhile."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    seconds: float = 0.0


def most_chars(budget: Budget) -> int:
    """Return how long a question may be, in characters, for the model's window."""
    return int(budget.context_window * _SHARE_OF_WINDOW) * _BYTES_PER_TOKEN


def ask(
    wire: Wire,
    system: str,
    question: str,
    budget: Budget,
    stopped: threading.Event,
    shape: Shape | None = None,
) -> Answer:
    """Ask the model; whatever goes wrong is part of the answer."""
    try:
        reply = wire.send(
            system,
            [wire.user(question)],
            [],
            deadline_s=min(DEADLINE_S, budget.call_deadline_s),
            max_output=min(_LONGEST_ANSWER, budget.max_output, budget.context_window // 4),
            stopped=stopped,
            shape=shape,
        )
    except ModelError as error:
        halted = error.kind is ModelErrorKind.STOPPED
        usage = failure_entry(error, 0.0)["usage"]
        return Answer(failed=error.message or error.kind.value, stopped=halted, usage=usage)
    usage = usage_entry(reply.usage, lost=reply.lost_input)
    return Answer(reply.text, usage=usage, model=reply.model, seconds=reply.seconds)
