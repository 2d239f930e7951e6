"""What a task can honestly come to besides a change that does it all: none of it is a failure."""

from bot.comments.answers import person
from bot.comments.failures import Words, failure_words
from bot.comments.neutral import code, words
from records.task import Task, TaskState

OUTCOMES = {
    TaskState.PARTIAL: Words(
        "partly done",
        "What is there is not all of what the issue asks for, or not all of it was checked.",
        "Look at what is there: go on from it by hand, or comment `{command} fix …` with what is "
        "missing.",
    ),
    TaskState.NO_CHANGE_NEEDED: Words(
        "no change is needed",
        "The agent found that the code already does what the issue asks for.",
        "If it does not, say in a comment how to see that: `{command} fix …`.",
    ),
    TaskState.CANNOT_REPRODUCE: Words(
        "the problem could not be reproduced",
        "The agent could not make the described problem happen.",
        "Add the steps, the input or the version that show it, and comment `{command} fix`.",
    ),
    TaskState.NEEDS_INFORMATION: Words(
        "something is missing",
        "The agent needs to know something that the issue does not say.",
        "Answer in a new command: `{command} fix …` with what was missing.",
    ),
}


DISCARDED = ", and nothing of its work is kept"
"""How a sentence about a stop goes on, where whoever stopped the task wished so."""


def is_on_pull_request(task: Task) -> bool:
    """Say whether a task works on the branch of a pull request that was there before it."""
    return task.pull_request_number is not None and task.pull_request_number == task.issue_number


def end_words(task: Task) -> Words:
    """Return the words for an end that is not all that was asked for; partial work says why."""
    outcome = OUTCOMES.get(task.state)
    if outcome is None:
        return failure_words(task.reason)
    if task.state is not TaskState.PARTIAL or not task.reason:
        return outcome
    why = failure_words(task.reason)
    return Words(f"{outcome.name}, since {why.name}", why.meaning, outcome.next)


def what_happened(task: Task) -> str:
    """Say how the task came to its end; what was honestly answered needs one sentence only."""
    said = words(task.explanation, 1_000)
    if said and task.state in OUTCOMES and not task.reason:
        return said
    return f"{end_words(task).meaning} {said}".rstrip()


def kept_branch(task: Task, repository_url: str) -> str:
    """Say on which branch work is kept that has no pull request, or nothing."""
    if not (task.branch and task.head_sha):
        return ""
    # A task on a pull request that another one opened may have kept its work apart from it.
    apart = is_on_pull_request(task) and task.branch.endswith(task.id)
    if task.pull_request_number and not apart:
        return ""
    if task.state is TaskState.SUCCEEDED and not task.brief.get("no_pr"):
        return ""
    name = code(task.branch, 200)
    shown = f"[{name}]({repository_url}/tree/{task.branch})" if repository_url else name
    if task.brief.get("no_pr") and task.state in {TaskState.SUCCEEDED, TaskState.PARTIAL}:
        return f"The change is on the branch {shown}, without a pull request, as asked."
    return f"What had changed by then is kept on the branch {shown}, without a pull request."


def summary_text(summary: str, unverified: str) -> str:
    """Return what the agent said of its work, with what it could not check by its own word."""
    if not unverified.strip():
        return summary
    return f"{summary.rstrip()}\n\nNot checked: {unverified.strip()}".lstrip()


def not_published(why: str) -> str:
    """Say why a change is not even kept on a branch, or nothing."""
    return f"What had changed by then may not be published: {why}." if why else ""


def not_kept(why: str) -> str:
    """Say why a change could not be brought to GitHub."""
    return f"What had changed by then could not be kept on a branch: {why}"


def thread_closed(login: str, *, is_pull_request: bool, merged: bool) -> str:
    """Say why a task was stopped that had not begun."""
    did = "merged" if merged else "closed"
    what = "pull request" if is_pull_request else "issue"
    return f"It had not begun: {person(login)} {did} this {what}."


def not_measured(why: str) -> str:
    """Say why the bot ran no check on a change."""
    return f"Nothing was measured: {why}."
