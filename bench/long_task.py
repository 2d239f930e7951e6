"""Measures a task of 300 steps and 2 MB of observations: does it slow down, and does it grow."""

import time
from itertools import pairwise
from statistics import median

from bench.figures import Figure, Measured
from bench.memory import pss_mb
from bench.scripts import Json, nothing_to_do, turn
from bench.world import Run, World, environment, open_world

_STEPS = 300
_LINES = 1_000
_OBSERVED = 2_000_000
"""Characters, all observations together; fewer would prove less than is said."""
_WEIGHED_EVERY = 30
_LATENCY_S = 1.0
_TURNS, _TOKENS = 400, 1_000_000_000
_END = b"]}"
_TASK = (
    f"One task of {_STEPS} steps; each writes {_LINES:,} lines, 7 KB, that no other step writes "
    "(2 MB in all), in a window of 128,000 tokens, so that old results are left out several times."
)
_STEP = (
    "From the moment the model's answer leaves until the next request has arrived whole, without "
    "the time of the command itself: median of the"
)
_SLOWER = "The latter over the former."
_WEIGHT = (
    "Proportional set size (PSS) of the worker process and of the process that it forked for the "
    f"task, together, at every {_WEIGHED_EVERY}th step, while the model takes {_LATENCY_S:g} s."
)
_KEPT = (
    "Of the bytes of each request, the share that the next one begins with: the worst pair of "
    "requests, those left aside between which old results were left out."
)


def measure(docker_host: str, runs: int) -> Measured:
    """Work on one such issue for each run, in a house of its own whose limits allow it."""
    turns = [_step(number) for number in range(_STEPS)] + nothing_to_do()
    allowed = environment(
        PATCHBAY_TASK_MAX_TURNS=str(_TURNS), PATCHBAY_TASK_MAX_TOKENS=str(_TOKENS)
    )
    with allowed, open_world(docker_host, workers=1) as world:
        done = [_work(world, turns) for _ in range(runs)]
    fifth = _STEPS // 5
    steps = [_overheads(run) for run, _ in done]
    first = [median(one[:fifth]) for one in steps]
    last = [median(one[-fifth:]) for one in steps]
    weights = [weighed for _, weighed in done]
    slower = [after / before for before, after in zip(first, last, strict=True)]
    grown = [max(one) / one[0] for one in weights]
    return Measured(
        [
            Figure("long_task_step_ratio", "", slower, f"{_TASK} {_SLOWER}", aim=1.2),
            Figure("long_task_first_fifth_ms", "ms", first, f"{_STEP} first fifth of the steps."),
            Figure("long_task_last_fifth_ms", "ms", last, f"{_STEP} last fifth of the steps."),
            Figure("long_task_memory_ratio", "", grown, f"The most over the first. {_WEIGHT}",
                   aim=1.1),
            Figure("long_task_worker_mb", "MB", [one[-1] for one in weights],
                   f"The last. {_WEIGHT}"),
            Figure("long_task_prefix_kept", "", [_kept(run) for run, _ in done], _KEPT, aim=1.0,
                   at_least=True),
        ]
    )  # fmt: skip


def _step(number: int) -> Json:
    begin = 100_000 + number * _LINES
    step = turn("bash", command=f"seq {begin} {begin + _LINES - 1}")
    return step | ({"latency": _LATENCY_S} if _is_weighed(number) else {})


def _is_weighed(number: int) -> bool:
    return number % _WEIGHED_EVERY == _WEIGHED_EVERY - 1


def _work(world: World, turns: list[Json]) -> tuple[Run, list[float]]:
    issue, before = world.open_issue(turns), len(world.model.requests)
    asked_at, weights = world.ask(issue), []
    for number in filter(_is_weighed, range(_STEPS)):
        world.wait_for_requests(before + number + 1)
        # The worker has sent all of it by now, and waits.
        time.sleep(_LATENCY_S / 4)
        weights.append(_weight(world))
    world.wait_for_requests(before + len(turns))
    task = world.house.wait_for_task(issue)
    run = Run(asked_at, task, world.model.requests[before:], world.log_of(task))
    observed = sum(len(one["content"]["text"]) for one in run.log if one["kind"] == "observation")
    if len(run.requests) != len(turns) or observed < _OBSERVED:
        raise RuntimeError(f"{len(run.requests)} requests and {observed} bytes: {task}")
    return run, weights


def _overheads(run: Run) -> list[float]:
    """Return what each step took beside its command, in ms, without those that were looked at."""
    results = [one["content"] for one in run.log if one["kind"] == "observation"]
    pairs = list(pairwise(run.requests))[:_STEPS]
    return [
        (then.at - (asked.answered_at or asked.at) - result["seconds"]) * 1000
        for (asked, then), result in zip(pairs, results, strict=False)
    ]


def _weight(world: World) -> float:
    [worker] = [one for name, one in world.house.bot.started.items() if name.startswith("worker-")]
    return pss_mb(worker.pid)


def _kept(run: Run) -> float:
    """Return the worst share; a request behind a mask or a recap begins anew."""
    replies, begins_anew = 0, set()
    for entry in run.log:
        replies += entry["kind"] == "reply"
        if entry["kind"] in {"mask", "recap"}:
            begins_anew.add(replies)
    pairs = enumerate(pairwise(request.body for request in run.requests), 1)
    return min(_share(*pair) for at, pair in pairs if at not in begins_anew)


def _share(request: bytes, following: bytes) -> float:
    begin = request.removesuffix(_END)
    if following.startswith(begin):
        return 1.0
    both = zip(begin, following, strict=False)
    return next(at for at, (a, b) in enumerate(both) if a != b) / len(begin)
