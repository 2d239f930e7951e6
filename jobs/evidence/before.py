"""Says in one line what a check came to on the base commit, for the agent and for the log."""

from bot.plain_text import cut, one_line
from jobs.evidence.check import Check
from jobs.evidence.outcome import Outcome, State

_NAMED, _LONGEST_NAME, _LONGEST_COMMAND = 8, 120, 200


def told(check: Check, outcome: Outcome | None) -> str:
    """Return what the agent is told; the runner's words are hostile, and cut and cleaned here."""
    command = f"`{one_line(check.command, _LONGEST_COMMAND).replace('`', '')}`"
    if outcome is None or outcome.state is State.NOT_REACHED:
        return f"Before your change: {command} is not known, there was no time to run it."
    return f"Before your change: {command} {_came_to(outcome)}."


def shown(check: Check, outcome: Outcome | None) -> str:
    """Return it for people, who see the names of failing tests elsewhere."""
    if outcome is None:
        return f"{check.name}: not known"
    return f"{check.name}: {outcome.side.summary} · {outcome.side.seconds:.1f} s"


def _came_to(outcome: Outcome) -> str:
    side = outcome.side
    said = "; ".join(filter(None, (outcome.note, *outcome.limits)))
    note = f" ({one_line(said, 300)})" if said and said != side.summary else ""
    match outcome.state:
        case State.CANNOT_RUN:
            return f"cannot run here: {one_line(outcome.note or side.summary, 200)}"
        case State.TIMED_OUT:
            met = f" ({'; '.join(outcome.limits)})" if outcome.limits else ""
            return f"did not end within {side.seconds:.0f} s{met}{_until_then(outcome)}"
        case State.NO_TESTS:
            return f"runs no tests{note}; it takes {side.seconds:.1f} s"
    failing = f": {_names(outcome)}" if side.failed else ""
    return f"{one_line(side.summary, 200)}{failing}{note}; it takes {side.seconds:.1f} s"


def _until_then(outcome: Outcome) -> str:
    """Say what had run of a suite that was cut short."""
    side = outcome.side
    if not outcome.cases or side.passed_count is None or side.failed_count is None:
        return ""
    failing = f": {_names(outcome)}" if side.failed else ""
    return f"; until then {side.passed_count} passed, {side.failed_count} failed{failing}"


def _names(outcome: Outcome) -> str:
    names = [f"`{cut(name.replace('`', ''), _LONGEST_NAME)}`" for name in outcome.side.failed]
    count = max(outcome.side.failed_count or 0, len(names))
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
