"""The limits of a sandbox that were run into are said in words, each once."""

import pytest

from bot.comments import limit_sentence, limit_words
from bot.comments.limits_met import limits_met
from jobs.sandbox import Limit
from records.task import LimitMet


@pytest.mark.parametrize(
    ("hit", "words"),
    [
        (("memory", 2 << 30), "killed at 2 GB"),
        (("memory", 3 << 29), "killed at 1.5 GB"),
        (("processes", 256), "held up by the limit of 256 processes"),
        (("disk", 1 << 30, "/workspace"), "short of room: /workspace is full at 1 GB"),
        (("file", 256 << 20), "stopped by the limit of 256 MB for one file"),
        (("time", 120), "killed after 120 s"),
        (("output", 8 << 20), "killed after 8 MB of output"),
    ],
)
def test_each_limit_has_its_words(hit: tuple[str, int], words: str) -> None:
    assert limit_words(*hit) == words
    assert limit_sentence(*hit, tests=True) == f"the tests were {words}"
    assert limit_sentence(*hit, tests=False) == f"a command was {words}"


def test_no_limit_is_without_words() -> None:
    assert all(limit_words(each, 1) for each in Limit)


def test_they_stand_in_one_line() -> None:
    met = [LimitMet("the tests were killed at 2 GB", 3), LimitMet("a command was killed after 8 s")]
    assert limits_met(met) == (
        "⚠️ The tests were killed at 2 GB (3 times); a command was killed after 8 s."
    )
    assert limits_met([]) == ""
