"""Carries out `plan`: makes a plan, waits until people have decided, and makes it anew if asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.comments.plans import (
    PLAN,
    approved_words,
    expired_words,
    rejected_words,
    revision_words,
)
from bot.plan_digests import SHOWN, issue_digest, plan_digest
from bot.rendered import rendered
from bot.waiting_plan import Decision
from jobs.agent.closing import Again, Closing
from jobs.agent.prompt import issue_block
from jobs.agent.task import IssueText
from jobs.agent.titles import code
from jobs.agent.untrusted import VOICE, escape
from jobs.checkout import Base, fetch_base
from jobs.ending import TaskEnd, end_of
from jobs.job import Job
from jobs.patience import patiently
from jobs.plans.approved import plan_text
from jobs.plans.handed import ALIASES, DEFAULTS, SYSTEM, TOOL, Check, tidied
from jobs.reading.citations import Places
from jobs.reading.result import keep_result
from jobs.reading.run import Errand, read
from jobs.solution import Solution
from records.task import TaskState
from records.waits import NewWait, Wait, WaitKind

FRESH = "fresh base"
"""The kind of the entry that holds the commit that a plan is made anew for."""
_WISH = "Make a plan for issue #{number}. Nothing is to be changed yet."


@dataclass(frozen=True)
class Issue:
    """The text of the issue that a plan is for."""

    title: str
    body: str

    @property
    def digest(self) -> str:
        """What stands for it."""
        return issue_digest(self.title, self.body)


def plan(job: Job, base: Base) -> TaskEnd | NewWait:
    """Make the plan, or go on as people have decided; else return what it waits for."""
    said = [
        wait for wait in job.services.tasks.waits.all(job.task.id) if wait.kind is WaitKind.PLAN
    ]
    newest = said[-1] if said else None
    if newest is None:
        return _made(job, base, said)
    if newest.is_open:
        return NewWait(newest.key, WaitKind.PLAN, newest.asked)
    if newest.expired:
        return TaskEnd(TaskState.STOPPED, "", expired_words(_shown(newest)))
    by = newest.answered_by
    match Decision(newest.answer["decision"]):
        case Decision.APPROVE:
            return TaskEnd(TaskState.SUCCEEDED, "", approved_words(_shown(newest), by))
        case Decision.REJECT:
            words = rejected_words(_shown(newest), by, newest.answer.get("words", ""))
            return TaskEnd(TaskState.STOPPED, "", words)
        case Decision.REVISE:
            fresh = patiently(job, lambda: _fresh(job, newest), until=job.watch.halted)
            return _made(job, fresh, said)


def _shown(wait: Wait) -> str:
    return str(wait.asked["digest"])[:SHOWN]


def _fresh(job: Job, revised: Wait) -> Base:
    """Return the head of the base as it was when a plan was first made anew, for that.

    A job that follows goes on with a plan that names its lines.
    """
    known = [content for kind, content in job.log.entries() if kind == FRESH]
    known = [one for one in known if one["revises"] == revised.number]
    at: dict[str, Any] = {"base_sha": None, "base_branch": None}
    if known:
        at = {"base_sha": known[-1]["sha"], "base_branch": known[-1]["branch"]}
    here = fetch_base(job.services, replace(job.task, **at))
    if not known:
        where = {"revises": revised.number, "sha": here.sha, "branch": here.branch}
        job.log.keep(FRESH, {**where, "title": f"fetch `{here.branch}`", "result": here.sha[:12]})
    job.services.tasks.write(job.lease, base_sha=here.sha, base_branch=here.branch)
    return here


def _made(job: Job, base: Base, said: Sequence[Wait]) -> TaskEnd | NewWait:
    """Let the agent plan, and say what people are to decide."""
    issue = _issue(job, said)
    places = Places(base.mirror.at(base.sha))
    check = Check(places, frozenset(base.mirror.at(base.sha).paths()))
    again = tuple(_again(wait, base, issue, job.task.issue_number) for wait in said)
    closing = Closing(SYSTEM, TOOL, check, aliases=ALIASES, defaults=DEFAULTS, again=again)
    ending = read(job, base, Errand(closing, _WISH.format(number=job.task.issue_number)))
    if ending.handed_in is None:
        return end_of(Solution(ending))
    made = tidied(ending.handed_in)
    if not made["steps"]:
        return TaskEnd(TaskState.NEEDS_INFORMATION, "", made["unverified"] or made["problem"])
    missing = check.missing(ending.handed_in)
    return _asked(job, base, issue, said, {**made, "missing": missing})


def _asked(
    job: Job, base: Base, issue: Issue, said: Sequence[Wait], made: dict[str, Any]
) -> NewWait:
    revision = len(said) + 1
    clean = job.services.redactor.clean_value(made)
    digest = plan_digest(clean, base.sha, issue.digest)
    asked = {
        "digest": digest,
        "revision": revision,
        "base_sha": base.sha,
        "base_branch": base.branch,
        "issue": issue.digest,
        "plan": clean,
        "usd": _estimated_usd(job, clean),
    }
    hours = job.services.settings.plan_hours
    title = f"plan r{revision} `{digest[:SHOWN]}`{_wished(said)}"
    keep_result(job, PLAN, asked, title=title, text=plan_text(clean))
    key = f"plan:{revision}:{digest[:SHOWN]}"
    return NewWait(key, WaitKind.PLAN, asked, hours * 3600)


def _wished(said: Sequence[Wait]) -> str:
    """Say who wanted the plan made anew, and in which words; nothing of a first one."""
    if not said:
        return ""
    return f" for {said[-1].answered_by}: {code(str(said[-1].answer.get('words', '')))}"


def _estimated_usd(job: Job, made: dict[str, Any]) -> float:
    """Guess what the work will cost from what a step of the planning did; 0 without prices."""
    progress = job.services.tasks.get(job.task.id).progress
    if not progress.cost_usd or not progress.steps:
        return 0.0
    return float(progress.cost_usd / progress.steps * made["tool_calls"])


def _issue(job: Job, said: Sequence[Wait]) -> Issue:
    """Return the issue as whoever asked for the newest plan saw it."""
    seen = [wait.answer["issue"] for wait in said if "issue" in wait.answer]
    if seen:
        return Issue(seen[-1]["title"], seen[-1]["body"])
    return Issue(job.task.issue.title, job.task.issue.body)


def _again(wait: Wait, base: Base, issue: Issue, number: int) -> Again:
    where = f"The sandbox is new, with {base.branch} at {base.sha}."
    parts = [
        f"{VOICE} {revision_words(wait.answered_by)} {where}",
        f"<task>\n{escape(wait.answer.get('words', ''))}\n</task>",
    ]
    if issue.digest != wait.asked["issue"]:
        parts.append("The issue now says:")
        parts.append(issue_block(IssueText(number, issue.title, rendered(issue.body).text)))
    parts.append("Look again where that changes something, and submit the whole plan anew.")
    return Again(f"revise:{wait.number}", "\n\n".join(parts))
