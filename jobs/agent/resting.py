"""Takes up work that rested for people, and passes on what they say while it goes on."""

import time
from collections.abc import Iterable

from jobs.agent import endings
from jobs.agent.calls import Request
from jobs.agent.hands import Done, Status
from jobs.agent.order import Asked
from jobs.agent.people import answered, question_of, steered
from jobs.agent.prompt import heard
from jobs.agent.task import Ending
from jobs.agent.titles import title
from jobs.agent.turn import observe
from jobs.agent.work import Work
from records.heard import Remark
from records.waits import Wait

_SHOWN = 80
"""Characters of an answer that the log shows."""


def take_answers(work: Work, asked: Iterable[Asked]) -> Ending | bool:
    """Pass on what people said to what was asked, if they did; else the work rests or ends."""
    people = work.abilities.people
    if people is None:
        return False
    is_told = False
    for one in asked:
        wait = people.said(f"call:{one.call.id}")
        again = question_of(work, one.call, one.meaning) if not wait or wait.is_open else None
        if again:
            return endings.waiting(work.talk, again)
        if wait and wait.expired and wait.asked.get("at_deadline") == "stop":
            return endings.unanswered(work.talk)
        if wait:
            _answer(work, one, wait)
            is_told = True
    return is_told


def _answer(work: Work, asked: Asked, wait: Wait) -> None:
    name = title(asked.meaning) if isinstance(asked.meaning, Request) else asked.tool
    who = f"answered by {wait.answered_by}" if wait.answered_by else "nobody answered in time"
    who += _in_short(wait)
    done = Done(name, who, _IN_A_NEW_SANDBOX, Status.OK, pinned=f"\n\n{answered(work, wait)}")
    observe(work, asked, done, started_at=time.time(), last=False)


def _in_short(wait: Wait) -> str:
    """Return the answers for the log: the letters, and the beginning of other words."""
    given: dict[str, dict[str, str]] = wait.answer.get("answers", {})
    said = [
        f"{number}{one.get('choice', '')}"
        + (f" “{_begin(text)}”" if (text := one.get("text")) else "")
        for number, one in sorted(given.items())
    ]
    return f": {', '.join(said)}" if said else ""


def _begin(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


_IN_A_NEW_SANDBOX = (
    "The work rested, and goes on in a new sandbox. The repository is as you left it; everything "
    "outside of it, running processes too, is gone."
)


def tell(work: Work, remark: Remark, note: str) -> None:
    """Tell the agent what somebody wrote; a word that steers is acknowledged with its step."""
    step = work.talk.step_count + 1
    if not remark.steers:
        work.say(heard(remark), note, stays=True)
        return
    work.say(steered(remark), note, stays=True)
    if work.abilities.people:
        work.abilities.people.took(remark, step)
