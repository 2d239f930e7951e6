"""Says what has become of each thread of a round, and keeps it for those who read the log."""

from dataclasses import asdict, dataclass
from typing import Any

from bot.comments.rounds import APPLIED, FIXED, NOT_CHANGED, QUESTION, UNSAID
from jobs.rounds.answers import Answer, Verdict
from jobs.rounds.round import Round, RoundThread
from jobs.rounds.suggestions import Applied

ROUND_END = "round end"
"""The kind of the entry that holds what has become of a round."""


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

    @property
    def is_done(self) -> bool:
        """Say whether a commit does what the thread asks for."""
        return self.outcome in {APPLIED, FIXED}


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
        case Answer(Verdict.NOT_CHANGED, words):
            return _outcome(thread, NOT_CHANGED, words, "")
        case Answer(Verdict.QUESTION, words):
            return _outcome(thread, QUESTION, words, "")
        case _:
            return _outcome(thread, UNSAID, "", sha)


def _outcome(thread: RoundThread, outcome: str, said: str, sha: str) -> ThreadOutcome:
    return ThreadOutcome(thread.number, thread.where, thread.url, outcome, said, sha)


def entry(taken: Round, outcomes: tuple[ThreadOutcome, ...]) -> dict[str, Any]:
    """Return a round's end as the log keeps it."""
    done = sum(one.is_done for one in outcomes)
    return {
        "round": taken.number,
        "threads": [asdict(one) for one in outcomes],
        "strangers": taken.strangers,
        "answered": taken.answered,
        "title": f"answer round {taken.number} of the review",
        "result": f"{done} of {len(outcomes)} threads done",
    }
