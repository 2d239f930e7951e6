"""The figures of a report are those that the textbooks give."""

import pytest

from evaluation.statistics import mcnemar, wilson


@pytest.mark.parametrize(
    ("solved", "tried", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (250, 500, 0.4563, 0.5437),
    ],
)
def test_wilsons_interval(solved: int, tried: int, low: float, high: float) -> None:
    assert wilson(solved, tried) == pytest.approx((low, high), abs=5e-5)


def test_nothing_tried_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 0.0625),
        (0, 6, 0.03125),
        (1, 9, 0.021484375),
        (9, 1, 0.021484375),
    ],
)
def test_mcnemars_exact_test(first: int, second: int, chance: float) -> None:
    assert mcnemar(first, second) == pytest.approx(chance)
