"""Reads the sections of `keys` into the types of `bot.project`, each mistake with line and key."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.project import (
    Paths,
    Planning,
    Project,
    ProjectLimits,
    PullRequests,
    Review,
    Said,
    Trigger,
    Who,
)
from jobs.project_file.keys import KEYS, ROLES
from jobs.project_file.kinds import Mistake
from jobs.project_file.nodes import (
    Node,
    as_written,
    at,
    is_nothing,
    line_of,
    number_of,
    pairs,
    section,
    shown,
    unknown_keys,
)

_VERSION = 1
_LONGEST_SAID = 200


def read_sections(root: Node) -> Project:
    """Return what the file says; a section with a mistake says nothing."""
    read = {name: _Section.read(root, name) for name in KEYS}
    values = {name: one.values for name, one in read.items()}
    problems = (*_version(root), *(words for one in read.values() for words in one.problems))
    return Project(
        trigger=Trigger(**values["trigger"]),
        who=_who(values["who"]),
        limits=ProjectLimits(**values["limits"]),
        pr=PullRequests(**values["pr"]),
        paths=Paths(**values["paths"]),
        review=Review(**values["review"]),
        plan=_planning(values["plan"]),
        said=dict(_said(root)),
        problems=problems,
        refused=frozenset(name for name, one in read.items() if one.problems),
    )


@dataclass(frozen=True)
class _Section:
    values: dict[str, Any]
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, root: Node, name: str) -> "_Section":
        node = section(root, name)
        if node is None or is_nothing(node):
            return cls({})
        problems = list(unknown_keys(node, f"{name}.", tuple(KEYS[name])))
        values = {}
        for key, value in pairs(node):
            kind = KEYS[name].get(shown(key))
            if kind is None or is_nothing(value):
                continue
            try:
                values[shown(key)] = kind.read(value)
            except Mistake:
                problems.append(f"{at(value)}: `{name}.{shown(key)}` {kind.words}")
        return cls({}, tuple(problems)) if problems else cls(values)


def _who(values: dict[str, Any]) -> Who:
    roles = {verb: values[verb] for verb in ROLES if verb in values}
    others = {key: value for key, value in values.items() if key not in roles}
    return Who(roles=roles, **others)


def _planning(values: dict[str, Any]) -> Planning:
    others = {key: value for key, value in values.items() if key != "question_timeout"}
    planning = Planning(**others)
    timeout = values.get("question_timeout")
    return replace(planning, question_timeout_s=timeout) if timeout else planning


def _version(root: Node) -> Iterator[str]:
    node = section(root, "version")
    if node is not None and number_of(node) != _VERSION:
        yield f"{at(node)}: `version` has to be {_VERSION}"


def _said(root: Node) -> Iterator[tuple[str, Said]]:
    """Yield each key that the file has, of every section, with what stands there."""
    for key, value in pairs(root):
        inner = pairs(value)
        if not inner:
            yield shown(key), _one(value)
        for name, each in inner:
            yield f"{shown(key)}.{shown(name)}", _one(each)


def _one(node: Node) -> Said:
    return Said(as_written(node)[:_LONGEST_SAID], line_of(node))
