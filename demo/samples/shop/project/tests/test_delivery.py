from datetime import date

from shop.delivery import arrives


def test_arrival_within_the_week():
    assert arrives(date(2026, 6, 1), 2) == date(2026, 6, 3)
