"""Reads a reviewer's verdict, however it was written down; what cannot be read is no verdict."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jobs.reviewer.loose_json import objects_in

MOST_DEFECTS = 12
_MOST_REQUIREMENTS = 30
_WORDS = 1_000
_PATH = 300
_LAST_LINE = 10_000_000
_ACCEPT = {"accept", "accepted", "approve", "approved", "ok", "okay", "pass", "passed", "lgtm"}
_REVISE = {
    *("revise", "revision", "reject", "rejected", "fail", "failed", "needs_work"),
    *("request_changes", "changes_requested", "needs_revision", "changes_required"),
}
_SEVERITIES = {
    "critical": "critical", "blocker": "critical", "high": "critical", "p0": "critical",
    "major": "major", "medium": "major", "p1": "major", "error": "major",
    "minor": "minor", "low": "minor", "nit": "minor", "p2": "minor", "p3": "minor",
}  # fmt: skip

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["requirements", "defects", "verdict"],
    "properties": {
        "requirements": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "met", "evidence"],
                "properties": {
                    "text": {"type": "string"},
                    "met": {"type": "boolean"},
                    "evidence": {"type": "string"},
                },
            },
        },
        "defects": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file", "line", "why", "severity"],
                "properties": {
                    "file": {"type": "string"},
                    "line": {"type": "integer"},
                    "why": {"type": "string"},
                    "severity": {"type": "string", "enum": ["critical", "major", "minor"]},
                },
            },
        },
        "verdict": {"type": "string", "enum": ["accept", "revise"]},
    },
}
"""What is asked for; what is understood is more."""


@dataclass(frozen=True)
class Defect:
    """Something that is wrong with the change, in the reviewer's words."""

    why: str
    file: str = ""
    line: int | None = None
    severity: str = "major"

    @property
    def place(self) -> str:
        """Return `file:line`, as far as the reviewer said it."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


@dataclass(frozen=True)
class Requirement:
    """Something that the issue asks for, and whether the change does it."""

    text: str
    met: bool | None
    evidence: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a reviewer said that could be understood."""

    revise: bool
    defects: tuple[Defect, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as the log keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Verdict":
        """Return what `as_json` wrote."""
        return cls(
            stored["revise"],
            tuple(Defect(**one) for one in stored["defects"]),
            tuple(Requirement(**one) for one in stored["requirements"]),
        )


def read_verdict(text: str) -> Verdict | None:
    """Return the last verdict in a text, or None if there is none that can be understood.

    A verdict to revise that names no defect is none: it leaves nothing to do.
    """
    found = [one for one in map(_with_verdict, objects_in(text)) if one is not None]
    for given in reversed(found):
        revise = _says_revise(given["verdict"])
        defects = _defects(given.get("defects"))
        if revise is not None and (defects or not revise):
            return Verdict(revise, defects, _requirements(given.get("requirements")))
    return None


def _with_verdict(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the object, or the one inside of it, that says a verdict; its keys in small letters.

    Some models wrap what they were asked for in an object of their own.
    """
    plain = {str(key).strip().lower(): value for key, value in given.items()}
    if "verdict" in plain:
        return plain
    inner = (_with_verdict(one) for one in plain.values() if isinstance(one, dict))
    return next((one for one in inner if one is not None), None)


def _says_revise(value: object) -> bool | None:
    word = re.sub(r"[^a-z0-9]+", "_", str(value).strip().lower()).strip("_")
    if word in _REVISE:
        return True
    return False if word in _ACCEPT else None


def _defects(value: object) -> tuple[Defect, ...]:
    read = (_defect(one) for one in _listed(value))
    return tuple(one for one in read if one is not None)[:MOST_DEFECTS]


def _defect(value: object) -> Defect | None:
    if isinstance(value, str):
        value = {"why": value}
    if not isinstance(value, dict):
        return None
    why = _text(value, "why", "description", "message", "issue", "reason", "problem")
    if not why:
        return None
    severity = _SEVERITIES.get(_text(value, "severity", "priority", "level").lower(), "major")
    file = _text(value, "file", "path", "filename")[:_PATH]
    return Defect(why, file, _line(value.get("line", value.get("lines"))), severity)


def _requirements(value: object) -> tuple[Requirement, ...]:
    read = [
        Requirement(text, met if isinstance(met := one.get("met"), bool) else None,
                    _text(one, "evidence"))
        for one in _listed(value)
        if isinstance(one, dict) and (text := _text(one, "text", "requirement", "name"))
    ]  # fmt: skip
    return tuple(read[:_MOST_REQUIREMENTS])


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(given: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(value := given.get(name), str) and value.strip():
            return " ".join(value.split())[:_WORDS]
    return ""


def _line(value: object) -> int | None:
    """Return a line number out of `12`, `"12"`, `"12-14"` or `[12, 14]`; None if it cannot be."""
    if isinstance(value, bool):
        return None
    if isinstance(value, list):
        return _line(value[0]) if value else None
    found = re.match(r"\s*(\d{1,8})\b", str(value))
    number = int(found[1]) if found else 0
    return number if 0 < number <= _LAST_LINE else None
