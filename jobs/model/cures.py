"""Remembers what a server refused, so that it is asked in a way that it understands."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.model.failures import Cure, Failure
from jobs.model.wire import Item

_INSTEAD = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NEVER_LEFT_OUT = {"model", "messages", "input", "instructions", "tools", "stream"}


@dataclass
class Lessons:
    """What one server taught: parameters it does not know, and histories it does not take."""

    refused: set[str] = field(default_factory=set)
    repairs: bool = False
    """The history is made regular before it is sent."""
    rejected: list[Item] = field(default_factory=list)
    """Items whose reasoning another model, or another key, had sealed."""

    def fitting(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters that the server is known to take, some under another name."""
        fitting = {}
        for name, value in parameters.items():
            instead = _INSTEAD.get(name, "")
            if name not in self.refused:
                fitting[name] = value
            elif instead and instead not in self.refused:
                fitting[instead] = value
        return fitting

    def learn(self, failure: Failure, sent: dict[str, Any], items: Sequence[Item]) -> bool:
        """Change later requests after a refusal; false when it teaches nothing new."""
        match failure.cure:
            case Cure.PARAMETER:
                name = _named(failure, sent)
                self.refused |= {name} if name else set()
                return bool(name)
            case Cure.HISTORY if not self.repairs:
                self.repairs = True
                return True
            case Cure.REASONING if fresh := [i for i in items if not self.is_rejected(i)]:
                self.rejected.extend(fresh)
                return True
            case _:
                return False

    def is_rejected(self, item: Item) -> bool:
        """Say whether the reasoning of this item was refused."""
        return any(item is each for each in self.rejected)


def _named(failure: Failure, sent: dict[str, Any]) -> str:
    """Find the parameter that was sent and not liked."""
    candidates = [name for name in sent if name not in _NEVER_LEFT_OUT]
    param = re.split(r"[.\[]", failure.param)[0]
    if param in candidates:
        return param
    found = (name for name in candidates if re.search(rf"\b{name}\b", failure.details))
    return next(found, "")


def repaired(
    items: Sequence[Item],
    *,
    calls_of: Callable[[Item], list[str]],
    answered: Callable[[Item], str | None],
    missing: Callable[[str], Item],
) -> list[Item]:
    """Return the history with exactly one result for each call, in its place."""
    regular: list[Item] = []
    waiting: list[str] = []
    answering = False
    for item in items:
        call_id = answered(item)
        if call_id is not None:
            if call_id in waiting:
                waiting.remove(call_id)
                regular.append(item)
                answering = True
            continue
        calls = calls_of(item)
        if waiting and (answering or not calls):
            regular += map(missing, waiting)
            waiting = []
        answering = False
        waiting += calls
        regular.append(item)
    return regular + list(map(missing, waiting))
