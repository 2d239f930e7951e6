"""Measures how long a person waits from the comment to the first command in the sandbox."""

from collections.abc import Sequence
from itertools import pairwise

from bench.figures import Breakdown, Figure, Measured
from bench.scripts import nothing_to_do, turn
from bench.world import Run, World

_HOW = (
    "From posting the comment at the local GitHub until the first tool call begins in the sandbox "
    "(the task's `first_command_at`): fresh issues of one repository, one after the other, its "
    "mirror warm from one task before them, a model that answers at once."
)


def measure(world: World, runs: int) -> Measured:
    """Work on one issue to warm up, then on one for each run."""
    turns = [turn("bash", command="ls"), *nothing_to_do()]
    # Opened beforehand, so that their own deliveries are handled when the clock starts.
    issues = [world.open_issue(turns) for _ in range(runs + 1)]
    done = [world.run(number, len(turns)) for number in issues][1:]
    waited = [run.task["progress"]["first_command_at"] - run.asked_at for run in done]
    name = "comment_to_first_command_s"
    return Measured([Figure(name, "s", waited, _HOW, aim=1.0)], [stages_of(world, name, done)])


def stages_of(world: World, name: str, done: Sequence[Run]) -> Breakdown:
    """Say where the time of these runs went."""
    stages = [_stages(world, run) for run in done]
    return Breakdown(name, {stage: [one[stage] for one in stages] for stage in stages[0]})


def _stages(world: World, run: Run) -> dict[str, float]:
    """Return what each stage took, in milliseconds."""
    task = run.task
    [(received_at,)] = world.query(
        "SELECT min(received_at) FROM deliveries WHERE event = 'issue_comment' "
        "AND received_at >= ?",
        run.asked_at,
    )
    first = run.requests[0]
    marks = [
        ("", run.asked_at),
        ("delivery sent, verified and stored", received_at),
        ("intake wakes, asks for the permission, makes the task", task["created_at"]),
        ("worker wakes, forks, takes the lease", task["started_at"]),
        ("token, default branch, base commit in the mirror", _at(run, "fetch ")),
        ("sandbox started, code put into it", task["progress"]["sandbox_ready_at"]),
        ("first message written, request sent", first.at),
        ("the model answers", first.answered_at or first.at),
        ("reply stored, command begins", task["progress"]["first_command_at"]),
    ]
    return {name: (at - before) * 1000 for (_, before), (name, at) in pairwise(marks)}


def _at(run: Run, title: str) -> float:
    return next(
        float(entry["at"])
        for entry in run.log
        if entry["kind"] == "event" and entry["content"]["title"].startswith(title)
    )
