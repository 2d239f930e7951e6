"""Says how much a share is worth, and whether one run is better than another or only luckier."""

import math

_Z95 = 1.959963984540054


def wilson(solved: int, tried: int, z: float = _Z95) -> tuple[float, float]:
    """Return the interval in which the true share lies, in 95 of 100 cases by default.

    E. B. Wilson, 1927: unlike the plain normal interval it holds for few tries and for shares
    near 0 and 1.
    """
    if tried == 0:
        return 0.0, 1.0
    share = solved / tried
    middle = share + z * z / (2 * tried)
    reach = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    whole = 1 + z * z / tried
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return how likely it is that two equals differ so much or more: the exact two-sided test.

    Of the tasks that only one of two runs solved, equals would share half each (Q. McNemar, 1947).
    """
    differing = only_first + only_second
    fewer = min(only_first, only_second)
    tail = sum(math.comb(differing, count) for count in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**differing))
