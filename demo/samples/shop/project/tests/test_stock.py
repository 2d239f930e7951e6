from shop.stock import Stock


def test_what_is_added_can_be_taken():
    stock = Stock()
    stock.add("lamp", 3)
    stock.take("lamp", 2)
    assert stock.count("lamp") == 1
