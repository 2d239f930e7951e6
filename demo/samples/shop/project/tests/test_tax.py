from decimal import Decimal

from shop.tax import gross, tax


def test_tax_of_a_round_amount():
    assert tax(Decimal("100"), Decimal("0.19")) == Decimal("19.00")


def test_gross_is_net_and_tax():
    assert gross(Decimal("10.00"), Decimal("0.07")) == Decimal("10.70")
