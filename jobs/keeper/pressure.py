"""Says whether the machine has memory to spare for sandboxes that nobody has asked for yet."""

import re
from pathlib import Path

_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB", re.MULTILINE)
_STALLED = re.compile(r"^some avg10=([\d.]+)", re.MULTILINE)
_CALMER = 1.25
"""Room that was lost comes back when there is a quarter more of it, so that it does not flutter."""


class Pressure:
    """Room while `least_free_mb` are available and work waits for memory `most_stalled` % at most.

    The second is the kernel's PSI; where it counts none, the first decides alone.
    """

    def __init__(
        self, least_free_mb: int, most_stalled: float, *, proc: Path = Path("/proc")
    ) -> None:
        self._least_free_mb = least_free_mb
        self._most_stalled = most_stalled
        self._proc = proc
        self._had_room = True

    def room(self) -> bool:
        """Say whether there is room now."""
        calmer = 1.0 if self._had_room else _CALMER
        free_kb = self._number("meminfo", _AVAILABLE)
        stalled = self._number("pressure/memory", _STALLED)
        enough = free_kb is None or free_kb >= self._least_free_mb * 1024 * calmer
        calm = stalled is None or stalled <= self._most_stalled / calmer
        self._had_room = enough and calm
        return self._had_room

    def _number(self, file: str, pattern: re.Pattern[str]) -> float | None:
        try:
            found = pattern.search((self._proc / file).read_text())
        except OSError:  # not on this kernel
            return None
        return float(found[1]) if found else None
