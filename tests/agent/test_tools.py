"""What the model is told of its tools: in words made of the numbers that the code keeps."""

import re

import pytest

from jobs.agent import limits, patch
from jobs.agent.abilities import Abilities, HelperPort, PackagesPort, PeoplePort
from jobs.agent.calls import understand
from jobs.agent.task import Budget
from jobs.agent.tools import SPECS, helper_tools, tools
from jobs.model import ToolSpec
from jobs.model.wire import Call

COMMAND_S = 77
NUMBERS = {value for value in vars(limits).values() if isinstance(value, int)} | {COMMAND_S}
ASKING = "ask_people ask_for_packages"
PLAIN = {0, 1}
"""An exit code, and what -1 and stderr's 2>&1 are made of."""


def never(*_: object) -> str:
    raise AssertionError("nobody is asked")


def some(kind: str) -> tuple[ToolSpec, ...]:
    helper = HelperPort(wire=never, copy=never)  # type: ignore[arg-type]
    packages = PackagesPort(never, ())  # type: ignore[arg-type]
    people = PeoplePort(True, never, never, never, never, packages)  # type: ignore[arg-type]
    given = {
        "usual": Abilities(),
        "patches": Abilities(patches=True),
        "all": Abilities(patches=True, helper=helper, github=never, people=people),
    }[kind]
    return tools(COMMAND_S, given)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("usual", "bash read edit write update_plan submit"),
        ("patches", "bash read apply_patch update_plan submit"),
        ("all", f"bash read apply_patch explore github_context {ASKING} update_plan submit"),
    ],
)
def test_a_task_has_its_tools_in_one_order(kind: str, names: str) -> None:
    assert [tool.name for tool in some(kind)] == names.split()
    assert some(kind) == some(kind)
    assert [tool.name for tool in helper_tools(COMMAND_S)] == ["bash", "read"]


@pytest.mark.parametrize("tool", [*some("usual"), *some("all")], ids=lambda tool: tool.name)
def test_every_number_in_a_tool_s_text_is_one_that_the_code_keeps(tool: ToolSpec) -> None:
    words = tool.description + "".join(_descriptions(tool.parameters))
    found = {int(number) for number in re.findall(r"\d+", words.replace("2>&1", ""))}
    assert found - PLAIN <= NUMBERS


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("bash", COMMAND_S),
        ("bash", limits.BASH_MAX_S),
        ("read", limits.READ_LINES),
        ("submit", limits.GATE_ROUNDS),
        ("submit", limits.SUMMARY_CHARS),
        ("explore", limits.EXPLORE_PER_TURN),
        ("github_context", limits.GITHUB_PER_TASK),
        ("ask_people", limits.QUESTIONS),
        ("ask_for_packages", limits.PACKAGE_REQUESTS),
    ],
)
def test_the_limits_that_a_model_meets_are_told(name: str, number: int) -> None:
    tool = next(tool for tool in (*some("usual"), *some("all")) if tool.name == name)
    words = tool.description + "".join(_descriptions(tool.parameters))
    assert re.search(rf"\b{number}\b", words)


def test_every_tool_is_short_to_tell() -> None:
    for tool in some("all"):
        assert len(tool.description) < 700
        assert tool.parameters["additionalProperties"] is False
    assert len(patch.GRAMMAR) < 800


def test_all_tools_are_known_whichever_a_task_has() -> None:
    assert set(SPECS) == {tool.name for tool in (*some("usual"), *some("all"))}
    for tool in tools(Budget.command_s):
        assert SPECS[tool.name] == tool


@pytest.mark.parametrize(
    ("name", "arguments", "meant"),
    [
        ("explore", '{"prompt": "Where?"}', {"question": "Where?"}),
        ("github_context", '{"type": "issue", "number": 12}', {"kind": "issue", "ref": "12"}),
        ("github_context", '{"kind": "Pull request", "ref": "#3"}',
         {"kind": "pull_request", "ref": "#3"}),
    ],
)  # fmt: skip
def test_habits_are_understood(name: str, arguments: str, meant: dict[str, str]) -> None:
    offered = [tool.name for tool in some("all")]
    assert understand(Call("1", name, arguments), offered).arguments == meant


def _descriptions(schema: object) -> list[str]:
    if isinstance(schema, dict):
        own = [str(schema["description"])] if isinstance(schema.get("description"), str) else []
        return own + [text for value in schema.values() for text in _descriptions(value)]
    return []
