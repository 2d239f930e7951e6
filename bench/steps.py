"""Measures what a step costs: from the model's answer to the agent's next request."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from bench.figures import Breakdown, Figure, Measured, percentile
from bench.scripts import nothing_to_do, steps
from bench.world import Run, World

_STEPS = 60
_HOW = (
    f"From the moment the model's answer leaves until the next request has arrived whole, over "
    f"{_STEPS} steps of the tool call `true` in each run (each with another argument, since equal "
    "calls end the work); records included. A run's value is its median, p95 is of all steps."
)


def measure(world: World, runs: int) -> Measured:
    """Work on one issue for each run."""
    turns = [*steps(_STEPS), *nothing_to_do()]
    issues = [world.open_issue(turns) for _ in range(runs)]
    done = [world.run(number, len(turns)) for number in issues]
    took = [[sum(stages.values()) for stages in _steps(run)] for run in done]
    all_stages = [stages for run in done for stages in _steps(run)]
    name = "step_overhead_ms"
    return Measured(
        [
            Figure(
                name,
                "ms",
                [median(one) for one in took],
                _HOW,
                aim=5.0,
                p95=percentile((each for one in took for each in one), 95),
            )
        ],
        [Breakdown(name, {stage: [one[stage] for one in all_stages] for stage in all_stages[0]})],
    )


def _steps(run: Run) -> Iterator[dict[str, float]]:
    """Yield what each stage of each step took, in milliseconds, from the records' own times."""
    replies = [entry for entry in run.log if entry["kind"] == "reply"]
    results = [entry for entry in run.log if entry["kind"] == "observation"]
    pairs = list(pairwise(run.requests))[:_STEPS]
    for (asked, then), reply, result in zip(pairs, replies, results, strict=False):
        answered_at, content = asked.answered_at or asked.at, result["content"]
        began_at, ran_s = content["started_at"], content["seconds"]
        yield {
            "answer read, understood, redacted": (reply["at"] - answered_at) * 1000,
            "reply on disk": (began_at - reply["at"]) * 1000,
            "the command itself": ran_s * 1000,
            "way in and out, result worded and redacted": (result["at"] - began_at - ran_s) * 1000,
            "result on disk, next request sent": (then.at - result["at"]) * 1000,
        }
