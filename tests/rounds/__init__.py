"""Review rounds: what is pure, what is done on a branch, and a round from its start to its end."""
