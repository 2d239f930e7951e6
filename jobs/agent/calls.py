"""Understands a tool call as the model wrote it: names it may use instead, values it may mean."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.agent import limits, patch
from jobs.agent.closing import Closing
from jobs.agent.tools import (
    APPLY_PATCH,
    ASK_FOR_PACKAGES,
    ASK_PEOPLE,
    BASH,
    EDIT,
    EXPLORE,
    GITHUB_CONTEXT,
    READ,
    SPECS,
    SUBMIT,
    UPDATE_PLAN,
    WRITE,
)
from jobs.model.arguments import BadArguments, parse_arguments
from jobs.model.wire import Call
from jobs.setup.wanted import BadPackage, wanted

Values = dict[str, Any]
_TOOL_ALIASES = {
    BASH: ("execute_bash", "terminal", "shell", "sh", "run", "execute", "exec_command",
           "shell_command", "run_command", "local_shell", "command"),
    READ: ("read_file", "view", "view_file", "open", "open_file", "cat", "list", "ls", "list_dir"),
    EDIT: ("edit_file", "str_replace", "string_replace", "replace", "search_replace"),
    WRITE: ("write_file", "create", "create_file"),
    UPDATE_PLAN: ("plan", "todo", "todo_write", "todowrite", "task_tracker"),
    SUBMIT: ("finish", "task_done", "complete", "done", "attempt_completion"),
    APPLY_PATCH: ("applypatch", "patch"),
    EXPLORE: ("task", "spawn_agent", "search_codebase"),
    GITHUB_CONTEXT: (),
    ASK_PEOPLE: ("ask_user", "ask_human", "ask_followup_question", "request_user_input"),
    ASK_FOR_PACKAGES: ("install_packages", "request_packages"),
}  # fmt: skip
_TOOLS = {alias: tool for tool, names in _TOOL_ALIASES.items() for alias in (tool, *names)}
_EDITORS = ("str_replace_editor", "str_replace_based_edit_tool", "file_editor", "text_editor")
_EDITOR_COMMANDS = {"view": READ, "create": WRITE, "str_replace": EDIT}
_PATHS = ("file_path", "filePath", "filepath", "file", "filename", "file_name", "target_file")
_ARGUMENT_ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    BASH: {
        "command": ("cmd", "script", "code", "bash", "input"),
        "timeout_s": ("timeout", "timeout_seconds", "timeoutSeconds"),
        "workdir": ("cwd", "working_dir", "workingDir", "directory"),
    },
    READ: {
        "path": (*_PATHS, "directory", "dir"),
        "start_line": ("start", "startLine", "line_start", "offset"),
        "end_line": ("end", "endLine", "line_end"),
    },
    EDIT: {
        "path": _PATHS,
        "old_str": ("oldString", "old_string", "oldStr", "old_text", "oldText", "old", "search"),
        "new_str": ("newString", "new_string", "newStr", "new_text", "newText", "new", "replace"),
        "replace_all": ("replaceAll",),
    },
    WRITE: {
        "path": _PATHS,
        "content": ("contents", "file_text", "fileText", "text", "file_content"),
    },
    UPDATE_PLAN: {"plan": ("steps", "todos", "task_list", "taskList", "tasks")},
    SUBMIT: {"summary": ("message", "answer", "result"), "outcome": ("status",)},
    EXPLORE: {"question": ("prompt", "query", "message", "task", "input")},
    ASK_PEOPLE: {},
    ASK_FOR_PACKAGES: {"reason": ("why",)},
    GITHUB_CONTEXT: {"ref": ("number", "id", "sha", "commit"), "kind": ("type",)},
}
_STEP_ALIASES = {"step": ("content", "title", "description", "task", "text"), "status": ("state",)}
_VALUE_ALIASES = {
    "done": "completed", "finished": "completed", "todo": "pending", "doing": "in_progress",
    "not_started": "pending", "active": "in_progress", "fixed": "resolved", "success": "resolved",
    "cannot_reproduce": "not_reproducible", "pr": "pull_request", "pull": "pull_request",
}  # fmt: skip
_USUAL = (BASH, READ, EDIT, WRITE, UPDATE_PLAN, SUBMIT)
_ALWAYS = (*_USUAL, APPLY_PATCH)
"""What is understood whether it is offered or not: habits differ, and none of it does more."""
_DEFAULTS: dict[str, Values] = {
    # A model that hands in with a word of its own habit says no more than that it is done.
    SUBMIT: {"outcome": "resolved", "summary": "", "title": "", "checks": [], "unverified": ""}
}


@dataclass(frozen=True)
class Request:
    """A call that can be carried out."""

    tool: str
    arguments: Values


class Misread(Exception):
    """A call cannot be carried out; the message tells the model how to write it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def understand(
    call: Call, offered: Sequence[str] = _USUAL, closing: Closing | None = None
) -> Request:
    """Return what `call` asks for, of the tools that are offered; raises Misread."""
    name = _plain(call.name)
    known = _TOOLS.get(name)
    if closing:
        if known == SUBMIT:
            return _handed_in(call, closing)
        if known not in offered:
            raise Misread(
                name[:40] or "?", f"There is no such tool. The tools: {', '.join(offered)}."
            )
    if (known is None and name not in _EDITORS) or (known and known not in (*offered, *_ALWAYS)):
        raise Misread(name[:40] or "?", f"There is no such tool. The tools: {', '.join(offered)}.")
    if known == APPLY_PATCH:
        return _patch(patch.in_json(call.arguments))
    try:
        given = _given(call.arguments, name)
        tool = _TOOLS.get(name) or _editor_tool(given)
        ours = {**_DEFAULTS.get(tool, {}), **_renamed(given, _ARGUMENT_ALIASES[tool])}
        values = parse_arguments(json.dumps(_with_known_words(ours)), SPECS[tool].parameters).values
        _check(tool, values)
    except BadArguments as error:
        raise Misread(_TOOLS.get(name, name), f"Not executed. {error}") from error
    if tool == BASH and (written := patch.in_shell(values["command"])):
        return _patch(written)
    return Request(tool, values)


def _handed_in(call: Call, closing: Closing) -> Request:
    """Return what a run that ends with words hands in."""
    schema = closing.tool.parameters
    others = [alias for aliases in closing.aliases.values() for alias in aliases]
    wide = {"type": "object", "properties": {name: {} for name in (*schema["properties"], *others)}}
    try:
        given = _renamed(parse_arguments(call.arguments, wide).values, dict(closing.aliases))
        ours = {**closing.defaults, **given}
        return Request(SUBMIT, parse_arguments(json.dumps(ours), schema).values)
    except BadArguments as error:
        raise Misread(SUBMIT, f"Not executed. {error}") from error


def _patch(text: str) -> Request:
    try:
        return Request(APPLY_PATCH, {"patch": patch.parse(text)})
    except patch.BadPatch as error:
        raise Misread(APPLY_PATCH, f"Not executed. {error}") from error


def _given(text: str, name: str) -> Values:
    """Return the arguments under whatever names we know; raises BadArguments with our own names."""
    try:
        return parse_arguments(text, _wide_schema(name)).values
    except BadArguments:
        return parse_arguments(text, SPECS[_TOOLS.get(name, EDIT)].parameters).values


def _plain(name: str) -> str:
    """Return a name without what some servers leave around it."""
    bare = re.split(r"[<\s(|]", name.strip().removeprefix("functions."), maxsplit=1)[0]
    return bare.lower().replace("-", "_")


def _wide_schema(name: str) -> Values:
    """Return a schema that lets every name through that we know another one for."""
    tools = [_TOOLS[name]] if name in _TOOLS else [READ, EDIT, WRITE]
    names = {"command", "view_range"} if name in _EDITORS else set()
    for tool in tools:
        names |= set(SPECS[tool].parameters["properties"])
        names |= {alias for others in _ARGUMENT_ALIASES[tool].values() for alias in others}
    return {"type": "object", "properties": {name: {} for name in sorted(names)}}


def _editor_tool(given: Values) -> str:
    """Say which tool of ours is meant by the editor with many commands, and lay out its values."""
    command = str(given.pop("command", "")) or _guessed_command(given)
    if command not in _EDITOR_COMMANDS:
        raise BadArguments(f"There is no such command here. Use {READ}, {EDIT} or {WRITE}.")
    lines = given.pop("view_range", None)
    if isinstance(lines, list) and lines:
        given["start_line"], given["end_line"] = lines[0], lines[-1]
    return _EDITOR_COMMANDS[command]


def _guessed_command(given: Values) -> str:
    if "old_str" in given:
        return "str_replace"
    return "create" if "file_text" in given else "view"


def _renamed(given: Values, aliases: dict[str, tuple[str, ...]]) -> Values:
    """Return the arguments under our names; a right name wins over an alias."""
    ours = {alias: name for name, others in aliases.items() for alias in others}
    renamed = {ours[key]: value for key, value in given.items() if key in ours}
    return {**renamed, **{key: value for key, value in given.items() if key not in ours}}


def _with_known_words(values: Values) -> Values:
    """Return the arguments with the words for a state or an outcome that we know."""
    if isinstance(values.get("plan"), list):
        steps = [_renamed(step, _STEP_ALIASES) if isinstance(step, dict) else {"step": step}
                 for step in values["plan"]]  # fmt: skip
        plan = [{**step, "status": _word(step.get("status", "pending"))} for step in steps]
        return {**values, "plan": plan}
    if "kind" in values:
        return {**values, "kind": _word(values["kind"])}
    if "outcome" in values:
        checks = [_check_as_object(check) for check in _as_list(values.get("checks"))]
        return {**values, "outcome": _word(values["outcome"]), "checks": checks}
    return values


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _check_as_object(check: object) -> object:
    """Return a check that was given as a bare command, or without its words, in full."""
    if isinstance(check, str):
        return {"command": check, "shows": ""}
    return {"shows": "", **check} if isinstance(check, dict) else check


def _word(value: object) -> str:
    plain = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    return _VALUE_ALIASES.get(plain, plain)


_MOST = {
    "plan": limits.PLAN_STEPS,
    "checks": limits.SUBMIT_CHECKS,
    "questions": limits.QUESTIONS,
    "packages": limits.PACKAGES,
}


def _check(tool: str, values: Values) -> None:
    """Hold the limits that the schema's types do not; too long a title or step is cut."""
    if tool == BASH and not values["command"].strip():
        raise BadArguments("The command is empty.")
    if tool == EXPLORE and not values["question"].strip():
        raise BadArguments("The question is empty.")
    for name, most in _MOST.items():
        if len(values.get(name, ())) > most:
            raise BadArguments(f"`{name}` may have at most {most} entries.")
    for question in values.get("questions", ()):
        _check_question(question)
    if tool == ASK_FOR_PACKAGES:
        _check_packages(values)
    for step in values.get("plan", ()):
        step["step"] = step["step"][: limits.PLAN_STEP_CHARS]
    if "title" in values:
        values["title"] = " ".join(values["title"].split())[: limits.TITLE_CHARS]


def _check_question(question: Values) -> None:
    """Cut what is too long for a comment; a default has to be one of the choices."""
    choices = [choice[: limits.CHOICE_CHARS] for choice in question["choices"] if choice.strip()]
    if not question["question"].strip() or not 1 < len(choices) <= limits.CHOICES:
        raise BadArguments(f"A question has words, and 2 to {limits.CHOICES} `choices`.")
    if not 1 <= question["default"] <= len(choices):
        raise BadArguments(f"`default` is the number of a choice, from 1 to {len(choices)}.")
    question["question"] = question["question"][: limits.QUESTION_CHARS]
    question["choices"] = choices


def _check_packages(values: Values) -> None:
    """Take only names and versions, in which no manager can read anything more."""
    if not values["packages"] or not values["reason"].strip():
        raise BadArguments("Name one package at the least, and a `reason` for people to read.")
    values["reason"] = values["reason"][: limits.REASON_CHARS]
    try:
        values["packages"] = [wanted(one).as_json() for one in values["packages"]]
    except BadPackage as error:
        raise BadArguments(str(error)) from error
