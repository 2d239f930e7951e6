import json
from typing import Any

import pytest

from jobs.agent import limits
from jobs.agent.calls import Misread, Request, understand
from jobs.model import Call

PLAN = {"plan": [{"step": "look", "status": "completed"}]}
HANDED_IN: dict[str, Any] = {"outcome": "resolved", "summary": "s", "title": "t", "checks": [],
                             "unverified": ""}  # fmt: skip


def asked(name: str, arguments: Any) -> Request:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return understand(Call("1", name, text))


@pytest.mark.parametrize(
    ("name", "arguments", "tool", "values"),
    [
        ("bash", {"command": "ls"}, "bash", {"command": "ls"}),
        ("Bash", {"cmd": "ls", "timeout": "60"}, "bash", {"command": "ls", "timeout_s": 60}),
        ("execute_bash", {"command": "ls", "is_input": "false"}, "bash", {"command": "ls"}),
        ("functions.bash", {"command": "ls"}, "bash", {"command": "ls"}),
        ("bash</function>", {"command": "ls"}, "bash", {"command": "ls"}),
        ("shell", {"command": ["ls -l\n", "pwd"]}, "bash", {"command": "ls -l\npwd"}),
        ("bash", '{"command": "a\nb"}', "bash", {"command": "a\nb"}),
        ("bash", '"{\\"command\\": \\"ls\\"}"', "bash", {"command": "ls"}),
        ("read", {"filePath": "a", "offset": 3.0}, "read", {"path": "a", "start_line": 3}),
        ("list_dir", {"directory": "src"}, "read", {"path": "src"}),
        ("read", {"path": "a", "end_line": None}, "read", {"path": "a"}),
        (
            "edit",
            {"file_path": "a", "oldString": "x", "newString": "", "replaceAll": "true"},
            "edit",
            {"path": "a", "old_str": "x", "new_str": "", "replace_all": True},
        ),
        ("Write", {"path": "a", "file_text": "x"}, "write", {"path": "a", "content": "x"}),
        (
            "str_replace_based_edit_tool",
            {"command": "view", "path": "a", "view_range": [2, -1]},
            "read",
            {"path": "a", "start_line": 2, "end_line": -1},
        ),
        (
            "str_replace_editor",
            {"path": "a", "old_str": "x", "new_str": "y"},
            "edit",
            {"path": "a", "old_str": "x", "new_str": "y"},
        ),
        ("str_replace_editor", {"command": "create", "path": "a", "file_text": "x"}, "write",
         {"path": "a", "content": "x"}),
        ("update_plan", PLAN, "update_plan", PLAN),
        ("todo_write", {"todos": [{"content": "look", "status": "done"}]}, "update_plan", PLAN),
        ("submit", HANDED_IN, "submit", HANDED_IN),
        ("finish", {"message": "s"}, "submit", {**HANDED_IN, "title": ""}),
        ("submit", {**HANDED_IN, "checks": "make test"}, "submit",
         {**HANDED_IN, "checks": [{"command": "make test", "shows": ""}]}),
        ("submit", {**HANDED_IN, "checks": [{"command": "tox"}]}, "submit",
         {**HANDED_IN, "checks": [{"command": "tox", "shows": ""}]}),
    ],
)  # fmt: skip
def test_a_call_is_understood_as_it_was_meant(
    name: str, arguments: Any, tool: str, values: dict[str, Any]
) -> None:
    assert asked(name, arguments) == Request(tool, values)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("browse", {}, "bash, read, edit, write, update_plan, submit"),
        ("", {}, "There is no such tool"),
        ("bash", '{"command": "ls', "not JSON"),
        ("bash", "[]", "not a JSON object"),
        ("bash", {}, "`command`"),
        ("bash", {"command": " \n"}, "empty"),
        ("bash", {"command": "ls", "timeout_s": "soon"}, "`timeout_s`"),
        ("edit", {"path": "a", "old_str": "b"}, "`new_str`"),
        ("str_replace_editor", {"command": "undo_edit", "path": "a"}, "Use read, edit or write"),
        ("submit", {**HANDED_IN, "outcome": "victory"}, "no_change_needed"),
        ("submit", {**HANDED_IN, "checks": [{"command": "c", "shows": "s"}] * 6}, "at most 5"),
        ("update_plan", {"plan": [PLAN["plan"][0]] * 21}, "at most 20"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_understood_says_why(name: str, arguments: Any, words: str) -> None:
    with pytest.raises(Misread) as caught:
        asked(name, arguments)
    assert words in str(caught.value)


def test_a_title_that_is_too_long_is_cut() -> None:
    title = asked("submit", {**HANDED_IN, "title": "long " * 50}).arguments["title"]
    assert len(title) <= limits.TITLE_CHARS
