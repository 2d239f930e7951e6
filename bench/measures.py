"""Takes all measures in their order; the house of the tasks is one and the same for all of them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from bench import (
    code_in,
    first_clone,
    first_command,
    five_tasks,
    long_task,
    memory,
    others,
    receiver,
    removal,
    requests,
    same_script,
    second_task,
    starts,
    steps,
)
from bench.figures import Measured
from bench.world import World, open_world

_DELIVERIES, _QUICK_DELIVERIES = 2000, 400
_REMOVALS, _QUICK_REMOVALS = 200, 20
_QUICK_RUNS = 2
IN_THE_HOUSE: dict[str, Callable[[World, int], Measured]] = {
    "first-command": first_command.measure,
    "steps": steps.measure,
    "requests": requests.measure,
    "five-tasks": five_tasks.measure,
}
BESIDE_IT: dict[str, Callable[[str, int], Measured]] = {
    "long-task": long_task.measure,
    "receiver": partial(receiver.measure, count=_DELIVERIES),
    "memory": memory.measure,
    "starts": starts.measure,
    "others": others.measure,
    "same-script": same_script.measure,
    "code-in": code_in.measure,
    "first-clone": first_clone.measure,
    "second-task": second_task.measure,
    "removal": partial(removal.measure, times=_REMOVALS),
}
NAMES = (*IN_THE_HOUSE, *BESIDE_IT)


def take(docker_host: str, names: tuple[str, ...], runs: int, *, quick: bool) -> Iterator[Measured]:
    """Take the measures of these names; in a hurry, with fewer runs and fewer deliveries."""
    runs = _QUICK_RUNS if quick else runs
    beside = dict(BESIDE_IT)
    if quick:
        beside["receiver"] = partial(receiver.measure, count=_QUICK_DELIVERIES)
        beside["removal"] = partial(removal.measure, times=_QUICK_REMOVALS)
    with ExitStack() as houses:
        world: World | None = None
        for name in (name for name in IN_THE_HOUSE if name in names):
            _say(f"{name}: {runs} runs")
            world = world or houses.enter_context(
                open_world(docker_host, workers=five_tasks.WORKERS)
            )
            yield IN_THE_HOUSE[name](world, runs)
    for name in (name for name in beside if name in names):
        _say(f"{name}: {runs} runs")
        yield beside[name](docker_host, runs)


def _say(text: str) -> None:
    print(f"» {text}", file=sys.stderr, flush=True)
