"""What a task came to beside a pull request: an answer, a plan, a review, a round of review."""

from collections.abc import Mapping
from typing import Any

from bot.comments.answers_given import ANSWER, answer_words
from bot.comments.plans import PLAN, plan_headline, plan_words
from bot.comments.reviews import REVIEW, reviewed_words
from bot.comments.rounds import ROUND, rollup, round_headline
from bot.comments.views import Surroundings
from records.task import Task, TaskState

_DONE = {ANSWER: "💬 Answered", REVIEW: "🔎 Reviewed"}


def result_headline(task: Task, around: Surroundings) -> str:
    """Return how such a task ended, or nothing where it is another one."""
    what, content = _result(around)
    if what == ROUND and task.state is TaskState.SUCCEEDED:
        return round_headline(content)
    if what == PLAN and task.state in {TaskState.SUCCEEDED, TaskState.STOPPED}:
        return plan_headline(task, content)
    return _DONE.get(what, "") if task.state is TaskState.SUCCEEDED else ""


def result_words(around: Surroundings) -> str:
    """Return what came of it, or nothing."""
    what, content = _result(around)
    if what == ANSWER:
        return answer_words(content, around.repository_url)
    if what == REVIEW:
        return reviewed_words(content)
    if what == ROUND:
        return rollup(content)
    if what == PLAN:
        head = f"The plan, r{content['revision']}"
        return f"<details><summary>{head}</summary>\n\n{plan_words(content)}\n\n</details>"
    return ""


def _result(around: Surroundings) -> tuple[str, Mapping[str, Any]]:
    return str(around.result.get("what", "")), around.result.get("content", {})
