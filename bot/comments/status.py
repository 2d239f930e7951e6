"""The status comment: the one comment of a task, edited while it runs, final when it has ended."""

from typing import assert_never

from bot.comments.action_log import action_log
from bot.comments.answers import person
from bot.comments.evidence import evidence_table
from bot.comments.failures import Failure, Words
from bot.comments.frame import fitted
from bot.comments.given import given_block
from bot.comments.limits_met import limits_met
from bot.comments.line import also_asked, place_in_line, waits_for
from bot.comments.neutral import quoted, words
from bot.comments.outcomes import end_words, is_on_pull_request, kept_branch, what_happened
from bot.comments.packages import packages_block
from bot.comments.plan import plan_as_left, plan_list
from bot.comments.readable import count, money, plural, span, time_of_day
from bot.comments.results import result_headline, result_words
from bot.comments.rounds import round_waits
from bot.comments.views import Surroundings
from bot.comments.waits import wait_headline, wait_words
from records.task import Task, TaskState

_SUMMARY = 6_000
_SAME_VERB_AGAIN = {"address", "sync", "ci", "plan", "ask", "review"}
_WITHOUT_WORDS = {"sync", "ci"}
_NOTHING_LEFT = {
    "address": "Write a review, or say what is to be done: `{command} address …`.",
    "sync": "Nothing, until the base has moved on: then `{command} sync` has something to merge.",
    "ci": "If a check goes on failing, say what to look at: `{command} address …`.",
}
"""What follows where a verb on the bot's pull request found nothing to do."""
RETRY_BOX = "- [ ] Try again, from where it was <!-- do:retry -->"
_RETRY_ANEW = "- [ ] Try again <!-- do:retry -->"
CUT_SHORT = {TaskState.PARTIAL, TaskState.STOPPED, TaskState.FAILED}
"""Ends after which somebody may want to go on where the agent was."""


def status_comment(task: Task, around: Surroundings) -> str:
    """Return the comment for the state that the task is in; the caller adds the marker."""
    head = f"### {_headline(task, around)}"
    parts = [head, *_body(task, around), also_asked(task.brief.get("also", ()))]
    parts += [packages_block(around.packages), given_block(around.given, around.task_url)]
    parts.append(_log(task, around))
    return fitted("\n\n".join(part for part in parts if part))


def _headline(task: Task, around: Surroundings) -> str:
    asked = f"`{task.verb}` for {person(task.requester)} · task `{task.id}`"
    ended = _how_it_ended(task, around) if task.state.ended else _how_it_stands(task, around)
    return f"{ended} — {asked}"


def _how_it_stands(task: Task, around: Surroundings) -> str:
    if task.state is TaskState.QUEUED:
        return place_in_line(around.ahead)
    if task.state is TaskState.WAITING:
        return wait_headline(around.wait)
    return "⏹ Stopping" if task.stop_requested_by else "🛠 Working on it"


def _how_it_ended(task: Task, around: Surroundings) -> str:
    if said := result_headline(task, around):
        return said
    number = None if is_on_pull_request(task) else task.pull_request_number
    name = end_words(task).name
    match task.state:
        case TaskState.SUCCEEDED:
            kind = "Draft pull request" if around.draft else "Pull request"
            return f"✅ {kind} #{number}" if number else "✅ Done"
        case TaskState.PARTIAL:
            return f"🟡 Partial: draft pull request #{number}" if number else "🟡 Partly done"
        case TaskState.STOPPED:
            return f"⏹ Stopped{f' by {person(by)}' if (by := task.stop_requested_by) else ''}"
        case TaskState.FAILED | TaskState.REFUSED:
            return f"❌ Stopped: {name}"
        case _:
            return f"{_ANSWERS[task.state]} {name[0].upper()}{name[1:]}"


_ANSWERS = {
    TaskState.NO_CHANGE_NEEDED: "☑️",
    TaskState.CANNOT_REPRODUCE: "🔍",
    TaskState.NEEDS_INFORMATION: "❓",
}
"""What an agent can answer instead of a change."""


def _body(task: Task, around: Surroundings) -> list[str]:
    match task.state:
        case TaskState.QUEUED:
            held = round_waits(task.lease_expires_at - around.now)
            return [held or waits_for(around.ahead), _stop_hint(around)]
        case TaskState.WAITING:
            asked = wait_words(task, around)
            return [*asked, plan_list(task), _meter(task, around), _stop_hint(around)]
        case TaskState.RUNNING:
            doing = words(task.progress.doing, 300) or "Preparing the sandbox"
            met = limits_met(task.progress.limits)
            return [doing, plan_list(task), met, _meter(task, around), _stop_hint(around)]
        case TaskState.SUCCEEDED:
            return [
                words(task.explanation, 1_000),
                result_words(around),
                kept_branch(task, around.repository_url),
                *_outcome(task, around),
            ]
        case TaskState.STOPPED:
            return [
                words(task.explanation, 1_000),
                result_words(around),
                kept_branch(task, around.repository_url),
                _anew(task, around),
                *_outcome(task, around),
            ]
        case (
            TaskState.PARTIAL
            | TaskState.NO_CHANGE_NEEDED
            | TaskState.CANNOT_REPRODUCE
            | TaskState.NEEDS_INFORMATION
            | TaskState.FAILED
            | TaskState.REFUSED
        ):
            end = end_words(task)
            return [
                what_happened(task),
                kept_branch(task, around.repository_url),
                f"**What you can do.** {_next(end, task, around)}",
                *_outcome(task, around),
            ]
        case _:
            assert_never(task.state)


def _next(end: Words, task: Task, around: Surroundings) -> str:
    """Say what to do next; what is no fix is asked for by its own verb once more."""
    word = around.command
    if task.state is TaskState.NO_CHANGE_NEEDED and task.verb in _NOTHING_LEFT:
        return _NOTHING_LEFT[task.verb].format(command=word)
    said = end.next.format(command=word)
    if task.verb not in _SAME_VERB_AGAIN:
        return said
    # Words are for the verb that takes them; what has none is only asked for again.
    with_words = "address" if task.verb in _WITHOUT_WORDS else task.verb
    said = said.replace(f"{word} fix …", f"{word} {with_words} …")
    return said.replace(f"{word} fix", f"{word} {task.verb}")


def _anew(task: Task, around: Surroundings) -> str:
    if around.thread == "merged":
        return ""  # it can neither be opened again nor pushed to
    first = "open this again and " if around.thread == "closed" else ""
    return f"To start anew, {first}comment `{around.command} {task.verb}`."


def _outcome(task: Task, around: Surroundings) -> list[str]:
    said = f"**In the agent's words, unchecked:**\n\n{quoted(task.summary, _SUMMARY)}"
    return [
        evidence_table(task.evidence, task.base_sha or ""),
        said if task.summary else "",
        plan_as_left(task) if task.state in CUT_SHORT else "",
        limits_met(task.progress.limits),
        _retry_box(task),
        _meter(task, around),
    ]


def _retry_box(task: Task) -> str:
    """Offer to try again, unless nothing is left to go on with, or there is a pull request."""
    never_began = task.state is TaskState.STOPPED and task.started_at is None
    over = task.discards or never_began or task.reason == Failure.ADDRESSED
    if task.state not in CUT_SHORT or task.pull_request_number or over:
        return ""
    return RETRY_BOX if task.verb == "fix" else _RETRY_ANEW


def _meter(task: Task, around: Surroundings) -> str:
    """Return what was used, and of how much."""
    progress, limits = task.progress, around.limits
    started_at = task.started_at or task.created_at
    tokens = progress.input_tokens + progress.output_tokens
    parts = [
        plural(progress.steps, "step"),
        f"turn {progress.turns} of {limits.turns}",
        f"{span((task.ended_at or around.now) - started_at)} of {span(limits.minutes * 60)}",
        f"{count(tokens)} of {count(limits.tokens)} tokens",
    ]
    if progress.cost_usd or limits.usd:
        most = f" of {money(limits.usd)}" if limits.usd else ""
        parts.append(f"{money(progress.cost_usd)}{most}")
    if around.model:
        parts.append(words(around.model, 80))
    if not task.state.ended:
        parts.append(f"updated {time_of_day(around.now)}")
    if around.task_url:
        parts.append(f"[{'log' if task.state.ended else 'live log'}]({around.task_url})")
    return f"<sub>{' · '.join(parts)}</sub>"


def _stop_hint(around: Surroundings) -> str:
    return f"To stop this, comment `{around.command} stop`."


def _log(task: Task, around: Surroundings) -> str:
    return action_log(
        around.log,
        started_at=task.started_at or task.created_at,
        head=around.log_head,
        task_url=around.task_url,
    )
