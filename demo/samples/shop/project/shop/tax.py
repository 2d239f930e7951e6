"""Value added tax on a line of a receipt."""

from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")


def tax(net: Decimal, rate: Decimal) -> Decimal:
    """Return the tax on a net amount, in whole cents."""
    return (net * rate).quantize(CENT, rounding=ROUND_DOWN)


def gross(net: Decimal, rate: Decimal) -> Decimal:
    """Return the amount with tax."""
    return net + tax(net, rate)
