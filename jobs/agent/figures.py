"""Counts tokens and money: what the server does not say is guessed from bytes."""

import json
from collections.abc import Sequence
from typing import Any

from jobs.agent import limits
from jobs.agent.task import Prices
from jobs.model.wire import Item


def tokens(text: str) -> int:
    """Guess how many tokens a text is."""
    return len(text.encode(errors="replace")) // limits.BYTES_PER_TOKEN + 1


def size_of(items: Sequence[Item]) -> int:
    """Guess how many tokens pieces of history are; sealed reasoning is less than it looks."""
    return sum(tokens(json.dumps(item, ensure_ascii=False)) for item in items)


def cost(usage: dict[str, Any], prices: Prices) -> float:
    """Return what a model call cost, in dollars."""
    cached = min(usage["cached"], usage["input"])
    cached_price = prices.input if prices.cached is None else prices.cached
    # What was lost may have been in the cache or not; nobody can say, so the full price counts.
    plain = (usage["input"] - cached + usage.get("lost", 0)) * prices.input
    return float(plain + cached * cached_price + usage["output"] * prices.output) / 1e6
