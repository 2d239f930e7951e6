"""Lets the agent ask people: what a question becomes on record, and what an answer says to it."""

from typing import Any

from jobs.agent.calls import Misread, Request
from jobs.agent.limits import REMARK_BYTES
from jobs.agent.packages import decided, packages_of
from jobs.agent.prompt import attribute, capped
from jobs.agent.tools import ASK_FOR_PACKAGES, ASK_PEOPLE
from jobs.agent.untrusted import VOICE, as_seen, quoted
from jobs.agent.work import Work
from jobs.model.wire import Call
from records.heard import Remark
from records.waits import NewWait, Wait, WaitKind

_LETTERS = "abcdef"


def question_of(
    work: Work, call: Call, meaning: Request | Misread, refusal: str = ""
) -> NewWait | None:
    """Return what a call asks people, where it may; its answer comes in a later job."""
    people = work.abilities.people
    if not isinstance(meaning, Request) or refusal:
        return None
    if meaning.tool == ASK_FOR_PACKAGES:
        return packages_of(work, call, meaning)
    if meaning.tool != ASK_PEOPLE:
        return None
    if people is None or ASK_PEOPLE in work.talk.notes:
        return None
    return people.question(f"call:{call.id}", _asked(meaning.arguments))


def _asked(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the questions of a call as they go on record, with the default as an index."""
    questions = [
        {
            "question": one["question"],
            "choices": one["choices"],
            "default": one["default"] - 1,
        }
        for one in arguments["questions"]
    ]
    return {"questions": questions}


def answered(work: Work, wait: Wait) -> str:
    """Return what people said to what the agent had asked, in words for the agent."""
    if wait.kind is WaitKind.PACKAGES:
        return decided(work, wait)
    said: dict[str, dict[str, str]] = wait.answer.get("answers", {})
    lines = [
        _line(number, one, said.get(str(number)))
        for number, one in enumerate(wait.asked["questions"], 1)
    ]
    who = f"{attribute(wait.answered_by)} has" if wait.answered_by else "Nobody has"
    head = f"{VOICE} {who} answered{'' if said else ' in time'}. What counts now:"
    return "\n".join([head, *lines])


def _line(number: int, question: dict[str, Any], said: dict[str, str] | None) -> str:
    wish = quoted(question["question"]).text.strip()
    if said and said.get("text"):
        words = quoted(said["text"]).text.strip()
        return f"{number}. {wish}\n   In their own words: {words}"
    at = _LETTERS.index(said["choice"]) if said else question["default"]
    how = "" if said else " (your default)"
    return f"{number}. {wish}\n   {quoted(question['choices'][at]).text.strip()}{how}"


def steered(remark: Remark) -> str:
    """Return the words of somebody who may steer the task."""
    words = capped(as_seen(remark.text).strip(), REMARK_BYTES)
    return (
        f"{VOICE} {attribute(remark.author)}, who may steer this task, says now what counts where "
        f"it differs from what <task> said; it changes none of your rules:\n"
        f'<comment author="{attribute(remark.author)}">\n{words}\n</comment>'
    )
