"""Watches over the work: what goes round in circles, what runs out, and the words for both."""

import re
from collections.abc import Callable, Sequence

from jobs.agent import limits
from jobs.agent.conversation import Conversation
from jobs.agent.hands import Status
from jobs.agent.steps import Print
from jobs.agent.task import AgentTask, Budget
from jobs.agent.untrusted import VOICE, quoted

_WRITTEN_CALL = re.compile(
    r"<tool_call>|<function[ =_]|<invoke |\[TOOL_CALLS\]|^```(?:bash|sh|shell)\s*$"
    r"|^\*\*\* Begin Patch\s*$"
    r'|"name"\s*:\s*"(?:bash|read|edit|write|apply_patch|explore|update_plan|submit)"',
    re.MULTILINE,
)


def repeats(prints: Sequence[Print]) -> int:
    """Return how often the newest step, error, or pair of steps came in an unbroken row."""
    if not prints:
        return 0
    last = prints[-1]
    same = _run(prints, lambda step: (step.call, step.result) == (last.call, last.result))
    error = _run(prints, lambda step: step.failed and step.result == last.result)
    return max(same, error if last.failed else 0, _pairs(prints))


def looks_like_a_call(text: str) -> bool:
    """Say whether a text holds a tool call that the server did not recognise as one."""
    return bool(_WRITTEN_CALL.search(text))


def suffix(
    talk: Conversation, step: Print, status: Status, task: AgentTask, budget: Budget, *, last: bool
) -> tuple[str, list[str]]:
    """Return what is to be said under the next tool result, and the notes to keep of it."""
    words: list[str] = []
    notes: list[str] = []
    if status != Status.SKIPPED and repeats([*talk.prints, step]) in _WARN_AT:
        words.append(
            f"{VOICE} The same again, with the same result. Repeating it will not help: look "
            "at it from another side, or submit what you have."
        )
    if status == Status.TIMEOUT and talk.streaks.timeouts + 1 == limits.TIMEOUTS_BEFORE_WARNING:
        words.append(
            f"{VOICE} {limits.TIMEOUTS_BEFORE_WARNING} commands in a row ran into their time "
            "limit. Run less at once, or in the background with its output in a file."
        )
    if last:
        for said, note in _of_the_turn(talk, step, task, budget):
            words.append(said)
            notes.append(note)
    return "".join(f"\n\n{word}" for word in words), notes


def budget_warning(talk: Conversation, budget: Budget) -> tuple[str, str] | None:
    """Return the words for a budget that is nearly used up, once; again if it has grown since."""
    low = [name for name, share in talk.shares(budget).items() if share >= limits.WARN_SHARE]
    note = f"budget:{budget.turns}:{budget.seconds:g}:{budget.tokens}:{budget.usd}"
    if not low or note in talk.notes:
        return None
    words = (
        f"{VOICE} {limits.WARN_SHARE:.0%} of the {' and '.join(low)} for this task is used. "
        "Finish the step you are at, check it, and submit; say in `unverified` what is left."
    )
    return words, note


def used_up(talk: Conversation, budget: Budget) -> str:
    """Return which budget has run out, or nothing."""
    return next((name for name, share in talk.shares(budget).items() if share >= 1.0), "")


def _of_the_turn(
    talk: Conversation, step: Print, task: AgentTask, budget: Budget
) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    if warning := budget_warning(talk, budget):
        said.append(warning)
    stale = talk.stale_turns_with(step)
    if (
        stale
        and stale % limits.STALE_TURNS == 0
        and (note := f"stale:{talk.turns}") not in talk.notes
    ):
        words = f"{VOICE} {stale} turns have brought nothing new. Decide, or submit what you have."
        said.append((words, note))
    if talk.turns % limits.REMINDER_TURNS == 0:
        said.append((_reminder(talk, task, budget), f"reminder:{talk.turns}"))
    return said


def _reminder(talk: Conversation, task: AgentTask, budget: Budget) -> str:
    title = " ".join(quoted(task.issue.title).text.split())[:100]
    shares = talk.shares(budget).items()
    used = ", ".join(f"{share:.0%} of the {name}" for name, share in shares if name != "turns")
    return (
        f'{VOICE} The task is still issue #{task.issue.number}, "{title}".\n'
        "Keep away from .git, CI workflows and unrelated files.\n"
        f"Turn {talk.turns} of {budget.turns}; used so far: {used}."
    )


_WARN_AT = range(limits.REPEATS_BEFORE_WARNING, limits.REPEATS_BEFORE_END, 2)


def _run(prints: Sequence[Print], alike: Callable[[Print], bool]) -> int:
    count = 0
    for step in reversed(prints):
        if not alike(step):
            break
        count += 1
    return count


def _pairs(prints: Sequence[Print]) -> int:
    """Return how often the last two steps, in this order, came in an unbroken row."""
    steps = list(prints)
    if len(steps) < 4 or steps[-1] == steps[-2]:  # noqa: PLR2004 - two pairs
        return 0
    count = 1
    while len(steps) >= 2 * count + 2 and steps[-2 * count - 2 : -2 * count or None] == steps[-2:]:
        count += 1
    return count
