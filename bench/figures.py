"""What a measure gives: figures with their spread, and breakdowns that say where the time goes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure: a value for each run, and the sentence that says how it was measured."""

    name: str
    unit: str
    values: Sequence[float]
    """One value for each run."""
    how: str
    aim: float | None = None
    at_least: bool = False
    """The aim is a floor; else it is a ceiling."""
    p95: float | None = None
    """Of everything that was measured in all runs, where a run measures many things."""

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Say whether the aim is met; None where there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def to_json(self) -> Json:
        """Return it for the results."""
        return {
            "unit": self.unit,
            "median": rounded(self.value),
            "min": rounded(min(self.values)),
            "max": rounded(max(self.values)),
            "p95": None if self.p95 is None else rounded(self.p95),
            "runs": len(self.values),
            "values": [rounded(value) for value in self.values],
            "aim": self.aim,
            "met": self.met,
            "how": self.how,
        }


@dataclass(frozen=True)
class Breakdown:
    """Where the time of a figure goes: each stage with what it took in every sample, in ms."""

    of: str
    stages: Mapping[str, Sequence[float]]

    def to_json(self) -> Json:
        """Return the median and the p95 of each stage."""
        return {
            stage: {"median_ms": rounded(median(took)), "p95_ms": rounded(percentile(took, 95))}
            for stage, took in self.stages.items()
        }


@dataclass(frozen=True)
class Measured:
    """What one measure found."""

    figures: Sequence[Figure] = ()
    breakdowns: Sequence[Breakdown] = field(default=())


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that `share` percent of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def rounded(value: float) -> float:
    """Round to four digits that mean something; whole numbers stay whole."""
    if value == 0 or abs(value) >= 1000:  # noqa: PLR2004 - four digits before the point
        return round(value)
    return round(value, 3 - math.floor(math.log10(abs(value))))
