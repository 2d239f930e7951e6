from decimal import Decimal

from shop.receipt import receipt


def test_a_receipt_ends_in_its_total():
    text = receipt([("Lamp", Decimal("12.50")), ("Bulb", Decimal("3.25"))])
    assert text.splitlines()[-1].split() == ["Total", "15.75"]
