"""Receipts as text."""

from decimal import Decimal

WIDTH = 32


def line(article: str, amount: Decimal) -> str:
    """Return one line: the article on the left, the amount on the right, 32 characters."""
    price = f"{amount:.2f}"
    return article + price.rjust(WIDTH - len(article))


def receipt(lines: list[tuple[str, Decimal]]) -> str:
    """Return the whole receipt with its total."""
    body = [line(article, amount) for article, amount in lines]
    total = sum((amount for _, amount in lines), Decimal(0))
    return "\n".join([*body, "-" * WIDTH, line("Total", total)])
