"""Puts the calls of one reply in order, and says which of them are not carried out."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.agent import limits
from jobs.agent.calls import Misread, Request
from jobs.agent.tools import ASK_FOR_PACKAGES, ASK_PEOPLE, EXPLORE, SUBMIT, UPDATE_PLAN
from jobs.model.wire import Call

_RESTING = (ASK_PEOPLE, ASK_FOR_PACKAGES)
"""What the work rests with until people have said something to it."""


@dataclass(frozen=True)
class Asked:
    """A call and what it was understood to ask for."""

    call: Call
    meaning: Request | Misread

    @property
    def tool(self) -> str:
        """The tool's name, ours where the call could be understood."""
        return self.meaning.tool if isinstance(self.meaning, Request) else self.meaning.name


@dataclass(frozen=True)
class Planned:
    """A call in the order of execution; with a reason, it is answered but not carried out."""

    asked: Asked
    refusal: str = ""

    @property
    def question(self) -> str:
        """What a helper is asked, if it is a helper that is asked."""
        meaning = self.asked.meaning
        if isinstance(meaning, Misread) or meaning.tool != EXPLORE or self.refusal:
            return ""
        return str(meaning.arguments["question"])


def plan(asked: Sequence[Asked]) -> tuple[Planned, ...]:
    """Put calls in the order in which they are answered: submit is last, and wants to be alone.

    A question to people comes after everything else, since the work rests with it. A second call
    with the id of the first cannot be answered: the history has room for one answer to an id.
    """
    by_id: dict[str, Asked] = {}
    for one in asked:
        by_id.setdefault(one.call.id, one)
    unique = list(by_id.values())
    first, rest = unique[: limits.CALLS_PER_TURN], unique[limits.CALLS_PER_TURN :]
    submits = [one for one in first if one.tool == SUBMIT]
    questions = [one for one in first if one.tool in _RESTING]
    others = [one for one in first if one.tool not in {SUBMIT, *_RESTING}]
    alone = not questions and all(one.tool == UPDATE_PLAN for one in others)
    helped = [one.call.id for one in others if one.tool == EXPLORE][limits.EXPLORE_PER_TURN :]
    planned = [Planned(one, _HELPERS if one.call.id in helped else "") for one in others]
    planned += [Planned(one, _TOO_MANY) for one in rest]
    if alone:
        planned += [Planned(one, _TWICE if at else "") for at, one in enumerate(submits)]
    else:
        planned += [Planned(one, _NOT_ALONE) for one in submits]
    planned += [Planned(one, _asked_twice(one, questions[0])) for one in questions[1:]]
    return (*planned, *(Planned(one) for one in questions[:1]))


def _asked_twice(one: Asked, first: Asked) -> str:
    if one.tool != first.tool:
        return _ONE_AT_A_TIME
    return _PACKAGES_TWICE if one.tool == ASK_FOR_PACKAGES else _ASKED_TWICE


_TOO_MANY = f"Not executed: a turn may have {limits.CALLS_PER_TURN} calls. Ask again if needed."
_HELPERS = (
    f"Not executed: there are {limits.EXPLORE_PER_TURN} helpers in a turn. Ask again in the next."
)
_ASKED_TWICE = "Not executed: put all questions into one call."
_PACKAGES_TWICE = "Not executed: put all packages into one call."
_ONE_AT_A_TIME = "Not executed: the work rests with the other request. Ask again afterwards."
ENOUGH_PACKAGES = "Not executed: people were asked for packages often enough. Go on without."
ASKED_ALREADY = "Not executed: people were asked once already. Decide the rest yourself."
_TWICE = "Not executed: the first submit of this turn counts."
_NOT_ALONE = (
    "Not executed: other calls of this turn ran first. Look at their results, then call submit "
    "alone."
)
