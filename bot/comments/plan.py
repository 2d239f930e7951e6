"""The agent's plan as it stands, for people who wait, or who go on where it stopped."""

from bot.comments.neutral import words
from records.task import Task

_STEPS = 20
_SIGNS = {"completed": "✅", "done": "✅", "in_progress": "▶️"}


def plan_list(task: Task) -> str:
    """Return the steps with how far each is, or nothing."""
    steps = task.progress.plan[:_STEPS]
    lines = [f"- {_SIGNS.get(step.status, '▫️')} {words(step.step, 200)}" for step in steps]
    if len(task.progress.plan) > _STEPS:
        lines.append(f"- … and {len(task.progress.plan) - _STEPS} more")
    return "\n".join(lines)


def plan_as_left(task: Task) -> str:
    """Return the same for work that has ended before it was done."""
    steps = plan_list(task)
    return f"**The agent's plan, as it stood:**\n\n{steps}" if steps else ""
