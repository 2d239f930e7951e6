"""Holds the documentation to the code: every setting, every command, every class of failure."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from bot.commands import VERBS
from bot.comments.failures import WORDS, Failure
from bot.comments.labels import STATES
from bot.comments.outcomes import OUTCOMES
from bot.model_settings import Model
from bot.settings import all_fields, variable
from jobs.agent.tools import SUBMIT, tools
from records.task import TaskState

ROOT = Path(__file__).parent.parent
OPERATING = (ROOT / "docs" / "operating.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
MODELS = (ROOT / "docs" / "models.md").read_text()
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
USAGE = (ROOT / "demo" / "usage.txt").read_text()
DEMO = (ROOT / "demo" / "options.py").read_text()


@pytest.mark.parametrize("field", sorted(all_fields()))
def test_each_setting_stands_in_the_manual_with_its_sentence_and_default(field: str) -> None:
    name, info = variable(field), all_fields()[field]
    [row] = [line for line in OPERATING.splitlines() if line.startswith(f"| `{name}` |")]
    sentence = " ".join((info.description or "").split()).removeprefix(f"`{name}`: ")
    assert sentence
    assert sentence.lower() in row.lower()
    listed = ",".join(info.default) if isinstance(info.default, tuple) else info.default
    default = "required" if info.is_required() else str(listed)
    assert default in {"", "None", "**********"} or default in row


def test_the_manual_and_the_example_name_no_setting_that_is_gone() -> None:
    known = {variable(field) for field in all_fields()}
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATING, re.MULTILINE))
    assert rows == known
    assert set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == known


@pytest.mark.parametrize("field", sorted(Model.model_fields.keys() - {"name", "api_key"}))
def test_each_field_of_a_model_stands_in_its_page(field: str) -> None:
    info = Model.model_fields[field]
    default = "required" if info.is_required() else f"`{str(info.default).lower()}`"
    default = "" if info.default in {"", None} else default
    sentence = " ".join((info.description or "").split())
    assert f"| `{field}` | {default} | {sentence} |" in MODELS


def test_the_page_of_models_names_no_field_that_is_gone() -> None:
    known = Model.model_fields.keys() - {"name", "api_key"}
    assert set(re.findall(r"^\| `([a-z_]+)` \|", MODELS, re.MULTILINE)) == known
    example = MODELS.split("```toml\n")[1].split("```")[0]
    assert {name for part in tomllib.loads(example).values() for name in part} <= known


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_command_stands_in_its_page(verb: str) -> None:
    assert f"`/agent {verb}" in COMMANDS


@pytest.mark.parametrize("failure", list(Failure))
def test_each_class_of_failure_stands_in_its_page(failure: Failure) -> None:
    words = WORDS[failure]
    next_step = words.next.format(command="/agent")
    assert f"| `{failure.value}` | {words.meaning} | {next_step} |" in COMMANDS


@pytest.mark.parametrize("state", list(OUTCOMES))
def test_each_honest_end_stands_in_its_page(state: TaskState) -> None:
    words = OUTCOMES[state]
    next_step = words.next.format(command="/agent")
    assert f"| `{state.value}` | {words.meaning} | {next_step} |" in COMMANDS


@pytest.mark.parametrize("label", sorted(set(STATES.values())))
def test_each_label_of_a_state_stands_in_its_page(label: str) -> None:
    assert f"`{label}`" in COMMANDS


def test_the_demo_explains_each_of_its_options() -> None:
    options = set(re.findall(r'add_argument\("(--[a-z]+)"', DEMO))
    assert options
    assert {option for option in options if f"  {option}" not in USAGE} == set()


def test_the_turn_that_hands_in_is_shown_as_the_tool_wants_it() -> None:
    [shown] = re.findall(r'"submit", "arguments": (\{.*?\})\}', USAGE, re.DOTALL)
    [submit] = [tool for tool in tools(command_s=1) if tool.name == SUBMIT]
    assert list(json.loads(shown)) == submit.parameters["required"]
