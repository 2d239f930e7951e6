"""What holds in a repository, and where that is said: `/agent config`."""

import re

from records.deliveries import DeliveryState
from tests.bot.conftest import FrontDoor
from tests.bot.project_repository import say


def rows(comment: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \|$", comment, re.MULTILINE)
    return {key: (value, source) for key, value, source in found}


def test_without_a_file_all_is_the_operators_or_built_in(front_door: FrontDoor) -> None:
    number = front_door.issue()
    outcome = front_door.command(number, "triage", "/agent config")
    assert outcome.state is DeliveryState.HANDLED
    held = rows(front_door.bot_comments(number)[-1])
    assert held["limits.steps"] == ("200", "whoever runs this bot")
    assert held["who.plan"] == ("write", "built in")
    assert held["who.refuse_labels"] == ("do-not-automate", "built in")
    assert held["models"] == ("fast, deep", "whoever runs this bot")
    assert held["verify"] == ("detected", "the repository's files")
    labels = "agent:fix: fix, agent:plan: plan, agent:ask: ask, agent:attempts-N: fix"
    assert held["trigger.labels"] == (labels, "whoever runs this bot")
    assert "has no `.github/agent.yml`" in front_door.bot_comments(number)[-1]


def test_a_key_of_the_file_is_shown_with_its_line(front_door: FrontDoor) -> None:
    sha = say(
        front_door,
        "limits:\n  steps: 12\n  minutes: 999\nwho:\n  plan: triage\nverify:\n  full: make test\n",
    )
    number = front_door.issue()
    front_door.command(number, "maria", "/agent config")
    comment = front_door.bot_comments(number)[-1]
    held = rows(comment)
    assert f"`main` at `{sha[:7]}`" in comment
    assert held["limits.steps"] == ("12", ".github/agent.yml, line 2")
    assert held["who.plan"] == ("triage", ".github/agent.yml, line 5")
    assert held["verify.full"] == ("make test", ".github/agent.yml, line 7")
    # The operator's hour is less than what the file asks for.
    assert held["limits.minutes"] == ("60", "whoever runs this bot")


def test_mistakes_are_shown_with_line_and_key(front_door: FrontDoor) -> None:
    say(front_door, "limits:\n  stepps: 12\nverify:\n  fast: make\n")
    number = front_door.issue()
    front_door.command(number, "maria", "/agent config")
    comment = front_door.bot_comments(number)[-1]
    assert "line 2: `limits.stepps` is not known" in comment
    assert "line 4: `verify.fast` is not known" in comment


def test_what_a_section_with_a_mistake_says_is_no_source(front_door: FrontDoor) -> None:
    say(front_door, "who:\n  fixx: read\n  stop: maintain\n")
    number = front_door.issue()
    front_door.command(number, "maria", "/agent config")
    held = rows(front_door.bot_comments(number)[-1])
    assert held["who.stop"] == ("write", "built in; line 3 does not count")


def test_a_change_of_the_file_holds_at_once(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent config")
    say(front_door, "review: {rounds: 2}\n")
    front_door.command(number, "maria", "/agent config")
    assert rows(front_door.bot_comments(number)[-1])["review.rounds"][0] == "2"


def test_what_stands_in_the_file_is_shown_and_not_obeyed(front_door: FrontDoor) -> None:
    say(front_door, "who:\n  refuse_labels: ['@maria see #1 | <img src=x>']\n")
    number = front_door.issue()
    front_door.command(number, "maria", "/agent config")
    comment = front_door.bot_comments(number)[-1]
    assert "@<!-- -->maria" in comment
    assert "<img" not in comment
