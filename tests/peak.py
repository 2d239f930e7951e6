"""Measures how much memory this process took at most since a moment, whatever it took before."""

from pathlib import Path

_SELF = Path("/proc/self")


class Peak:
    """The peak from now on, where `ru_maxrss` is that of the process's whole life.

    A 5 in clear_refs resets VmHWM to what is held now: https://docs.kernel.org/filesystems/proc.html
    """

    def __init__(self) -> None:
        (_SELF / "clear_refs").write_text("5")
        self._before = _high_water_kb()

    def grown_kb(self) -> int:
        """How far the peak since then lies above what was held then, in KiB."""
        return _high_water_kb() - self._before


def _high_water_kb() -> int:
    return int((_SELF / "status").read_text().split("VmHWM:")[1].split()[0])
