"""Discounts by quantity."""

from decimal import Decimal

STEPS = ((100, Decimal("0.15")), (50, Decimal("0.10")), (10, Decimal("0.05")))


def rate(quantity: int) -> Decimal:
    """Return the discount for a quantity: 5 % from 10, 10 % from 50, 15 % from 100."""
    for least, discount in STEPS:
        if quantity > least:
            return discount
    return Decimal(0)
