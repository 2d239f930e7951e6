"""Makes room in the model's window: old tool results are left out, never the task or the plan."""

from jobs.agent import limits
from jobs.agent.conversation import Conversation, Step, left_out, tokens
from jobs.agent.task import Budget
from jobs.agent.tools import SUBMIT, UPDATE_PLAN


def is_tight(talk: Conversation, budget: Budget) -> bool:
    """Say whether the next request comes near the window."""
    return talk.context > limits.MASK_SHARE * budget.context_window


def to_leave_out(talk: Conversation, budget: Budget) -> list[int]:
    """Return the numbers of the old steps to leave out; none, if that would free too little."""
    window = budget.context_window
    keep = min(limits.MASK_KEEP_TOKENS, int(limits.MASK_KEEP_SHARE * window))
    least = min(limits.MASK_MIN_TOKENS, int(limits.MASK_MIN_SHARE * window))
    newest = 0
    old: list[Step] = []
    for step in reversed(talk.steps):
        newest += step.tokens
        if newest > keep and step.turn <= talk.turns - limits.MASK_KEEP_TURNS:
            old.append(step)
    return _worth_it(old, least)


def to_leave_out_at_once(talk: Conversation) -> list[int]:
    """Return what may go when the server has refused the history as too long."""
    newest = talk.steps[-1].turn if talk.steps else 0
    old = [step for step in talk.steps if step.turn < newest]
    return _worth_it(old, talk.context // 10)


def reply_room(talk: Conversation, budget: Budget) -> int:
    """Return how long the next reply may be.

    It is halved, not trimmed: a request that says another number each time begins differently.
    """
    wanted = budget.max_output * (2 if talk.cut_replies else 1)
    while wanted > max(_SHORTEST_REPLY, budget.context_window - talk.context):
        wanted //= 2
    return wanted


_SHORTEST_REPLY = 1024


def _worth_it(steps: list[Step], least: int) -> list[int]:
    going = [step for step in steps if not step.masked and _gain(step) > 0]
    freed = sum(_gain(step) for step in going)
    return sorted(step.number for step in going) if freed >= max(1, least) else []


def _gain(step: Step) -> int:
    if step.call.name in {UPDATE_PLAN, SUBMIT}:
        return 0
    return step.tokens - tokens(left_out(step))
