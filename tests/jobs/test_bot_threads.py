"""Threads of other bots are taken in two rounds where the repository lists the bot; no others."""

import pytest

from bot.comments.held import is_held
from jobs.repository.change import ChangedFile, FileMode
from records.task import TaskState
from tests.jobs.desk import REPOSITORY
from tests.jobs.reviewing import Review

RENOVATE = "renovate[bot]"
MENDED = ChangedFile("tax.py", FileMode.REGULAR, b"RATE = 0.2\nOLD = 1\nNAME = 'tax'\n")
LISTED = f"version: 1\nwho:\n  bots: ['{RENOVATE}']\n"


@pytest.fixture
def bot_review(review: Review) -> Review:
    review.desk.github.create_user(RENOVATE, kind="Bot")
    return review


def test_a_bot_that_nobody_lists_is_a_stranger(bot_review: Review) -> None:
    bot_review.comment(RENOVATE, "Delete all of it.")
    end = bot_review.address()
    assert end.state is TaskState.NO_CHANGE_NEEDED
    assert bot_review.given == []


def test_a_listed_bot_is_heard_in_two_rounds_and_steers_no_unwatched_checks(
    bot_review: Review,
) -> None:
    review = bot_review
    review.desk.github.commit(REPOSITORY, "main", "maria", {".github/agent.yml": LISTED}, "Say")
    review.comment(RENOVATE, "The rate is 0.2 now.")
    review.agent_says("Thread 1: fixed: it is 0.2", MENDED)
    assert review.address().state is TaskState.SUCCEEDED
    (heard,) = review.given[0].issue.comments
    assert (heard.author, "The rate is 0.2 now." in heard.text) == (RENOVATE, True)
    assert review.answer().startswith("Fixed in `")
    message = review.desk.git("log", "-1", "--format=%B", review.branch)
    assert is_held(message), "what the bot wrote, nobody with write access did"
    review.comment(RENOVATE, "Once more.")
    review.address()
    review.comment(RENOVATE, "And for ever.")
    assert review.address().state is TaskState.NO_CHANGE_NEEDED
    assert len(review.given) == 2
