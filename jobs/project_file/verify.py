"""Reads the section that says how the project is checked."""

from dataclasses import dataclass

from jobs.evidence.check import Check
from jobs.project_file.nodes import (
    PROJECT_FILE,
    Node,
    bad_command,
    is_nothing,
    pairs,
    shown,
    text_of,
    unknown_keys,
)

CHECKS = ("quick", "full", "lint")
"""In the order in which they are run and shown."""


@dataclass(frozen=True)
class Verify:
    """The checks that the project names, or what is wrong with how it names them."""

    checks: tuple[Check, ...] = ()
    problems: tuple[str, ...] = ()


def read_verify(node: Node | None) -> Verify:
    """Read `verify:`, a command for the whole suite or several by name."""
    if node is None or is_nothing(node):
        return Verify()
    if (alone := text_of(node)) is not None:
        problem = bad_command(node, "verify")
        return Verify((), (problem,)) if problem else Verify(_checks({"full": alone}))
    problems = list(unknown_keys(node, "verify.", CHECKS))
    values = [(shown(key), value) for key, value in pairs(node)]
    problems += filter(None, (bad_command(value, f"verify.{name}") for name, value in values))
    if problems:
        return Verify((), tuple(problems))
    return Verify(_checks({name: text_of(value) or "" for name, value in values}))


def _checks(commands: dict[str, str]) -> tuple[Check, ...]:
    return tuple(
        Check(name, commands[name].strip(), source=PROJECT_FILE, required=True)
        for name in CHECKS
        if name in commands
    )
