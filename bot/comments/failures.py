"""The closed list of what can keep a task from what was asked, and what to do next.

With something to show for it such a task is `partial`, without anything it has failed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Failure(StrEnum):
    """What kept a task from what was asked; stands in the records as its reason."""

    ADDRESSED = "addressed"
    SETUP_FAILED = "setup_failed"
    MODEL_UNAVAILABLE = "model_unavailable"
    BUDGET = "budget"
    NO_CHANGE = "no_change"
    QUIET = "quiet"
    TESTS_STILL_FAIL = "tests_still_fail"
    POLICY_BLOCKED = "policy_blocked"
    PUSH_REJECTED = "push_rejected"
    PERMISSION_LOST = "permission_lost"
    LOOP = "loop"
    SANDBOX_LOST = "sandbox_lost"
    WORKER_LOST = "worker_lost"
    STOPPED = "stopped"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Words:
    """A class of failure for people: its name, what it means, what to do next."""

    name: str
    meaning: str
    next: str


_AGAIN = "To try again, comment `{command} fix`"

WORDS = {
    Failure.ADDRESSED: Words(
        "there is a pull request for it already",
        "An open pull request addresses the issue, and one for one thing is enough.",
        "To go on there, write a review on it. To have a new one all the same, comment "
        "`{command} fix --new …`.",
    ),
    Failure.SETUP_FAILED: Words(
        "the work could not be set up",
        "The repository could not be brought into a sandbox.",
        "Whoever runs this bot finds the cause in its log. " + _AGAIN + " afterwards.",
    ),
    Failure.MODEL_UNAVAILABLE: Words(
        "the model did not answer",
        "The model's server refused, failed or could not be reached, several times.",
        "Whoever runs this bot should look at its key, its quota and its address. "
        + _AGAIN
        + " later.",
    ),
    Failure.BUDGET: Words(
        "a limit was reached",
        "The task used up its turns, its tokens, its time or its money before it was done.",
        _AGAIN + " with a smaller part of the work, or say where to look.",
    ),
    Failure.NO_CHANGE: Words(
        "no change was handed in",
        "The agent handed in no change, so there is nothing to open a pull request with.",
        "Look at the action log below. " + _AGAIN + " and say what should be different afterwards.",
    ),
    Failure.QUIET: Words(
        "the agent fell silent",
        "The model only talked any more, and called no tool to go on or to hand in.",
        _AGAIN + ". If it happens again, another model may do better.",
    ),
    Failure.TESTS_STILL_FAIL: Words(
        "the tests fail",
        "The change did not pass the checks that the bot runs itself.",
        "Look at the evidence and the action log below. " + _AGAIN + " with a hint.",
    ),
    Failure.POLICY_BLOCKED: Words(
        "the change is not allowed",
        "The change touches something that this bot must not change by itself.",
        "Make that part of the change by hand, or narrow the task: `{command} fix …`.",
    ),
    Failure.PUSH_REJECTED: Words(
        "GitHub did not take the change",
        "The branch or the pull request could not be made.",
        "Look at the rules for branches and at the permissions of the App. "
        + _AGAIN
        + " afterwards.",
    ),
    Failure.PERMISSION_LOST: Words(
        "the requester may no longer ask for it",
        "The person who asked lost write access before the work was handed in.",
        "Somebody with write access can comment `{command} fix`.",
    ),
    Failure.LOOP: Words(
        "the agent went in circles",
        "The agent repeated itself without getting further.",
        _AGAIN + " and say where to look or how to begin.",
    ),
    Failure.SANDBOX_LOST: Words(
        "the sandbox was lost",
        "The container in which the work was done ended by itself, more than once.",
        _AGAIN + ". If it happens again, the task may need more memory than a sandbox has.",
    ),
    Failure.WORKER_LOST: Words(
        "nobody goes on with it",
        "The worker that had the task is gone, and for over a minute no other took it over.",
        "Whoever runs this bot should look whether its workers run. " + _AGAIN + " then.",
    ),
    Failure.STOPPED: Words(
        "stopped",
        "Somebody stopped the task.",
        "To start anew, comment `{command} fix`.",
    ),
    Failure.INTERNAL: Words(
        "something went wrong inside",
        "The bot failed in a way that it has no words for.",
        "Whoever runs this bot finds the cause in its log. " + _AGAIN + ".",
    ),
}


def failure_words(reason: str) -> Words:
    """Return the words for a task's reason; an unknown one is an inner failure."""
    known = Failure(reason) if reason in set(Failure) else Failure.INTERNAL
    return WORDS[known]
