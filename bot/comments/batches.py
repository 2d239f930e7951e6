"""The words for several tasks that were asked for at once: one table, which follows them."""

from collections import Counter
from collections.abc import Mapping

from bot.comments.answers import person
from bot.comments.neutral import cell, code
from bot.comments.outcomes import end_words
from bot.comments.readable import plural
from records.batches import Batch, Part
from records.task import Task, TaskState

_STANDING = {
    TaskState.QUEUED: ("in line", "⏳ in line"),
    TaskState.RUNNING: ("at work", "🛠 at work"),
    TaskState.WAITING: ("waiting for an answer", "❓ waits for an answer"),
}
_WELL = ("done", "at work", "waiting for an answer", "in line")
_LONGEST = 120


def batch_comment(batch: Batch, tasks: Mapping[str, Task]) -> str:
    """Return the table of a batch, with its tasks by their ids."""
    rows = [_row(part, tasks.get(part.task_id)) for part in batch.parts]
    head = "| What | Task | How it stands | Pull request |\n|:--|:--|:--|:--|"
    return (
        f"### 🗂 {_headline(batch, tasks)} — for {person(batch.requester)}\n\n"
        + "\n".join([head, *rows])
        + "\n\n<sub>This table follows the tasks. To stop one, say so where it works.</sub>"
    )


def _headline(batch: Batch, tasks: Mapping[str, Task]) -> str:
    states = Counter(_kind(part, tasks.get(part.task_id)) for part in batch.parts)
    order = (*_WELL, "not looked at yet", "not done", "not started")
    counted = ", ".join(f"{states[kind]} {kind}" for kind in order if states[kind])
    return f"{plural(len(batch.parts), 'part')}: {counted}" if counted else "Nothing to do"


def _kind(part: Part, task: Task | None) -> str:
    if part.is_open:
        return "not looked at yet"
    if task is None:
        return "not started"
    if task.state in {TaskState.SUCCEEDED, TaskState.NO_CHANGE_NEEDED}:
        return "done"
    return "not done" if task.state.ended else _STANDING[task.state][0]


def _row(part: Part, task: Task | None) -> str:
    what = f"#{part.issue_number} {cell(part.what, _LONGEST)}".strip()
    named = what if part.issue_number else cell(part.what, _LONGEST)
    if part.is_open:
        return f"| {named} | | ⏳ is looked at next | |"
    if task is None:
        return f"| {named} | | 🚫 {cell(part.why_not, _LONGEST)} | |"
    pull = f"#{task.pull_request_number} " if task.pull_request_number else ""
    return f"| {named} | `{task.id}` | {_standing(task)} | {pull}|"


def _standing(task: Task) -> str:
    match task.state:
        case TaskState.SUCCEEDED:
            return "✅ draft pull request" if task.pull_request_number else "✅ done"
        case TaskState.STOPPED:
            return "⏹ stopped"
        case TaskState.QUEUED | TaskState.RUNNING | TaskState.WAITING:
            return _STANDING[task.state][1]
        case TaskState.NO_CHANGE_NEEDED:
            return f"☑️ {end_words(task).name}"
        case _:
            return f"{'🟡' if task.state is TaskState.PARTIAL else '❌'} {end_words(task).name}"


def no_such_most_comment(command: str, verb: str, asked: str, most: int) -> str:
    """Refuse a number of tasks."""
    return (
        f"{code(asked, 40)} is no number of tasks that I start at once: at most {most}, as in "
        f"`{command} {verb} --max={most}`. Nothing was started."
    )


def no_issues_comment(command: str, labels: tuple[str, ...]) -> str:
    """Say that a batch came to no issue at all."""
    named = ", ".join(code(label, 60) for label in labels)
    return (
        f"I found no open issue{f' with the label {named}' if named else ''}. Nothing was started. "
        f"It goes `{command} batch #12 #15 label:bug --max=5`."
    )


def no_items_comment(command: str) -> str:
    """Say that the issue has no task list, or nothing open in it."""
    return (
        "I found no open item of a task list (`- [ ] …`) in this issue's text. Nothing was "
        f"started. `{command} fix` works on the issue as a whole."
    )


def items_of_pull_request_comment(command: str) -> str:
    """Say that a pull request's text is no list of work."""
    return (
        f"`{command} each` works on the task list of an issue, and this is a pull request. Nothing "
        f"was started. `{command} fix …` changes it; put on an issue, `{command} each` starts a "
        "task for each open item."
    )


def item_instruction(number: int, of: int) -> str:
    """Say which item of a task list a task is about; the item's own words are the title."""
    return (
        f"Do item {number} of the {of} items of the task list in this issue, and only that one: "
        "its words stand as the issue's title here. The other items are done by others."
    )
