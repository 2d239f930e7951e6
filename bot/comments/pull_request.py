"""The words of a pull request and of its commit."""

import re
from collections.abc import Callable

from bot.comments.action_log import action_log
from bot.comments.answers import person
from bot.comments.evidence import evidence_table
from bot.comments.frame import fitted
from bot.comments.held import held_note
from bot.comments.neutral import code, plain, quoted, without_references, words
from bot.comments.outcomes import what_happened
from bot.comments.packages import packages_look
from bot.comments.plan import plan_as_left
from bot.comments.plans import approved_by
from bot.comments.readable import count, money, span
from bot.comments.rounds import evidence_part
from bot.comments.selection import choice_words, review_words
from bot.comments.views import Look, Surroundings
from bot.plain_text import visible
from records.task import Task, TaskState

type_of_worded = Callable[[str], str]

_SUMMARY = 12_000
_LOOKS = 30
_HEADLINE = 72
_TITLE = 120
_NO_DRAFTS = "no draft, since this repository's plan has none"
_BODY_LINES, _BODY_LINE = 20, 200
_TRAILER = re.compile(r"^\s*[A-Za-z][A-Za-z0-9-]*\s*:(?!//)")
_SKIPS = re.compile(r"skip-checks|\*\*\*NO_CI\*\*\*", re.IGNORECASE)


def pull_request_title(task: Task, worded: type_of_worded = str) -> str:
    """Return the agent's title for the change, or the issue's own; partial work is named so.

    `worded` gives it the way that the repository has with its titles.
    """
    return _title(task, _TITLE, worded)


def _title(task: Task, limit: int, worded: type_of_worded) -> str:
    match task.state:
        case TaskState.PARTIAL:
            mark = "Partial: "
        case TaskState.RUNNING | TaskState.SUCCEEDED:
            mark = "" if task.title.strip() else "Fix: "
        case _:
            mark = "Unfinished: "
    return plain(worded(f"{mark}{task.title.strip() or task.issue.title}"), limit)


def pull_request_body(task: Task, around: Surroundings) -> str:
    """Return the body."""
    partial = task.state is TaskState.PARTIAL
    clean = around.closes and bool(task.evidence and task.evidence.get("clean")) and not partial
    said = f"**In the agent's words, unchecked:**\n\n{quoted(task.summary, _SUMMARY)}"
    parts = [
        template_part(around.template),
        f"{'Closes' if clean and not _is_of_more(task) else 'Refs'} #{task.issue_number}",
        _why_partial(task) if partial else "",
        held_note(around.command, around.held) if around.held else "",
        said if task.summary else "",
        plan_as_left(task) if partial else "",
        evidence_part(
            evidence_table(task.evidence, task.base_sha or "")
            or "**No evidence.** There was no check that the bot could run."
        ),
        choice_words(around.choice, around.task_url),
        review_words(around.review),
        _looks((*around.looks, *packages_look(around.packages))),
        action_log(
            around.log,
            started_at=task.started_at or task.created_at,
            head=around.log_head,
            task_url=around.task_url,
        ),
        _footer(task, around),
    ]
    return fitted("\n\n".join(part for part in parts if part))


def _is_of_more(task: Task) -> bool:
    """Say whether what it refers to is more than what it does, so that a merge ends nothing."""
    return bool(task.brief.get("part") or task.brief.get("onto"))


def template_part(template: str) -> str:
    """Return the repository's template, in which nobody is called, above a line."""
    shown = visible(template).strip()
    return f"{without_references(shown)}\n\n---" if shown else ""


def _why_partial(task: Task) -> str:
    return f"⚠️ **Partial.** {what_happened(task)}"


def commit_message(task: Task, *, log_head: str, worded: type_of_worded = str) -> tuple[str, str]:
    """Return headline and body of the commit; the trailers are the bot's own and come last."""
    headline = _title(task, _HEADLINE, worded)
    paragraphs = [harmless_lines(task.summary)]
    paragraphs.append(
        f"Refs: #{task.issue_number}\n"
        f"Agent-Task: {task.id}\n"
        f"Agent-Log: sha256:{log_head}\n"
        f"{credit(task.requester, task.requester_id)}"
    )
    return headline, "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def credit(login: str, user_id: int) -> str:
    """Return the line of a commit message that names somebody as an author of it too."""
    name = re.sub(r"[^A-Za-z0-9_-]", "", login)
    return f"Co-authored-by: {name} <{user_id}+{name}@users.noreply.github.com>"


def harmless_lines(text: str) -> str:
    """Return what a commit message may quote: no trailers, no references, no words to CI."""
    lines = visible(text).strip().split("\n")
    kept = [
        plain(line, _BODY_LINE)
        for line in lines
        if not _TRAILER.match(line) and not _SKIPS.search(line)
    ]
    return "\n".join(kept[:_BODY_LINES]).strip()


def _looks(looks: tuple[Look, ...]) -> str:
    if not looks:
        return ""
    lines = [f"- {_where(look)}{words(look.why, 300)}" for look in looks[:_LOOKS]]
    if len(looks) > _LOOKS:
        lines.append(f"- … and {len(looks) - _LOOKS} more")
    return "⚠️ **Look here:**\n\n" + "\n".join(lines)


def _where(look: Look) -> str:
    return f"{code(look.path, 200)}: " if look.path else ""


def _footer(task: Task, around: Surroundings) -> str:
    progress = task.progress
    used = progress.input_tokens + progress.output_tokens
    since = task.started_at or task.created_at
    parts = [
        f"Asked for by {person(task.requester)} in #{task.issue_number}",
        f"task `{task.id}`",
        approved_by(task),
        words(around.model, 80),
        span((task.ended_at or around.now) - since),
        f"{count(used)} tokens",
        money(progress.cost_usd) if progress.cost_usd else "",
        "" if around.signed else "the commit is not signed by GitHub",
        _draft_words(around),
        f"[log]({around.task_url})" if around.task_url else "",
        "written by an agent, so please review it as you would a stranger's",
    ]
    return f"<sub>{' · '.join(part for part in parts if part)}</sub>"


def _draft_words(around: Surroundings) -> str:
    """Say why the pull request is or is not a draft, where that is not what is usual."""
    if around.draft:
        return "a draft all the same, since not all is done and clean" if around.ready else ""
    return "ready for review, since all is done and clean" if around.ready else _NO_DRAFTS
