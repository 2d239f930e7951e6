"""Finds what is left over from the work in a change: scratch files, debuggers, merge marks."""

import re
from pathlib import PurePosixPath

from jobs.agent.task import CheckRow
from jobs.repository.added_lines import added_lines
from jobs.repository.change import Change, ChangedFile
from jobs.repository.policy import BaseFiles

_SCRATCH = re.compile(
    r"repro[\w.-]*\.(?:py|js|ts|sh|go|rb|md|txt)|reproduce[\w.-]*|.*\.(?:orig|rej|bak|swp|log)"
    r"|patch\.(?:txt|diff)|.*\.pyc|core\.\d+|\.ds_store",
    re.IGNORECASE,
)
_CACHES = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".venv"}
_RUN_CACHES = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
_DEBUGGERS = {
    ".py": re.compile(r"^\s*(?:breakpoint\(|import i?pdb\b|from i?pdb import|i?pdb\.set_trace\()"),
    ".js": re.compile(r"^\s*debugger\s*;?\s*$"),
}
_PRINTS = {
    ".py": re.compile(r"^\s*print\("),
    ".js": re.compile(r"^\s*console\.(?:log|debug)\("),
}
_MERGE_MARK = re.compile(r"^(?:<{7}|>{7}|\|{7}) ")
_SCRIPTS = {".jsx": ".js", ".ts": ".js", ".tsx": ".js", ".mjs": ".js", ".cjs": ".js"}
_NAMED = 8
_LOOKED_AT = 8_000
"""As many bytes as git looks at to tell what is binary."""


def without_caches(change: Change, base: BaseFiles) -> Change:
    """Return a change without the new files that running a project's tests leaves behind.

    Only where a project forgot to ignore them do they get this far; nobody wants them published,
    and a model that removes them gets them back with its next test run.
    """
    kept = (file for file in change.files if not _is_cache(file, base))
    return Change(tuple(kept))


def _is_cache(file: ChangedFile, base: BaseFiles) -> bool:
    if file.deleted or _RUN_CACHES.isdisjoint(PurePosixPath(file.path).parts):
        return False
    return base.content(file.path) is None


def debris_rows(change: Change, base: BaseFiles) -> tuple[CheckRow, ...]:
    """Return one row for what must go, and one for what deserves a look."""
    left: list[str] = []
    prints: list[str] = []
    binaries: list[str] = []
    for file in change.files:
        if file.content is None:
            continue
        before = base.content(file.path)
        if before is None and _is_scratch(file.path):
            left.append(f"{file.path} looks like a scratch file")
            continue
        if b"\0" in file.content[:_LOOKED_AT]:
            binaries.append(file.path)
            continue
        _look_through(file, before, left, prints)
    rows = [CheckRow("nothing left over", not left, _list(left))]
    if binaries:
        rows.append(CheckRow("binary files, if the task needs them", None, _list(binaries)))
    if prints:
        rows.append(CheckRow("new prints", None, _list(prints)))
    return tuple(rows)


def _look_through(
    file: ChangedFile, before: bytes | None, left: list[str], prints: list[str]
) -> None:
    suffix = PurePosixPath(file.path).suffix.lower()
    language = _SCRIPTS.get(suffix, suffix)
    debugger, print_call = _DEBUGGERS.get(language), _PRINTS.get(language)
    for number, line in added_lines(before, file.content or b""):
        where = f"{file.path}:{number}"
        if _MERGE_MARK.match(line):
            left.append(f"{where} is a mark of a merge")
        elif debugger and debugger.match(line):
            left.append(f"{where} calls a debugger")
        elif print_call and print_call.match(line):
            prints.append(where)


def _is_scratch(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(_SCRATCH.fullmatch(parts.name)) or not _CACHES.isdisjoint(parts.parts)


def _list(found: list[str]) -> str:
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "; ".join(found[:_NAMED]) + more
