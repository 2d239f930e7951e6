"""Makes a command's raw output fit to be read: cleaned of what is not text, and cut."""

from __future__ import annotations

import re

HEAD = 8_000
TAIL = 12_000
MAX_LINE = 2_000
_REPEATS = 4
_BINARY_SHARE = 0.1

_ESCAPES = re.compile(
    r"\x1b(?:\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|[PX^_][^\x1b\n]*(?:\x1b\\)?"  # device strings
    r"|\[[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|[ -/]*[0-~]?)"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_TEXT = bytes({*range(7), *range(14, 27), *range(28, 32), 127})


def clean(data: bytes) -> str:
    """Return `data` as plain text: no escapes, no controls, no overwritten progress bars."""
    if _is_binary(data):
        return f"[binary output, {len(data)} bytes]"
    text = data.decode("utf-8", "replace")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if "\r" in text or "\b" in text:
        lines = [_overwritten(line) for line in lines]
    if _CONTROLS.search(text):
        lines = [_CONTROLS.sub("", line) for line in lines]
    return "\n".join(_collapsed(lines))


def shorten(text: str, whole: str) -> tuple[str, bool]:
    """Return `text` cut to its head and tail on line ends; `whole` says where the rest is."""
    lines = text.split("\n")
    cut = any(len(line) > MAX_LINE for line in lines)
    if cut:
        text = "\n".join(_shortened(line) for line in lines)
    if len(text) <= HEAD + TAIL:
        return text, cut
    head_end = text.rfind("\n", 0, HEAD + 1) + 1 or HEAD
    tail_start = text.find("\n", len(text) - TAIL - 1) + 1 or len(text) - TAIL
    left_out = text.count("\n", head_end, tail_start)
    note = f"[… {left_out} lines left out; all of it is in {whole} …]\n"
    return text[:head_end] + note + text[tail_start:], True


def _is_binary(data: bytes) -> bool:
    if not data:
        return False
    strange = len(data) - len(data.translate(None, _NO_TEXT))
    if strange <= len(data) * _BINARY_SHARE:
        strange += data.decode("utf-8", "replace").count("\ufffd")
    return strange > len(data) * _BINARY_SHARE


def _overwritten(line: str) -> str:
    """Apply carriage returns as a terminal would: what comes after one covers what was there."""
    shown = ""
    for part in reversed(line.split("\r")):
        if len(part) > len(shown):
            shown += part[len(shown) :]
    if "\b" not in shown:
        return shown
    typed: list[str] = []
    for character in shown:
        if character != "\b":
            typed.append(character)
        elif typed:
            typed.pop()
    return "".join(typed)


def _collapsed(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end] == lines[at]:
            end += 1
        if end - at >= _REPEATS:
            kept.append(f"{lines[at]} … ×{end - at}")  # noqa: RUF001 - the sign for "times" is meant
        else:
            kept.extend(lines[at:end])
        at = end
    return kept


def _shortened(line: str) -> str:
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:MAX_LINE]}[… {len(line) - MAX_LINE} more characters in this line]"
