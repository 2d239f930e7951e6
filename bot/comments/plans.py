"""A plan as people read it before they approve it, and the words around its approval."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.comments.answers import person
from bot.comments.neutral import code, quoted, words
from bot.comments.readable import moment, money, plural
from bot.plan_digests import SHOWN
from records.task import Task, TaskState

PLAN = "plan"
"""What the action log calls it."""
_PROSE, _LINE, _PATH = 2_000, 600, 200
_MISSING = 10


def plan_headline(task: Task, asked: Mapping[str, Any]) -> str:
    """Return what became of a plan, for the first line of its comment."""
    return f"{plan_title(asked)}, {'approved' if task.state is TaskState.SUCCEEDED else 'dropped'}"


def plan_title(asked: Mapping[str, Any]) -> str:
    """Name a plan."""
    return f"📋 Plan r{asked['revision']} `{short(asked)}`"


def short(asked: Mapping[str, Any]) -> str:
    """Return the digits by which people name a plan."""
    return str(asked["digest"])[:SHOWN]


def plan_words(asked: Mapping[str, Any]) -> str:
    """Return the plan itself; it is the agent's words, the places in it were looked up."""
    plan = asked["plan"]
    parts = [
        "**In the agent's words:**",
        _prose("What is wrong or wanted", plan["problem"]),
        _prose("Cause", plan["cause"]),
        _steps(plan["steps"]),
        _listed("Tests", plan["tests"]),
        _listed("Risks", plan["risks"]),
        _listed("Left out", plan["out_of_scope"]),
        _prose("Not sure", plan["unverified"]),
        _estimate(asked),
        _missing(plan["missing"]),
    ]
    return "\n\n".join(part for part in parts if part)


def plan_choices(
    asked: Mapping[str, Any], command: str, deadline: float | None, required_by: str = ""
) -> str:
    """Return what people can do with a plan that waits for them, with its boxes."""
    why = (
        f"The label {code(required_by, _PATH)} asks for a plan first here. " if required_by else ""
    )
    digest = short(asked)
    branch, sha = code(asked["base_branch"], _PATH), str(asked["base_sha"])[:7]
    until = f" It is dropped on {moment(deadline)} if nobody has decided." if deadline else ""
    return (
        f"- [ ] Approve plan `{digest}` <!-- do:approve {digest} -->\n"
        f"- [ ] Reject <!-- do:reject -->\n\n"
        f"{why}Tick a box, or comment `{command} approve {digest}`, `{command} revise …` with what "
        f"should be different, or `{command} reject`; all need write access. The plan holds for "
        f"{branch} at `{sha}` and for the issue's text as it is now; a change of either makes it "
        f"void.{until}"
    )


def _prose(name: str, text: str) -> str:
    return f"**{name}.**\n\n{quoted(text, _PROSE)}" if text else ""


def _steps(steps: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"{at}. {_step(step)}" for at, step in enumerate(steps, 1)]
    return "**Steps.**\n\n" + "\n".join(lines)


def _step(step: Mapping[str, Any]) -> str:
    shown = [
        code(file["path"], _PATH) + (" (new)" if file["new"] else "") for file in step["files"]
    ]
    if not shown:
        return words(step["do"], _LINE)
    return f"{words(step['do'].rstrip().rstrip('.:'), _LINE)}: {', '.join(shown)}"


def _listed(name: str, lines: Sequence[str]) -> str:
    shown = "\n".join(f"- {words(line, _LINE)}" for line in lines)
    return f"**{name}.**\n\n{shown}" if lines else ""


def _estimate(asked: Mapping[str, Any]) -> str:
    plan = asked["plan"]
    parts = [
        plural(plan["tool_calls"], "tool call") if plan["tool_calls"] else "",
        plural(plan["minutes"], "minute") if plan["minutes"] else "",
        f"about {money(asked['usd'])}" if asked["usd"] else "",
    ]
    said = ", ".join(part for part in parts if part)
    return f"**Estimate.** {said}." if said else ""


def _missing(missing: Sequence[str]) -> str:
    if not missing:
        return ""
    named = ", ".join(code(place, _PATH) for place in missing[:_MISSING])
    return f"⚠ The plan names what is not there: {named}."


def approved_by(task: Task) -> str:
    """Name the plan that a task carries out, and who approved it; nothing without one."""
    approved = task.brief.get("plan")
    return f"plan `{short(approved)}`, approved by {person(approved['by'])}" if approved else ""


def approved_words(digest: str, by: str) -> str:
    """Say that a plan was approved; what came of it has a comment of its own."""
    return f"Plan {digest} was approved by {by}. The fix that carries it out has its own comment."


def rejected_words(digest: str, by: str, reason: str) -> str:
    """Say that a plan was dropped, by whom and why."""
    return f"Plan {digest} was rejected by {by}{f': {reason}' if reason else '.'}"


def expired_words(digest: str) -> str:
    """Say that a plan was dropped because nobody decided."""
    return f"Nobody decided on plan {digest} in time, so it was dropped."


def revision_words(by: str) -> str:
    """Tell the agent who wants its plan to be another."""
    return f"{by or 'A maintainer'} has read the plan and wants it to be another one."


def no_plan_comment(command: str) -> str:
    """Say that there is no plan to decide on."""
    return f"There is no plan on this issue that waits for a word. `{command} plan` makes one."


def other_plan_comment(command: str, given: str, asked: Mapping[str, Any]) -> str:
    """Say that another plan is the newest one than the one that was named."""
    return (
        f"I did not start: {code(given, 80)} is not the plan that stands here; that is "
        f"`{short(asked)}` (r{asked['revision']}). Read it, and comment `{command} approve "
        f"{short(asked)}` if it is what you want."
    )


def decided_comment(asked: Mapping[str, Any], decision: str, by: str) -> str:
    """Say that somebody decided before."""
    done = {"approve": "approved", "reject": "rejected", "revise": "sent back for another"}
    who = person(by) if by else "the deadline"
    return f"Plan `{short(asked)}` was {done.get(decision, 'decided on')} by {who} already."


def moved_base_comment(command: str, asked: Mapping[str, Any], now: str) -> str:
    """Say that a plan is void because its base is another one now."""
    return (
        f"I did not start: plan `{short(asked)}` was made for {code(asked['base_branch'], _PATH)} "
        f"at `{str(asked['base_sha'])[:7]}`, which is at `{now[:7]}` now. Comment "
        f"`{command} revise …` (for instance: look at the new base) for a plan that fits."
    )


def changed_issue_comment(command: str, asked: Mapping[str, Any]) -> str:
    """Say that a plan is void because the issue says something else now."""
    return (
        f"I did not start: the issue's text has changed since plan `{short(asked)}` was made. "
        f"Comment `{command} revise …` for a plan that fits what it says now."
    )


def unread_base_comment(command: str, asked: Mapping[str, Any]) -> str:
    """Say that nobody could tell whether a plan still holds."""
    return (
        f"I could not look up where {code(asked['base_branch'], _PATH)} stands, so I cannot tell "
        f"whether plan `{short(asked)}` still holds, and did not start. Please comment `{command} "
        f"approve {short(asked)}` again in a few minutes."
    )


def plan_of_pull_request_comment(command: str) -> str:
    """Say that plans are for issues."""
    return (
        f"Plans are made for issues, and this is a pull request. Nothing was started. "
        f"`{command} review` reads it, `{command} ask …` answers a question about it."
    )
