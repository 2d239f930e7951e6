from decimal import Decimal

from shop.discount import rate


def test_no_discount_for_a_few():
    assert rate(3) == 0


def test_discount_for_many():
    assert rate(60) == Decimal("0.10")
