"""Puts together what holds in a repository: its own word, the operator's and what is built in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from bot.commands import VERBS
from bot.comments.readable import count, money, plural, span
from bot.limits import narrowed
from bot.permissions import NEEDS, Role
from bot.project import PROJECT_FILE, Project
from bot.request import Context

BUILT_IN = "built in"
OPERATOR = "whoever runs this bot"
DETECTED = "the repository's files"
_SECONDS = "_s"
_FOUND_OUT = ("env", "verify")
_OF_THE_FILE = ("pr", "paths", "review", "plan")


@dataclass(frozen=True)
class Holds:
    """One key, what holds for it, and who says so."""

    key: str
    value: str
    source: str


def what_holds(project: Project, context: Context) -> Iterator[Holds]:
    """List every key with its effective value, section by section."""
    yield _command(project, context)
    yield Holds("models", ", ".join(model.name for model in context.models) or "none", OPERATOR)
    yield _labels(project, context)
    yield from _section("trigger", project, but=("command", "labels"))
    yield from _who(project)
    yield from _limits(project, context)
    for name in _OF_THE_FILE:
        yield from _section(name, project)
    for name in _FOUND_OUT:
        yield from _found_out(name, project)


def _source(key: str, project: Project, otherwise: str = BUILT_IN) -> str:
    said = project.said.get(key)
    if said is None:
        return otherwise
    if key.partition(".")[0] in project.refused:
        return f"{otherwise}; line {said.line} does not count"
    return f"{PROJECT_FILE}, line {said.line}"


def _command(project: Project, context: Context) -> Holds:
    """Return the word that commands begin with; a context has the repository's own already."""
    return Holds("trigger.command", context.command, _source("trigger.command", project, OPERATOR))


def _labels(project: Project, context: Context) -> Holds:
    """Return every label that starts something, of the operator and of the repository."""
    labels = {
        **project.trigger.labels,
        context.fix_label: "fix",
        context.plan_label: "plan",
        context.ask_label: "ask",
        f"{context.attempts_label}-N": "fix",
    }
    own = _source("trigger.labels", project, OPERATOR)
    source = own if own.startswith(OPERATOR) else f"{OPERATOR}, and {own}"
    return Holds("trigger.labels", _shown(labels), source)


def _section(name: str, project: Project, *, but: tuple[str, ...] = ()) -> Iterator[Holds]:
    section = getattr(project, name)
    for one in (each for each in fields(section) if each.name not in but):
        key, value = f"{name}.{one.name.removesuffix(_SECONDS)}", getattr(section, one.name)
        shown = span(value) if one.name.endswith(_SECONDS) else _shown(value)
        yield Holds(key, shown, _source(key, project))


def _who(project: Project) -> Iterator[Holds]:
    for verb, kind in VERBS.items():
        usual = NEEDS.get(kind, Role.READ).word
        yield Holds(
            f"who.{verb}", project.who.roles.get(verb, usual), _source(f"who.{verb}", project)
        )
    for name in ("bots", "trust_labels", "refuse_labels"):
        yield Holds(
            f"who.{name}", _shown(getattr(project.who, name)), _source(f"who.{name}", project)
        )


def _limits(project: Project, context: Context) -> Iterator[Holds]:
    said, effective = project.limits, narrowed(context.limits, project.limits)
    for key, name, show in _LIMITS:
        value = effective[name]
        own = getattr(said, key) == value and value is not None
        source = _source(f"limits.{key}", project, OPERATOR) if own else OPERATOR
        yield Holds(f"limits.{key}", show(value) if value is not None else "no limit", source)
    most = min(filter(None, (context.attempts_most, said.attempts)))
    mine = said.attempts is not None and said.attempts <= context.attempts_most
    source = _source("limits.attempts", project) if mine else OPERATOR
    yield Holds("limits.attempts", str(most), source)
    yield Holds("limits.open_prs", _shown(said.open_prs), _source("limits.open_prs", project))
    for key in ("per_user_day", "per_repository_day", "usd_day"):
        value, _ = context.allowance.smaller(key, getattr(said, key))
        own = getattr(said, key) == value and value is not None
        source = _source(f"limits.{key}", project) if own else OPERATOR
        yield Holds(f"limits.{key}", _shown(value), source)


_LIMITS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("usd", "usd", money),
    ("tokens", "tokens", count),
    ("minutes", "minutes", lambda value: f"{value:g}"),
    ("steps", "turns", str),
)


def _found_out(name: str, project: Project) -> Iterator[Holds]:
    """List what the file says of set-up and checks; what it leaves out is found out in a task."""
    keys = [key for key in project.said if key == name or key.startswith(f"{name}.")]
    if not keys or project.remarks:
        yield Holds(name, plural(len(project.remarks), "mistake") if keys else "detected", DETECTED)
        return
    for key in keys:
        yield Holds(key, project.said[key].text, _source(key, project))


def _shown(value: object) -> str:
    match value:
        case None:
            return "no limit"
        case bool():
            return "true" if value else "false"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case Mapping():
            return ", ".join(f"{key}: {each}" for key, each in value.items()) or "none"
        case float():
            return f"{value:g}"
        case _:
            return str(value) or "the default branch"
