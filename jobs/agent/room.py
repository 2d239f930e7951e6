"""Makes room in the model's window: what may be left out, and from where on a recap goes on."""

from jobs.agent import limits
from jobs.agent.conversation import Conversation
from jobs.agent.figures import size_of, tokens
from jobs.agent.steps import Step, left_out
from jobs.agent.task import Budget
from jobs.agent.tools import EXPLORE, SUBMIT, UPDATE_PLAN
from jobs.model.wire import Item


def is_tight(talk: Conversation, budget: Budget) -> bool:
    """Say whether the next request comes near the window, and would still fit."""
    window = budget.context_window
    return limits.MASK_SHARE * window < talk.context < window


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
    """Return what may go when the history is too long: of the newest turn only at last."""
    newest, least = talk.steps[-1].turn if talk.steps else 0, talk.context // 10
    old = [step for step in talk.steps if step.turn < newest]
    return _worth_it(old, least) or _worth_it(talk.steps[:-1], least)


def is_enough(talk: Conversation, budget: Budget, steps: list[int]) -> bool:
    """Say whether there is room again for a while once these steps are left out."""
    going = set(steps)
    freed = sum(_gain(step) for step in talk.steps if step.number in going)
    return talk.context - freed <= limits.RECAP_SHARE * budget.context_window


def recap_from(talk: Conversation, budget: Budget) -> int | None:
    """Return the first turn that a recap would leave whole; None, if it would free too little."""
    most = int(limits.RECAP_KEEP_SHARE * budget.context_window)
    newest = [turn for turn, _ in talk.starts[-limits.RECAP_KEEP_TURNS :]]
    sizes = {turn: size_of(talk.items[talk.index_of(turn) :]) for turn in newest}
    fitting = [turn for turn in newest if sizes[turn] <= most]
    first = fitting[0] if fitting else talk.turns + 1
    left = talk.first_input + limits.RECAP_TOKENS + sizes.get(first, 0)
    left += talk.pinned_bytes // limits.BYTES_PER_TOKEN + sum(map(tokens, talk.pinned))
    gains = left <= (1 - limits.RECAP_MIN_GAIN) * talk.context
    return first if gains and talk.recaps < limits.RECAPS else None


def newest_part(talk: Conversation, budget: Budget, share: float) -> list[Item]:
    """Return the history without its oldest turns, at most so much of what the window takes.

    Nothing is returned where not even the newest turn would fit.
    """
    room = budget.context_window - reply_room(talk, budget) - _RECAP_REQUEST_TOKENS
    most = int(share * min(talk.context, room)) - talk.first_input
    if share == 1 and talk.context <= room:
        return talk.items
    begins = [at for _, at in talk.starts]
    first = end = len(talk.items)
    taken = 0
    for at in reversed(begins):
        taken += size_of(talk.items[at:end])
        if taken > most:
            break
        first = end = at
    return [*talk.items[: begins[0]], *talk.items[first:]] if first < len(talk.items) else []


def reply_room(talk: Conversation, budget: Budget) -> int:
    """Return how long the next reply may be.

    It is halved, not trimmed: a request that says another number each time begins differently.
    """
    wanted = budget.max_output * (2 if talk.cut_replies else 1)
    while wanted > max(_SHORTEST_REPLY, budget.context_window - talk.context):
        wanted //= 2
    return wanted


_SHORTEST_REPLY = 1024
_RECAP_REQUEST_TOKENS = 256


def _worth_it(steps: list[Step], least: int) -> list[int]:
    going = [step for step in steps if not step.masked and _gain(step) > 0]
    freed = sum(_gain(step) for step in going)
    return sorted(step.number for step in going) if freed >= max(1, least) else []


def _gain(step: Step) -> int:
    if step.tool in {UPDATE_PLAN, SUBMIT, EXPLORE}:
        return 0
    return step.tokens - tokens(left_out(step))
