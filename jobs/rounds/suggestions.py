"""Carries out what a review suggests word for word, where it still fits; no model is asked."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.suggestions import suggested
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.rounds.round import RoundThread, Said

Read = Callable[[str], tuple[FileMode, bytes] | None]
"""Gives a regular file of the branch's head, or None where there is none of that name."""


@dataclass(frozen=True)
class Applied:
    """A thread whose suggestion is part of the change, and whose suggestion it was."""

    thread: RoundThread
    by: Said


@dataclass(frozen=True)
class _Proposal:
    thread: RoundThread
    by: Said
    lines: tuple[str, ...]

    @property
    def range(self) -> range:
        """Return the lines that it replaces, counted from 0."""
        return range(self.thread.start_line - 1, self.thread.line)


def apply_suggestions(
    threads: tuple[RoundThread, ...], read: Read
) -> tuple[Change, tuple[Applied, ...]]:
    """Return the change that the suggestions come to, and the threads that are done by it.

    A suggestion fits if its thread is about lines that are there, those lines are the ones that
    its author saw, nobody has said anything since, and no other suggestion wants the same lines.
    """
    by_path: dict[str, list[_Proposal]] = {}
    for thread in threads:
        if found := _proposal(thread):
            by_path.setdefault(thread.path, []).append(found)
    files, applied = [], []
    for path, proposals in sorted(by_path.items()):
        file, taken = _in_one_file(path, proposals, read)
        if file is not None:
            files.append(file)
            applied += taken
    done = tuple(sorted(applied, key=lambda one: one.thread.number))
    return Change(tuple(files)), done


def _proposal(thread: RoundThread) -> _Proposal | None:
    by = thread.said[-1]
    if not thread.line or by.is_ours or not by.whole:
        return None
    lines = suggested(by.text)
    return None if lines is None else _Proposal(thread, by, lines)


def _in_one_file(
    path: str, proposals: list[_Proposal], read: Read
) -> tuple[ChangedFile | None, list[Applied]]:
    found = read(path)
    if found is None:
        return None, []
    mode, content = found
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None, []
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    taken = _without_overlaps([one for one in proposals if _fits(one, lines, text)])
    for one in sorted(taken, key=lambda one: one.range.start, reverse=True):
        lines[one.range.start : one.range.stop] = one.lines
    changed = end.join(lines).encode()
    if changed == content:
        return None, []
    return ChangedFile(path, mode, changed), [Applied(one.thread, one.by) for one in taken]


def _fits(proposal: _Proposal, lines: list[str], text: str) -> bool:
    """Say whether the lines are there, and are those that the author of the suggestion saw."""
    is_behind = proposal.range.stop > len(lines) - (1 if text.endswith("\n") else 0)
    if is_behind or proposal.range.start < 0 or not proposal.range:
        return False
    seen = _last_new_lines(proposal.thread.hunk, len(proposal.range))
    there = [line.rstrip("\r") for line in lines[proposal.range.start : proposal.range.stop]]
    return seen == there


def _last_new_lines(hunk: str, count: int) -> list[str]:
    """Return the last lines of a diff's piece as they are after the change."""
    kept = [
        line[1:].rstrip("\r") for line in hunk.split("\n") if not line.startswith(("-", "@@", "\\"))
    ]
    return kept[-count:]


def _without_overlaps(proposals: list[_Proposal]) -> list[_Proposal]:
    """Drop every suggestion for lines that another one is about: a person has to choose."""
    return [
        one
        for one in proposals
        if not any(
            other is not one
            and one.range.start < other.range.stop
            and other.range.start < one.range.stop
            for other in proposals
        )
    ]
