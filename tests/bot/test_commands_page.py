"""Holds docs/commands.md to the code: each command, option, label and reaction."""

import re
from pathlib import Path

import pytest

from bot.command_options import VALUES, options_of
from bot.commands import VERBS
from bot.comments.answers import USAGE
from bot.comments.helping import LINES, OPTIONS
from bot.comments.labels import STATES
from bot.permissions import NEEDS, OR_REQUESTER
from bot.request import Context

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
COMMANDS = PAGE[PAGE.index("| Command |") : PAGE.index("| Option |")]


def who(verb: str) -> str:
    kind = VERBS[verb]
    return f"{NEEDS[kind].word}{', or whoever asked for the task' if kind in OR_REQUESTER else ''}"


@pytest.mark.parametrize("verb", VERBS)
def test_each_command_stands_there_with_who_may_give_it(verb: str) -> None:
    for line in LINES[verb]:
        row = f"| `/agent {line.usage}` | {line.where} | {who(verb)} | {line.meaning} |"
        assert row in COMMANDS.splitlines()


def test_it_names_no_command_that_is_not_there() -> None:
    rows = re.findall(r"^\| `/agent (.*?)` \|", COMMANDS, re.MULTILINE)
    assert rows == [line.usage for verb in LINES for line in LINES[verb]]


@pytest.mark.parametrize("option", sorted({each for verb in VERBS for each in options_of(verb)}))
def test_each_option_stands_there_with_its_verbs(option: str) -> None:
    written = f"--{option} {VALUES[option]}".rstrip().replace("|", r"\|")
    verbs = ", ".join(f"`{verb}`" for verb in VERBS if option in options_of(verb))
    assert f"| `{written}` | {verbs} | {OPTIONS[option]} |" in PAGE.splitlines()


def test_each_verb_has_its_lines_and_each_misuse_its_words() -> None:
    assert set(LINES) == set(VERBS)
    assert set(USAGE) <= set(VERBS)


def test_each_verb_says_who_may_give_it() -> None:
    assert set(VERBS.values()) <= set(NEEDS)


@pytest.mark.parametrize("label", ["fix_label", "plan_label", "ask_label"])
def test_each_label_that_is_a_command_stands_there(label: str) -> None:
    assert f"`{Context.__dataclass_fields__[label].default}`" in PAGE


@pytest.mark.parametrize("label", sorted(set(STATES.values())))
def test_each_label_of_a_state_stands_there(label: str) -> None:
    assert f"`{label}`" in PAGE


@pytest.mark.parametrize("reaction", ["👀", "🚀", "🎉", "😕", "👎"])
def test_each_reaction_stands_there(reaction: str) -> None:
    assert f"| {reaction} |" in PAGE
