"""Words every way in which the work can end, for the people who read the issue."""

from collections.abc import Sequence
from typing import Any

from jobs.agent import limits
from jobs.agent.conversation import Conversation
from jobs.agent.gate import PUT_BACK
from jobs.agent.task import (
    TESTS_NOT_AS_BEFORE,
    AgentTask,
    Budget,
    CheckRow,
    Ending,
    Outcome,
    Submission,
)
from jobs.model.wire import ModelError, ModelErrorKind
from records.waits import NewWait

QUIET = "quiet"
"""The cause of an ending for which the model never handed in."""
_DOUBTS, _DOUBT_CHARS = 3, 200
_ACCEPTED = {
    Outcome.RESOLVED: "The agent handed in a change that it says resolves the issue.",
    Outcome.PARTIAL: "The agent handed in what it has; not everything is done or checked.",
    Outcome.NOT_REPRODUCIBLE: "The agent could not make the problem happen here.",
    Outcome.NEEDS_INFORMATION: "The agent needs to know more before it can go on.",
    Outcome.NO_CHANGE_NEEDED: "The agent found that nothing has to change.",
}
_MODEL = {
    ModelErrorKind.RETRY: "The model's server did not answer properly for too long.",
    ModelErrorKind.OVERFLOW: "",
    ModelErrorKind.QUOTA: "The account at the model's provider has no credit left.",
    ModelErrorKind.CONFIG: "The model's server refused the request as it is set up.",
    ModelErrorKind.REFUSED: "The model's provider would not go on with this conversation.",
    ModelErrorKind.STOPPED: "",
}

_TOO_MANY_REQUESTS = 429
_BUSY = "The model's server takes no more requests for now."


def accepted(outcome: Outcome, submission: Submission, checks: Sequence[CheckRow]) -> Ending:
    """End with a submission that passed the gate, or came to its last round and says why not."""
    words = _ACCEPTED[outcome]
    if outcome is Outcome.PARTIAL and (why := _doubts(checks)):
        words = f"{words} The last look at it found: {why}."
    return Ending(outcome, submission, words)


def _doubts(checks: Sequence[CheckRow]) -> str:
    """Name what failed, the tests first that a change did away with."""
    wrong = [row for row in checks if row.passed is False]
    # They fail nothing by themselves, and are why the rest is not believed.
    touched = [row for row in checks if wrong and row.check == TESTS_NOT_AS_BEFORE]
    return "; ".join(map(_doubt, [*touched, *wrong][:_DOUBTS]))


def _doubt(row: CheckRow) -> str:
    detail = row.detail.removesuffix(f" {PUT_BACK}").strip().partition("\n")[0].rstrip(".:")
    named = f"{row.check}: {detail}" if detail else row.check
    return named if len(named) <= _DOUBT_CHARS else f"{named[:_DOUBT_CHARS]}…"


def handed_in(content: dict[str, Any]) -> Ending:
    """End a run that ends with words."""
    return Ending(Outcome.RESOLVED, None, "The agent handed in what it was asked for.",
                  handed_in=content)  # fmt: skip


def waiting(talk: Conversation, wait: NewWait) -> Ending:
    """Rest until people have answered."""
    words = "The work rests until people have answered."
    return Ending(Outcome.WAITING, talk.submission, words, wait.kind.value, wait=wait)


def unanswered(talk: Conversation) -> Ending:
    """End because nobody answered what the work cannot go on without."""
    words = "Nobody answered what the agent had asked, and without an answer it was to end."
    return Ending(Outcome.NEEDS_INFORMATION, talk.submission, words)


def stopped(talk: Conversation) -> Ending:
    """End because somebody asked for it."""
    return Ending(Outcome.STOPPED, talk.submission, "Somebody asked to stop.")


def sandbox_lost(talk: Conversation, error: Exception) -> Ending:
    """End because there is nothing left to work in."""
    return Ending(Outcome.SANDBOX_LOST, talk.submission, "The sandbox was lost.", str(error))


def used_up(talk: Conversation, budget: Budget, which: str) -> Ending:
    """End because a budget has run out."""
    words = {
        "turns": f"The limit of {budget.turns} turns was reached.",
        "time": f"The limit of {budget.seconds / 60:g} minutes was reached.",
        "tokens": f"The limit of {budget.tokens:,} tokens was reached." if budget.tokens else "",
        "money": f"The limit of ${budget.usd:.2f} was reached." if budget.usd else "",
        "context": "The work no longer fits into the model's context window of "
        f"{budget.context_window:,} tokens.",
    }
    return Ending(Outcome.BUDGET, talk.submission, words[which], which)


def day_spent(talk: Conversation, pause: NewWait) -> Ending:
    """End because the repository has used up what it may in 24 hours."""
    words = f"The ${pause.asked['usd']:.2f} that this repository may use in 24 hours are used up."
    return Ending(Outcome.BUDGET, talk.submission, words, "day")


def model_failed(talk: Conversation, budget: Budget, error: ModelError) -> Ending:
    """End because the model's side gave up; what its server said, people are told."""
    match error.kind:
        case ModelErrorKind.STOPPED:
            return stopped(talk)
        case ModelErrorKind.OVERFLOW:
            return used_up(talk, budget, "context")
        case ModelErrorKind.CONFIG | ModelErrorKind.RETRY:
            busy = error.status == _TOO_MANY_REQUESTS
            words = f"{_BUSY if busy else _MODEL[error.kind]} {error.message}"
            return Ending(Outcome.MODEL_ERROR, talk.submission, words, error.kind.value)
        case kind:
            return Ending(Outcome.MODEL_ERROR, talk.submission, _MODEL[kind], kind.value)


def cut_short(talk: Conversation, budget: Budget) -> Ending:
    """End because the model cannot see what it was told; what it does now is guesswork."""
    words = (
        "The context window of the model's server is smaller than configured: of about "
        f"{talk.window.told:,} tokens it read {talk.window.read:,}. Its window has to grow, or "
        f"PATCHBAY_MODEL_CONTEXT_WINDOW, which is {budget.context_window}, has to shrink."
    )
    return Ending(Outcome.MODEL_ERROR, talk.submission, words, "window")


def gone_quiet(talk: Conversation, task: AgentTask, text: str) -> Ending:
    """End because the model only talks any more: what there is counts as handed in."""
    submission = Submission(
        outcome=Outcome.PARTIAL,
        summary=text[: limits.SUMMARY_CHARS],
        title=task.issue.title[: limits.TITLE_CHARS],
        unverified="The model stopped without handing in; its last words are the summary.",
        round=talk.rounds + 1,
    )
    words = "The agent stopped without handing in its work."
    if not talk.step_count:
        words = "The model never called a tool; its server may need its tool-call parser set up."
    return Ending(Outcome.PARTIAL, submission, words, QUIET)


def no_use(talk: Conversation, trouble: str) -> Ending:
    """End because the model gives nothing that can be worked with."""
    words = {
        "misread": f"{limits.FORMAT_ERRORS} turns in a row held no tool call that could be read; "
        "the model's server may need its tool-call parser set up.",
        "empty": "The model kept giving empty replies.",
        "idle": "The model kept giving replies without a tool call.",
        "refused": "The model would not go on with this task.",
    }
    return Ending(Outcome.MODEL_ERROR, talk.submission, words[trouble], trouble)


def in_circles(talk: Conversation, trouble: str) -> Ending:
    """End because the same happens over and over."""
    words = {
        "repeats": f"The agent did the same {limits.REPEATS_BEFORE_END} times over with the same "
        "result.",
        "stale": f"{3 * limits.STALE_TURNS} turns in a row brought nothing new.",
        "timeouts": f"{limits.TIMEOUTS_BEFORE_END} commands in a row ran into their time limit.",
    }
    return Ending(Outcome.LOOP, talk.submission, words[trouble], trouble)
