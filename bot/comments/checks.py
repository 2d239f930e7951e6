"""The words about checks: what our own check run shows, and why a failing one is mended."""

from bot.comments.failures import Failure
from bot.comments.frame import fitted
from bot.comments.neutral import plain
from bot.comments.readable import plural, span
from bot.github_checks import Annotation, Button, Conclusion, Report
from records.task import Task, TaskState

NAME = "agent"
"""What the check run is called on every commit."""
STOP, ADDRESS, CI, RETRY, APPROVE, REJECT = "stop", "address", "ci", "retry", "approve", "reject"
_LONGEST = 65_000
_TITLE = 120
_AT_WORK = (Button("Stop", "Stop the task that is at work", STOP),)
_DONE = (
    Button("Address reviews", "Answer the open review threads", ADDRESS),
    Button("Fix CI", "Mend the checks that fail", CI),
    Button("Retry", "Try the last task again", RETRY),
)
_ASKED = (
    Button("Approve", "Let the task go on", APPROVE),
    Button("Reject", "Drop what was proposed", REJECT),
)


def check_report(
    task: Task, body: str, annotations: tuple[Annotation, ...] = (), *, now: float = 0.0
) -> Report:
    """Return what the check run shows for a task; `body` is the text of its status comment."""
    conclusion = _conclusion(task)
    return Report(
        title=plain(_title(task, conclusion, now), _TITLE),
        summary=fitted(body, _LONGEST),
        conclusion=conclusion,
        buttons=_buttons(task, conclusion),
        annotations=annotations,
    )


def _buttons(task: Task, conclusion: Conclusion | None) -> tuple[Button, ...]:
    if conclusion is None:
        return _AT_WORK
    return _ASKED if task.state is TaskState.WAITING else _DONE


def _conclusion(task: Task) -> Conclusion | None:
    """Return how the check run ends; None while a job works."""
    if not task.state.ended and task.state is not TaskState.WAITING:
        return None
    if task.state is TaskState.STOPPED:
        return "cancelled"
    if task.state is TaskState.WAITING or task.reason == Failure.POLICY_BLOCKED:
        return "action_required"
    if newly_failing(task):
        return "failure"
    is_clean = task.state is TaskState.SUCCEEDED and (task.evidence or {}).get("clean")
    return "success" if is_clean else "neutral"


def newly_failing(task: Task) -> bool:
    """Say whether the evidence has a check that the change broke."""
    rows = (task.evidence or {}).get("rows") or ()
    return any(row.get("verdict") == "newly failing" for row in rows)


def _title(task: Task, conclusion: Conclusion | None, now: float) -> str:
    match conclusion, task.state:
        case None, TaskState.QUEUED:
            title = "Waiting in line"
        case None, _:
            so_far = max(0.0, now - (task.started_at or task.created_at))
            title = f"At work: {plural(task.progress.steps, 'step')} in {span(so_far)}"
        case "action_required", TaskState.WAITING:
            title = "It waits for somebody to decide"
        case "neutral", TaskState.FAILED:
            title = "The task ended without a result"
        case said, _:
            title = _TITLES[said]
    return title


_TITLES: dict[Conclusion, str] = {
    "success": "The evidence is complete and clean",
    "failure": "Something fails that did not fail before",
    "action_required": "It touches what the bot must not change",
    "cancelled": "Stopped",
    "neutral": "Not everything was checked",
}
