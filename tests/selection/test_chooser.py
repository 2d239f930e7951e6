"""A model chooses only if it means the same candidate in both orders."""

import threading
from collections.abc import Callable

import pytest

from demo.model import Script, ScriptedModel, Turn
from jobs.agent import Budget, IssueText
from jobs.attempts.chooser import Preference, prefer
from tests.agent.given import wire_to
from tests.selection.given import candidate

ISSUE = IssueText(7, "Rounding is wrong", "It is 1.", author="mia")
Model = Callable[..., ScriptedModel]


def asked(model: ScriptedModel) -> Preference:
    wire = wire_to(model)
    candidates = [candidate(4), candidate(5)]
    preference = prefer(ISSUE, candidates, wire, Budget(), threading.Event())
    wire.close()
    return preference


def says(first: str, second: str) -> list[Script]:
    """A model that says one thing where attempt 4 stands first, another where 5 does."""
    return [
        Script("# Candidate 1\n\n<change>\n" + candidate(4).diff.strip(), (Turn(text=first),)),
        Script("Choose a candidate", (Turn(text=second),)),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{"choice": 2, "why": "it handles None"}', '{"choice": 1, "why": "so"}'),
        ('I say:\n```json\n{"choice": "2",}\n```', '{"candidate": 1}'),
        ("2", "**1**"),
    ],
)
def test_the_same_twice_is_a_preference(scripted_model: Model, first: str, second: str) -> None:
    model = scripted_model(says(first, second))
    assert asked(model).attempt == 5
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ('{"choice": 1}', '{"choice": 1}', "by the order"),
        ('{"choice": 3}', '{"choice": 1}', "named none"),
        ('{"choice": 0}', '{"choice": 1}', "named none"),
        ('{"choice": 2}', "Both are fine.", "named none"),
        ("", "", "named none"),
        ('{"choice": true}', '{"choice": 1}', "named none"),
        ('{"choice": "\u00b2"}', '{"choice": 1}', "named none"),
        ('{"choice": "          3"}', '{"choice": 1}', "named none"),
    ],
)
def test_anything_else_is_none(scripted_model: Model, first: str, second: str, why: str) -> None:
    preference = asked(scripted_model(says(first, second)))
    assert preference.attempt is None
    assert why in preference.why


def test_a_server_that_fails_gives_no_preference(scripted_model: Model) -> None:
    model = scripted_model([Script("", (Turn.read({"error": {"code": "insufficient_quota"}}),))])
    preference = asked(model)
    assert preference.attempt is None
    assert preference.why.startswith("no preference: ")


def test_what_it_used_is_known(scripted_model: Model) -> None:
    preference = asked(scripted_model(says("2", "1")))
    assert all(answer.usage["input"] > 0 for answer in preference.answers)
