"""Says what has become of each thread of a round."""

from dataclasses import asdict, dataclass
from typing import Any

from bot.comments.rounds import APPLIED, FIXED, NOT_CHANGED, NOT_PUSHED, QUESTION, UNSAID
from jobs.rounds.answers import Answer, Verdict
from jobs.rounds.round import Round, RoundThread
from jobs.rounds.suggestions import Applied


@dataclass(frozen=True)
class ThreadOutcome:
    """What has become of one thread."""

    number: int
    where: str
    url: str
    outcome: str
    """As in `bot.comments.rounds`."""
    said: str = ""
    """The agent's words, unchecked."""
    sha: str = ""
    """The commit that it was done in."""


def of_suggestions(applied: tuple[Applied, ...], sha: str) -> tuple[ThreadOutcome, ...]:
    """Return what has become of the threads whose suggestions were carried out."""
    return tuple(_outcome(one.thread, APPLIED, "", sha) for one in applied)


def of_answers(
    threads: tuple[RoundThread, ...], said: dict[int, Answer], sha: str
) -> tuple[ThreadOutcome, ...]:
    """Return what has become of the agent's threads; without a commit, nothing is fixed."""
    return tuple(_of_answer(thread, said.get(thread.number), sha) for thread in threads)


def _of_answer(thread: RoundThread, answer: Answer | None, sha: str) -> ThreadOutcome:
    match answer:
        case Answer(Verdict.FIXED, words) if sha:
            return _outcome(thread, FIXED, words, sha)
        case Answer(Verdict.FIXED, words):
            return _outcome(thread, NOT_PUSHED, words, "")
        case Answer(Verdict.NOT_CHANGED, words):
            return _outcome(thread, NOT_CHANGED, words, "")
        case Answer(Verdict.QUESTION, words):
            return _outcome(thread, QUESTION, words, "")
        case _:
            return _outcome(thread, UNSAID, "", sha)


def _outcome(thread: RoundThread, outcome: str, said: str, sha: str) -> ThreadOutcome:
    return ThreadOutcome(thread.number, thread.where, thread.url, outcome, said, sha)


def content(taken: Round, outcomes: tuple[ThreadOutcome, ...]) -> dict[str, Any]:
    """Return what has become of a round, as the log keeps it."""
    return {
        "round": taken.number,
        "threads": [asdict(one) for one in outcomes],
        "strangers": taken.strangers,
        "answered": taken.answered,
    }
