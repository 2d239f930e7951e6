"""What the bot measured, as it is stored and shown."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """What a check says about a change."""

    FIXED = "fixed"
    PASSES = "passes"
    STILL_FAILING = "still failing"
    NEWLY_FAILING = "newly failing"
    NOT_RUN = "not run"
    NO_TESTS = "no tests"


@dataclass(frozen=True)
class Side:
    """One run of a check: on the base commit, or on the change."""

    exit_code: int | None
    summary: str
    failed: tuple[str, ...] = ()
    seconds: float = 0.0
    failed_count: int | None = None
    """How many tests failed; `None` when the runner did not say."""
    passed_count: int | None = None

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        return cls(**{**stored, "failed": tuple(stored["failed"])})


@dataclass(frozen=True)
class EvidenceRow:
    """One check on both sides."""

    name: str
    command: str
    base: Side
    change: Side
    verdict: Verdict
    note: str = ""
    source: str = ""
    required: bool = False

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `Evidence.to_json` wrote for a row."""
        sides = {name: Side.from_json(stored[name]) for name in ("base", "change")}
        return cls(**{**stored, **sides, "verdict": Verdict(stored["verdict"])})


@dataclass(frozen=True)
class Evidence:
    """All rows, and whether they prove that the change may close the issue."""

    rows: tuple[EvidenceRow, ...]
    clean: bool
    why_not_clean: str

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        rows = [asdict(row) for row in self.rows]
        for row in rows:
            row["verdict"] = row["verdict"].value
            for side in (row["base"], row["change"]):
                side["failed"] = list(side["failed"])
        return {"rows": rows, "clean": self.clean, "why_not_clean": self.why_not_clean}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        rows = tuple(EvidenceRow.from_json(row) for row in stored["rows"])
        return cls(rows, stored["clean"], stored["why_not_clean"])
