"""Writes down a reply of the model as the log keeps it."""

from typing import Any

from jobs.model.wire import ModelError, Reply, Stop, Usage

Entry = dict[str, Any]


_NOTHING_USED = Usage(input=0, cached=0, cache_write=0, output=0, reasoning=0, estimated=True)


def usage_entry(usage: Usage, *, lost: int = 0) -> Entry:
    """Return the figures of a model call as the log keeps them.

    `lost` are tokens of tries that failed after the server had begun to work on them.
    """
    return {
        "input": usage.input,
        "cached": usage.cached,
        "cache_write": usage.cache_write,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "estimated": usage.estimated,
        "lost": lost,
    }


def failure_entry(error: ModelError, seconds: float) -> Entry:
    """Return a call of the model that came to nothing: it took time, and may have cost money."""
    return {
        "title": "ask the model",
        "result": f"no reply: {error.kind.value}",
        "text": error.message,
        "usage": usage_entry(_NOTHING_USED, lost=error.lost_input),
        "seconds": seconds,
    }


def reply_entry(reply: Reply, turn: int, *, misread: bool, doing: str) -> Entry:
    """Return a reply as the log keeps it.

    A reply that was cut off, withheld or empty is kept for people but not replayed: half a call or
    an empty message makes many servers refuse the whole history.
    """
    # Some servers say that the text ended where calls stand beside it.
    stop = Stop.TOOLS if reply.calls and reply.stop in {Stop.TEXT, Stop.EMPTY} else reply.stop
    replayed = stop in {Stop.TOOLS, Stop.TEXT}
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments,
              "custom": call.custom} for call in reply.calls]  # fmt: skip
    return {
        "items": list(reply.items) if replayed else [],
        "not_replayed": [] if replayed else list(reply.items),
        "text": reply.text,
        "calls": calls if replayed else [],
        "usage": usage_entry(reply.usage, lost=reply.lost_input),
        "stop": stop.value,
        "model": reply.model,
        "seconds": reply.seconds,
        "turn": turn,
        "misread": misread,
        "doing": doing,
    }  # fmt: skip
