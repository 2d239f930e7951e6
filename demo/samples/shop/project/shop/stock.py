"""What is on the shelves."""


class OutOfStock(Exception):
    """More was asked for than there is."""


class Stock:
    """Counts of articles by name."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, article: str, count: int) -> None:
        """Put articles on the shelf."""
        self._counts[article] = self._counts.get(article, 0) + count

    def take(self, article: str, count: int) -> None:
        """Take articles off the shelf."""
        self._counts[article] = self.count(article) - count

    def count(self, article: str) -> int:
        """Return how many there are."""
        return self._counts.get(article, 0)
