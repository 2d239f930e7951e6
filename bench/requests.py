"""Measures what the model is sent: the first request, and how much of each the next one repeats."""

from itertools import pairwise

from bench.figures import Figure, Measured
from bench.scripts import twenty_steps
from bench.world import World

_BYTES_PER_TOKEN = 4
_END = b"]}"
_FIRST = (
    "Bytes of the first request, system prompt and tool descriptions included, divided by "
    f"{_BYTES_PER_TOKEN}; the first value is the sample issue, the others are its neighbours."
)
_KEPT = (
    "Of the bytes of each request, the share that the next one begins with, over a task of 20 "
    "turns that looks, reads, plans, edits and tests; the `]}` that ends the JSON of each request "
    "is taken off before. A run's value is the worst pair of its requests."
)


def measure(world: World, runs: int) -> Measured:
    """Look at the sample issues' first requests, and at a task of twenty turns for each run."""
    return Measured([_first_request(world), _prefix_kept(world, runs)])


def _first_request(world: World) -> Figure:
    issues = world.house.stage.issues
    sizes = [world.run(issue, 2).requests[0].size / _BYTES_PER_TOKEN for issue in issues]
    return Figure("first_request_tokens", "tokens", sizes, _FIRST, aim=3000)


def _prefix_kept(world: World, runs: int) -> Figure:
    turns = twenty_steps()
    issues = [world.open_issue(turns) for _ in range(runs)]
    kept: list[float] = []
    for number in issues:
        bodies = [request.body for request in world.run(number, len(turns)).requests]
        assert len(bodies) == len(turns)
        assert all(body.endswith(_END) for body in bodies)
        kept.append(min(_share(*pair) for pair in pairwise(bodies)))
    return Figure("prefix_kept", "", kept, _KEPT, aim=1.0, at_least=True)


def _share(request: bytes, following: bytes) -> float:
    begin = request.removesuffix(_END)
    same = next(
        (at for at, (a, b) in enumerate(zip(begin, following, strict=False)) if a != b),
        min(len(begin), len(following)),
    )
    return same / len(begin)
