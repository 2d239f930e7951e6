"""Writes times, durations, counts and amounts for people."""

from datetime import UTC, datetime

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_SECONDS_WITH_TENTHS = 10
_THOUSAND, _MILLION = 1_000, 1_000_000
_CENT = 0.01
_KB, _MB, _GB = 1024, 1024**2, 1024**3


def span(seconds: float) -> str:
    """Return a duration, such as `0.4 s`, `52 s`, `3 m 20 s` or `1 h 5 m`."""
    if 0 <= seconds < _SECONDS_WITH_TENTHS:
        return f"{seconds:.1f} s"
    whole = max(0, round(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} m {whole % _MINUTE_S} s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} m"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def clock(seconds: float) -> str:
    """Return a point in a task's run, such as `0:04` or `1:02:30`."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, _MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count(number: int) -> str:
    """Return a count, such as `850`, `48k` or `1.2M`."""
    if number < _THOUSAND:
        return str(number)
    if number < 100 * _THOUSAND:
        return f"{number / _THOUSAND:.1f}".removesuffix(".0") + "k"
    if number < _MILLION:
        return f"{number // _THOUSAND}k"
    return f"{number / _MILLION:.1f}".removesuffix(".0") + "M"


def storage(size: int) -> str:
    """Return a number of bytes, such as `2 GB`, `1.5 GB`, `512 MB` or `64 KB`."""
    for unit, name in ((_GB, "GB"), (_MB, "MB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size / _KB:.0f} KB"


def money(usd: float) -> str:
    """Return an amount of US dollars."""
    return f"${usd:.2f}" if usd == 0 or usd >= _CENT else "under $0.01"


def plural(number: int, word: str) -> str:
    """Return a number with its word, such as `1 step` or `31 steps`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def time_of_day(at: float) -> str:
    """Return a time, such as `12:04:31 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")


def moment(at: float) -> str:
    """Return a day and time, such as `14 Oct 2026, 12:04 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y, %H:%M UTC")
