"""Measures how much longer five tasks take than one, and what a worker weighs meanwhile."""

import time

from bench.figures import Figure, Measured
from bench.memory import pss_mb
from bench.scripts import small_fix
from bench.world import World

WORKERS = 5
_LATENCY_S = 1.0
_SAMPLED_AT = 6
"""Which request of a task alone is the moment to weigh its worker: the edit has been made."""
_RATIO = (
    f"Wall time of {WORKERS} tasks with {WORKERS} workers over that of one task alone, in the same "
    "run: from the comments until the last pull request is open, a model that takes "
    f"{_LATENCY_S:g} s a turn, eight turns of cheap commands, an edit, and the hand-in, and the "
    "bot's own evidence (the project's tests on base and change in fresh sandboxes)."
)
_ALONE = "Wall time of one task alone in those runs, from the comment to the open pull request."
_WEIGHT = (
    "Proportional set size (PSS, from smaps_rollup) of the worker process and of the process that "
    "it forked for the task, together, in the middle of a task."
)


def measure(world: World, runs: int) -> Measured:
    """In each run, one task alone and then five at once; one task before them warms the mirror."""
    issues = iter([world.open_issue(small_fix(n)) for n in range(runs * (WORKERS + 1) + 1)])
    world.model.latency = _LATENCY_S
    _together(world, [next(issues)])
    alone: list[float] = []
    ratios: list[float] = []
    weights: list[float] = []
    for _ in range(runs):
        took, weight = _alone(world, next(issues))
        five = _together(world, [next(issues) for _ in range(WORKERS)])
        alone.append(took)
        ratios.append(five / took)
        weights.append(weight)
    world.model.latency = 0.0
    return Measured(
        [
            Figure("five_tasks_ratio", "", ratios, _RATIO, aim=1.5),
            Figure("one_task_s", "s", alone, _ALONE),
            Figure("worker_rss_mb", "MB", weights, _WEIGHT),
        ]
    )


def _alone(world: World, number: int) -> tuple[float, float]:
    before = len(world.model.requests)
    asked_at = world.ask(number)
    # The model thinks for a second now, so looking disturbs nobody.
    world.wait_for_requests(before + _SAMPLED_AT)
    weight = _weight_of_busy_worker(world)
    return _ended_at(world, number) - asked_at, weight


def _together(world: World, numbers: list[int]) -> float:
    asked_at = time.time()
    for number in numbers:
        world.ask(number)
    return max(_ended_at(world, number) for number in numbers) - asked_at


def _ended_at(world: World, number: int) -> float:
    task = world.house.wait_for_task(number)
    if task["state"] != "succeeded" or not task["pull_request_number"]:
        raise RuntimeError(f"a task that was to be timed ended as {task['state']}: "
                           f"{task['explanation']}")  # fmt: skip
    return float(task["ended_at"])


def _weight_of_busy_worker(world: World) -> float:
    started = world.house.bot.started
    workers = [process.pid for name, process in started.items() if name.startswith("worker-")]
    return max(pss_mb(pid) for pid in workers)
