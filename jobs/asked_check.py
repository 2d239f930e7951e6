"""Takes the command that somebody wants as proof, by `--test`, for one of the project's checks."""

from dataclasses import replace

from jobs.evidence.check import Check
from jobs.evidence.detect import Detection
from records.task import Task

BRIEF = "test"
"""The key of a task's brief under which the command stands."""
SOURCE = "the command that asked for the task"


def with_asked_check(detection: Detection, task: Task) -> Detection:
    """Return the checks with the one that was asked for first, so that it is never left out.

    A check of the project that is the same command is not run twice.
    """
    command = str(task.brief.get(BRIEF, "")).strip()
    if not command:
        return detection
    others = tuple(check for check in detection.checks if check.command != command)
    mine = Check("asked for", command, source=SOURCE, required=True)
    return replace(detection, checks=(mine, *others))


def told_of_it(task: Task) -> tuple[str, ...]:
    """Return what the agent is told of it, beside finding it among the known checks."""
    command = task.brief.get(BRIEF)
    return (f"Whoever asked wants this to pass in the end: {command}",) if command else ()
