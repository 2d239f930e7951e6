"""Says how a change was judged and chosen: what a reviewer said of it, and what else there was."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.comments.neutral import cell, code, words
from bot.comments.readable import plural
from records.actions import RESULT, Action

_DEFECTS = 8
_WHY, _PLACE, _NOTE = 400, 200, 300


def newest_judgement(actions: Iterable[Action]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a reviewer said last of the change that is handed in, and why it was chosen.

    Each is empty where there was no such thing.
    """
    review: dict[int, dict[str, Any]] = {}
    choice: dict[str, Any] = {}
    for action in actions:
        if action.kind == "review":
            review[action.content.get("attempt", 0)] = action.content
        elif action.kind == "choice":
            choice = action.content
    return review.get(choice.get("chosen", 0), {}), choice


def newest_result(actions: Iterable[Action]) -> dict[str, Any]:
    """Return what a task came to last that changes nothing; empty where there was no such thing."""
    return next((one.content for one in reversed([*actions]) if one.kind == RESULT), {})


def review_words(review: Mapping[str, Any]) -> str:
    """Return what a reviewer said, as a model's words; nothing without a review."""
    if not review:
        return ""
    verdict = review.get("verdict")
    if not verdict:
        return (
            f"**No second opinion.** A model was asked for one: {words(review['result'], _NOTE)}."
        )
    defects = list(verdict["defects"])
    if verdict["revise"]:
        head = (
            "**A second model call that reviewed it, unchecked,** wanted this mended. The agent "
            "was told once and handed in again; the reviewer has not seen what it made of it."
        )
    else:
        head = "**A second model call reviewed it, unchecked,** and would accept it" + (
            ", with remarks:" if defects else "."
        )
    lines = [_defect(one) for one in defects[:_DEFECTS]]
    if len(defects) > _DEFECTS:
        lines.append(f"- … and {len(defects) - _DEFECTS} more")
    return "\n\n".join(part for part in (head, "\n".join(lines)) if part)


def _defect(defect: Mapping[str, Any]) -> str:
    line = f":{defect['line']}" if defect.get("line") else ""
    place = f"{code(defect['file'] + line, _PLACE)}: " if defect.get("file") else ""
    return f"- {place}{words(defect['why'], _WHY)} ({words(defect['severity'], 20)})"


def choice_words(choice: Mapping[str, Any], task_url: str) -> str:
    """Return why this attempt was chosen and what the others came to; nothing without a choice."""
    if not choice:
        return ""
    candidates = list(choice["candidates"])
    page = f"[The task's page]({task_url})" if task_url else "The task's page"
    rows = "\n".join(_row(one, chosen=one["attempt"] == choice["chosen"]) for one in candidates)
    return (
        f"**Attempt {choice['chosen']} of {len(candidates)} was chosen:** "
        f"{words(choice['why'], _NOTE)}.\n\n"
        "| Attempt | its own word | newly failing | passes of the others' checks | same patch "
        "| lines |  |\n|:--|:--|--:|--:|--:|--:|:--|\n"
        f"{rows}\n\n{page} has the change of each."
    )


def _row(one: Mapping[str, Any], *, chosen: bool) -> str:
    number = f"**{one['attempt']}**" if chosen else str(one["attempt"])
    foreign = "{} of {}".format(*one["foreign"]) if one["foreign"] else "-"
    failing = "-" if one["new_failures"] is None else str(one["new_failures"])
    alike = plural(one["cluster"], "attempt") if one["cluster"] > 1 else "-"
    why = "✅ chosen" if chosen else cell(one["why"], _NOTE)
    outcome = cell(one["outcome"].replace("_", " "), 40)
    lines = f"+{one['added']} -{one['removed']}"
    return f"| {number} | {outcome} | {failing} | {foreign} | {alike} | {lines} | {why} |"
