"""How many requests a caller has in an hour."""

from demo.github.state import State

BUDGET = 5_000
HOUR_S = 3_600


def hour_end(state: State) -> int:
    """When the budgets of this hour are filled up again."""
    return (int(state.now()) // HOUR_S + 1) * HOUR_S
