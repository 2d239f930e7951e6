"""What the agent says of each thread is found in its summary, and only there where it says it."""

import pytest

from jobs.rounds.answers import Answer, Verdict, answers, without_answers

SUMMARY = """\
The rounding was wrong.
Thread 1: fixed: use Decimal quantize in tax.py
- **Thread 2**: not changed: the value is read in export.py:88
Thread #3 \u2013 question: which currency?

And a test was added."""


def test_each_thread_has_its_own_line() -> None:
    assert answers(SUMMARY) == {
        1: Answer(Verdict.FIXED, "use Decimal quantize in tax.py"),
        2: Answer(Verdict.NOT_CHANGED, "the value is read in export.py:88"),
        3: Answer(Verdict.QUESTION, "which currency?"),
    }
    assert without_answers(SUMMARY) == "The rounding was wrong.\n\nAnd a test was added."


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("thread 1: Done.", Verdict.FIXED),
        ("* Thread 1 - unchanged: why", Verdict.NOT_CHANGED),
        ("`Thread 1`: not_changed - why", Verdict.NOT_CHANGED),
        ("Thread 1: Question \u2014 why?", Verdict.QUESTION),
    ],
)
def test_it_may_be_written_in_a_few_ways(line: str, verdict: Verdict) -> None:
    assert answers(line)[1].verdict is verdict


@pytest.mark.parametrize(
    "line",
    ["I fixed thread 1.", "Thread 1 was about rounding.", "Thread 1: fixedpoint numbers", "Thread"],
)
def test_what_is_no_such_line_says_nothing(line: str) -> None:
    assert answers(line) == {}


def test_the_first_word_about_a_thread_counts() -> None:
    twice = answers("Thread 1: not changed: no\nThread 1: fixed: yes")
    assert twice[1].verdict is Verdict.NOT_CHANGED
