"""What the bot measured, as it is stored and shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

MAX_TOUCHED = 60


class Verdict(StrEnum):
    """What a check, or one test in it, says about a change."""

    FIXED = "fixed"
    PASSES = "passes"
    STILL_FAILING = "still failing"
    NEWLY_FAILING = "newly failing"
    FLAKY = "flaky"
    """It failed on the change and not on the base, and passed when it was run again, alone."""
    NOT_RUN = "not run"
    NO_TESTS = "no tests"


class CaseState(StrEnum):
    """How one test ended in one run."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was left out, or was expected to fail and did."""


@dataclass(frozen=True)
class CaseGroup:
    """Tests of one verdict: how many, and the names of the first of them."""

    count: int
    names: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        return cls(stored["count"], tuple(stored["names"]))


class Touch(StrEnum):
    """What a change did to a test that was there before."""

    DELETED = "deleted"
    SKIPPED = "skipped"
    WEAKENED = "weakened"
    CHANGED = "changed"
    """It asserts something else; whether that is less, its text does not tell."""
    RENAMED = "renamed"


@dataclass(frozen=True)
class TouchedTest:
    """A test of the base that the change does not leave as it was."""

    path: str
    name: str
    touch: Touch
    detail: str = ""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        return cls(**{**stored, "touch": Touch(stored["touch"])})


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
    cases: Mapping[Verdict, CaseGroup] | None = None
    """The tests in it by what the change did to them; None where the runner cannot say."""
    tail: str = ""
    """The end of what the check printed on the change, where something newly fails."""

    def count(self, verdict: Verdict) -> int:
        """Count the tests of one verdict; 0 where the runner cannot say."""
        group = (self.cases or {}).get(verdict)
        return group.count if group else 0

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `Evidence.to_json` wrote for a row; older ones have no `cases`."""
        values = {**stored, "verdict": Verdict(stored["verdict"])}
        values |= {name: Side.from_json(stored[name]) for name in ("base", "change")}
        if (cases := stored.get("cases")) is not None:
            values["cases"] = {Verdict(of): CaseGroup.from_json(it) for of, it in cases.items()}
        return cls(**values)


@dataclass(frozen=True)
class Evidence:
    """All rows, and whether they prove that the change may close the issue."""

    rows: tuple[EvidenceRow, ...]
    clean: bool
    why_not_clean: str
    touched: tuple[TouchedTest, ...] = ()
    """Tests of the base that the change deletes, renames, skips, weakens or alters."""

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        return {
            "rows": [_row_as_json(row) for row in self.rows],
            "clean": self.clean,
            "why_not_clean": self.why_not_clean,
            "touched": [{**asdict(one), "touch": one.touch.value} for one in self.touched],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote, also before it wrote of single tests."""
        rows = tuple(EvidenceRow.from_json(row) for row in stored["rows"])
        touched = tuple(TouchedTest.from_json(one) for one in stored.get("touched", ()))
        return cls(rows, stored["clean"], stored["why_not_clean"], touched)


def _row_as_json(row: EvidenceRow) -> dict[str, Any]:
    values = {name: value for name, value in vars(row).items() if name != "cases"}
    sides = {name: asdict(values[name]) for name in ("base", "change")}
    for side in sides.values():
        side["failed"] = list(side["failed"])
    values |= {**sides, "verdict": row.verdict.value}
    if row.cases is not None:
        values["cases"] = {
            verdict.value: {"count": group.count, "names": list(group.names)}
            for verdict, group in row.cases.items()
        }
    return values
