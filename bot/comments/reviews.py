"""What a review says: its text, its remarks on lines, and the task's comment about it."""

from collections.abc import Mapping
from typing import Any

from bot.comments.answers import person
from bot.comments.frame import fitted
from bot.comments.neutral import block, code, paragraphs, quoted, words
from bot.comments.readable import plural
from records.task import Task

REVIEW = "review of a pull request"
"""What the action log calls it."""
_SUMMARY, _BODY, _UNSURE, _PATH, _SUGGESTION = 4_500, 2_000, 2_000, 200, 4_000
_SIGNS = {"bug": "🐞", "risk": "⚠️", "question": "❓", "nit": "🔹"}


def review_body(task: Task, head_sha: str, said: Mapping[str, Any], *, task_url: str) -> str:
    """Return the text above the remarks on lines; the caller adds the marker."""
    remarks, asked = len(said["comments"]), person(task.requester)
    page = f"[`{task.id}`]({task_url})" if task_url else f"`{task.id}`"
    parts = [
        f"{quoted(said['summary'], _SUMMARY)}",
        f"{plural(remarks, 'remark')} on lines below." if remarks else "",
        "\n\n".join(_homeless(one) for one in said["homeless"]),
        f"**Not sure:** {words(said['unverified'], _UNSURE)}" if said["unverified"].strip() else "",
    ]
    foot = (
        f"<sub>A model's review of `{head_sha[:7]}`, asked for by {asked} · task {page} · it "
        "neither approves nor blocks: people do</sub>"
    )
    return fitted("\n\n".join(part for part in (*parts, foot) if part))


def line_comment(one: Mapping[str, Any]) -> str:
    """Return a remark on lines, with what shall stand there instead if that was given."""
    sign = _SIGNS.get(one["severity"], "🔹")
    text = f"{sign} **{one['severity']}** {paragraphs(one['body'], _BODY)}"
    if one["suggestion"] is None:
        return fitted(text)
    return fitted(f"{text}\n\n{block(one['suggestion'], _SUGGESTION, 'suggestion')}")


def _homeless(one: Mapping[str, Any]) -> str:
    """Return a remark that could not stand on its line."""
    place = code(f"{one['path']}:{one['line']}", _PATH)
    return (
        f"On {place} ({one['severity']}), which is not in the diff:\n\n{quoted(one['body'], _BODY)}"
    )


def reviewed_words(review: Mapping[str, Any]) -> str:
    """Return what the task's comment says of a review that was written."""
    remarks = plural(review["comments"], "remark") + " on lines"
    return f"[The review]({review['url']}) of `{review['head_sha'][:7]}` has {remarks}."


def review_of_issue_comment(command: str) -> str:
    """Say that there is nothing to review on an issue."""
    return (
        f"There is no change on an issue that I could review. Nothing was started. `{command} "
        f"review` works on pull requests; `{command} ask …` answers a question about the code."
    )
