"""What a pull request says of a reviewer and of a choice: theirs are a model's words."""

from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.comments.selection import choice_words, newest_judgement, review_words
from records.actions import Action

VERDICT: dict[str, Any] = {"revise": False, "defects": [], "requirements": []}
DEFECT = {"why": "None breaks it", "file": "tax.py", "line": 3, "severity": "major"}
HOSTILE = "@acme/all closes #1 <img src=x> | a\n# Title\n[x](https://evil.example)"
ONE: dict[str, Any] = {
    "attempt": 1, "outcome": "model_error", "new_failures": None, "foreign": None, "cluster": 1,
    "added": 0, "removed": 0, "why": "it failed",
}  # fmt: skip
TWO: dict[str, Any] = {
    "attempt": 2, "outcome": "resolved", "new_failures": 0, "foreign": [2, 3], "cluster": 2,
    "added": 4, "removed": 1, "why": "chosen",
}  # fmt: skip
CHOICE: dict[str, Any] = {
    "chosen": 2,
    "why": "it breaks the fewest tests",
    "candidates": [ONE, TWO],
}


def review(**verdict: Any) -> dict[str, Any]:
    return {"verdict": {**VERDICT, **verdict}, "result": "accept"}


def entry(kind: str, number: int, **content: Any) -> Action:
    return Action("k3f9", number, kind, 0.0, content, "", "")


def test_without_either_nothing_is_said() -> None:
    assert review_words({}) == choice_words({}, "") == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (review(), "would accept it."),
        (review(defects=[DEFECT]), "would accept it, with remarks:"),
        (review(revise=True, defects=[DEFECT]), "has not seen what it made of it"),
        ({"verdict": None, "result": "no review: no credit left"}, "No second opinion"),
    ],
)
def test_a_review_is_said_to_be_a_models(given: dict[str, Any], said: str) -> None:
    words = review_words(given)
    assert said in words
    assert ("`tax.py:3`: None breaks it (major)" in words) == bool(
        given["verdict"] and given["verdict"]["defects"]
    )


def test_long_reviews_are_cut() -> None:
    assert "and 4 more" in review_words(review(defects=[DEFECT] * 12))


def test_a_choice_says_why_and_what_the_others_came_to() -> None:
    words = choice_words(CHOICE, "https://bot.example/tasks/k3f9")
    assert "**Attempt 2 of 2 was chosen:** it breaks the fewest tests." in words
    assert "| 1 | model error | - | - | - | +0 -0 | it failed |" in words
    assert "| **2** | resolved | 0 | 2 of 3 | 2 attempts | +4 -1 | ✅ chosen |" in words
    assert "[The task's page](https://bot.example/tasks/k3f9)" in words


def test_hostile_words_stay_words() -> None:
    said = review_words(review(defects=[{**DEFECT, "why": HOSTILE, "file": HOSTILE}]))
    chosen = choice_words({**CHOICE, "candidates": [{**ONE, "why": HOSTILE}, TWO]}, "")
    for text in (said, chosen):
        shown = MarkdownIt("commonmark").enable("table").render(text)
        assert "<img" not in shown
        assert "<h1" not in shown
        assert "<a " not in shown
    assert chosen.count("\n| ") == 3


def test_the_review_of_the_chosen_attempt_is_the_one_that_is_told() -> None:
    actions = [
        entry("review", 1, attempt=2, result="first"),
        entry("review", 2, attempt=2, result="second"),
        entry("review", 3, attempt=1, result="another's"),
        entry("choice", 4, chosen=2),
    ]
    told, choice = newest_judgement(actions)
    assert (told["result"], choice["chosen"]) == ("second", 2)
    alone = [entry("event", 1), entry("review", 2, result="only")]
    assert newest_judgement(alone)[0]["result"] == "only"
