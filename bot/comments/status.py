"""The status comment: the one comment of a task, edited while it runs, final when it has ended."""

from typing import assert_never

from bot.comments.action_log import action_log
from bot.comments.answers import person
from bot.comments.evidence import evidence_table
from bot.comments.failures import failure_words
from bot.comments.frame import fitted
from bot.comments.limits_met import limits_met
from bot.comments.neutral import quoted, words
from bot.comments.readable import count, money, plural, span, time_of_day
from bot.comments.views import Surroundings
from records.task import Task, TaskState

_SUMMARY = 6_000
_PLAN_STEPS = 20
_SIGNS = {"completed": "✅", "done": "✅", "in_progress": "▶️"}


def status_comment(task: Task, around: Surroundings) -> str:
    """Return the comment for the state that the task is in; the caller adds the marker."""
    parts = [f"### {_headline(task)}", *_body(task, around), _log(task, around)]
    return fitted("\n\n".join(part for part in parts if part))


def _headline(task: Task) -> str:
    asked = f"`{task.verb}` for {person(task.requester)} · task `{task.id}`"
    match task.state:
        case TaskState.QUEUED:
            says = "⏳ Queued"
        case TaskState.RUNNING if task.stop_requested_by:
            says = "⏹ Stopping"
        case TaskState.RUNNING:
            says = "🛠 Working on it"
        case TaskState.WAITING:
            says = "⏸ Waiting"
        case TaskState.SUCCEEDED if task.pull_request_number:
            says = f"✅ Draft pull request #{task.pull_request_number}"
        case TaskState.SUCCEEDED:
            says = "✅ Done"
        case TaskState.STOPPED:
            by = f" by {person(task.stop_requested_by)}" if task.stop_requested_by else ""
            says = f"⏹ Stopped{by}"
        case TaskState.FAILED | TaskState.REFUSED:
            says = f"❌ Stopped: {failure_words(task.reason).name}"
        case _:
            assert_never(task.state)
    return f"{says} — {asked}"


def _body(task: Task, around: Surroundings) -> list[str]:
    match task.state:
        case TaskState.QUEUED:
            return ["A worker takes it as soon as one is free.", _stop_hint(around)]
        case TaskState.RUNNING | TaskState.WAITING:
            doing = words(task.progress.doing, 300) or "Preparing the sandbox"
            met = limits_met(task.progress.limits)
            return [doing, _plan(task), met, _meter(task, around), _stop_hint(around)]
        case TaskState.SUCCEEDED:
            return [words(task.explanation, 1_000), *_outcome(task, around)]
        case TaskState.STOPPED:
            return [
                words(task.explanation, 1_000),
                f"To start anew, comment `{around.command} fix`.",
                *_outcome(task, around),
            ]
        case TaskState.FAILED | TaskState.REFUSED:
            failure = failure_words(task.reason)
            return [
                f"{failure.meaning} {words(task.explanation, 1_000)}".rstrip(),
                f"**What you can do.** {failure.next.format(command=around.command)}",
                *_outcome(task, around),
            ]


def _outcome(task: Task, around: Surroundings) -> list[str]:
    said = f"**In the agent's words, unchecked:**\n\n{quoted(task.summary, _SUMMARY)}"
    return [
        evidence_table(task.evidence, task.base_sha or ""),
        said if task.summary else "",
        limits_met(task.progress.limits),
        _meter(task, around),
    ]


def _plan(task: Task) -> str:
    steps = task.progress.plan[:_PLAN_STEPS]
    lines = [f"- {_SIGNS.get(step.status, '▫️')} {words(step.step, 200)}" for step in steps]
    if len(task.progress.plan) > _PLAN_STEPS:
        lines.append(f"- … and {len(task.progress.plan) - _PLAN_STEPS} more")
    return "\n".join(lines)


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
