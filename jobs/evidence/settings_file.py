"""Reads the part of `.github/agent.yml` that says how the project is checked.

A mistake in the file is a problem with a line and a key, never a reason to guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from jobs.evidence.check import Check

SETTINGS_FILE = ".github/agent.yml"
MAX_BYTES = 64 * 1024
MAX_COMMAND = 2_000
SECTIONS = ("version", "trigger", "who", "env", "verify", "limits", "pr", "paths", "review", "plan")
CHECKS = ("quick", "full", "lint")
"""In the order in which they are run and shown."""


@dataclass(frozen=True)
class Verify:
    """The checks that the project names, or what is wrong with how it names them."""

    checks: tuple[Check, ...] = ()
    problems: tuple[str, ...] = ()


def read_verify(text: str) -> Verify:
    """Parse the file and keep its `verify:` section."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return _wrong(f"`{SETTINGS_FILE}` is larger than {MAX_BYTES // 1024} KiB")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _wrong(f"`{SETTINGS_FILE}`, line {line}: {error.problem or 'not valid YAML'}")
    except (yaml.YAMLError, RecursionError, ValueError):
        return _wrong(f"`{SETTINGS_FILE}` is not valid YAML")
    if root is None:
        return Verify()
    problems = list(_unknown_keys(root, "", SECTIONS))
    verify = _section(root, "verify")
    checks: list[Check] = []
    if isinstance(verify, yaml.ScalarNode):
        verify = None if verify.tag == "tag:yaml.org,2002:null" else _as_full(verify)
    if verify is not None:
        problems += _unknown_keys(verify, "verify.", CHECKS)
        problems += _bad_commands(verify)
        checks = _checks(verify)
    return Verify((), tuple(problems)) if problems else Verify(tuple(checks))


def _wrong(problem: str) -> Verify:
    return Verify((), (problem,))


def _unknown_keys(node: yaml.Node, prefix: str, known: tuple[str, ...]) -> Iterator[str]:
    where = f"`{SETTINGS_FILE}`, line {node.start_mark.line + 1}"
    if not isinstance(node, yaml.MappingNode):
        yield f"{where}: {f'`{prefix[:-1]}`' if prefix else 'the file'} has to be keys with values"
        return
    seen = set()
    for key, _ in node.value:
        where = f"`{SETTINGS_FILE}`, line {key.start_mark.line + 1}"
        name = _shown(key)
        if name not in known:
            yield f"{where}: `{prefix}{name}` is not known; known are {', '.join(known)}"
        elif name in seen:
            yield f"{where}: `{prefix}{name}` stands there twice"
        seen.add(name)


def _bad_commands(verify: yaml.Node) -> Iterator[str]:
    for key, value in _pairs(verify):
        where = f"`{SETTINGS_FILE}`, line {value.start_mark.line + 1}: `verify.{_shown(key)}`"
        if not isinstance(value, yaml.ScalarNode) or value.tag != "tag:yaml.org,2002:str":
            yield f"{where} has to be a command, as text"
        elif not value.value.strip():
            yield f"{where} is empty"
        elif len(value.value) > MAX_COMMAND or "\0" in value.value:
            yield f"{where} is longer than {MAX_COMMAND} characters"


def _checks(verify: yaml.Node) -> list[Check]:
    commands = {
        _shown(key): value.value.strip()
        for key, value in _pairs(verify)
        if isinstance(value, yaml.ScalarNode)
    }
    return [
        Check(name, commands[name], source=SETTINGS_FILE, required=True)
        for name in CHECKS
        if name in commands
    ]


def _section(root: yaml.Node, name: str) -> yaml.Node | None:
    return next((value for key, value in _pairs(root) if _shown(key) == name), None)


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def _as_full(command: yaml.ScalarNode) -> yaml.Node:
    """Take one command alone for the whole suite."""
    key = yaml.ScalarNode("tag:yaml.org,2002:str", "full", command.start_mark, command.end_mark)
    pairs = [(key, command)]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, command.start_mark, command.end_mark)


def _shown(key: yaml.Node) -> str:
    if not isinstance(key, yaml.ScalarNode):
        return "(not a word)"
    return "".join(c for c in str(key.value) if c.isprintable() and c != "`")[:60]
