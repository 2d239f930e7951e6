"""Switches with which a test makes an operation fail: before it happens or after."""

import math
import threading
import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from typing import Any


@dataclass
class Fault:
    """What goes wrong with an operation, and how often."""

    operation: str
    """GitHub's name of it, such as `issues/create-comment`; `*` stands for anything."""
    status: int | None = None
    """Answer with this status."""
    message: str = "Server Error"
    body: str | None = None
    """Answer with this text instead of JSON, for instance a proxy's error page."""
    headers: dict[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    drop: bool = False
    """Close the connection instead of answering."""
    after: bool = False
    """Do what was asked first: the answer is lost, the effect is not."""
    count: int | None = 1
    """How many calls it meets; None is every call."""
    skip: int = 0
    """How many calls pass before it begins."""
    for_s: float | None = None
    """How long it lasts, in seconds from the moment it is switched on."""
    ends_at: float = field(default=0.0, repr=False)


class Faults:
    """The switches that are on, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        fault.ends_at = time.monotonic() + fault.for_s if fault.for_s is not None else math.inf
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()

    def meet(self, operation: str) -> Fault | None:
        """Take the fault that this call of an operation meets."""
        with self._lock:
            self._faults = [each for each in self._faults if each.ends_at > time.monotonic()]
            for fault in self._faults:
                if not fnmatch(operation, fault.operation):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                return self._spend(fault)
        return None

    def _spend(self, fault: Fault) -> Fault:
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._faults.remove(fault)
        return fault

    def listed(self) -> list[dict[str, Any]]:
        """Show the faults that are still to come."""
        with self._lock:
            shown = [asdict(fault) for fault in self._faults]
        for each in shown:
            del each["ends_at"]
        return shown
