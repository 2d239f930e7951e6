"""Says how far a task may go: the operator's word, and what its repository and verb take of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.comments import Limits
from bot.project import PROJECT_FILE, ProjectLimits
from bot.settings import Settings
from records.task import Task
from records.waits import Wait, WaitKind

_SHARES = {"ask": 0.2, "plan": 0.5, "review": 0.5}
"""Of what a change may take, for what changes nothing."""
_FEWEST_TURNS = 5
_AMOUNT = re.compile(
    r"(?P<dollar>\$)?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,4})?)(?P<unit>[km])?", re.IGNORECASE
)
_UNITS = {"k": 1_000, "m": 1_000_000}
_MINUTES = {"m": 1.0, "h": 60.0}


def limits_of(settings: Settings) -> Limits:
    """Return the limits of every task of this installation."""
    return Limits(
        turns=settings.task_max_turns,
        minutes=settings.task_max_minutes,
        tokens=settings.task_max_tokens,
        usd=settings.task_max_usd,
    )


def limits_of_task(settings: Settings, task: Task) -> Limits:
    """Return the limits of one task."""
    return within(limits_of(settings), task)


def within(limits: Limits, task: Task) -> Limits:
    """Return what of an installation's limits one task has, by its repository and its verb."""
    said: Mapping[str, Any] = task.brief.get("limits") or {}
    smaller: dict[str, Any] = {
        name: _smaller(value, said.get(name)) for name, value in vars(limits).items()
    }
    verb = _for_verb(replace(limits, **smaller), task.verb)
    return Wanted.of(task.brief).within(verb)


def granted(limits: Limits, waits: Iterable[Wait]) -> Limits:
    """Return the limits with everything that people gave a task beyond them."""
    given = [wait.answer for wait in waits if wait.kind is WaitKind.BUDGET]

    def more(name: str) -> float:
        return sum(float(each.get(name, 0)) for each in given)

    return Limits(
        turns=limits.turns + int(more("turns")),
        minutes=limits.minutes + more("minutes"),
        tokens=limits.tokens + int(more("tokens")),
        usd=None if limits.usd is None else limits.usd + more("usd"),
    )


def most_of(limits: Limits, times: float) -> Limits:
    """Return what a task may come to at the most, by what people give it beyond its limits."""
    return Limits(
        turns=int(limits.turns * times),
        minutes=limits.minutes * times,
        tokens=int(limits.tokens * times),
        usd=None if limits.usd is None else limits.usd * times,
    )


def narrowed(limits: Limits, said: ProjectLimits) -> dict[str, Any]:
    """Return what a repository takes of the limits, as a task's brief keeps it."""
    named = {"turns": said.steps, "minutes": said.minutes, "tokens": said.tokens, "usd": said.usd}
    return {name: _smaller(vars(limits)[name], value) for name, value in named.items()}


def _smaller(one: float | None, other: float | None) -> float | None:
    given = [value for value in (one, other) if value is not None]
    return min(given) if given else None


def _for_verb(whole: Limits, verb: str) -> Limits:
    """Return the limits of a task of this verb: what only looks may take less."""
    share = _SHARES.get(verb, 1.0)
    if share == 1.0:
        return whole
    return replace(
        whole,
        turns=max(min(whole.turns, _FEWEST_TURNS), int(whole.turns * share)),
        minutes=whole.minutes * share,
        tokens=int(whole.tokens * share),
        usd=whole.usd * share if whole.usd else None,
    )


@dataclass(frozen=True)
class Wanted:
    """How far a task is to go by the options that it was asked for with."""

    usd: float | None = None
    tokens: int | None = None
    minutes: float | None = None

    @classmethod
    def of(cls, brief: Mapping[str, Any]) -> "Wanted":
        """Read it from a task's brief, where options stand as they were written."""
        money, time = amount(str(brief.get("budget", ""))), str(brief.get("time", "")).lower()
        minutes = float(time[:-1]) * _MINUTES[time[-1]] if time else None
        return cls(money.usd if money else None, money.tokens if money else None, minutes)

    def named(self) -> dict[str, float]:
        """Return what is wanted, by the names that limits have."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def within(self, limits: Limits) -> Limits:
        """Return the limits with these in place of their own kind, where they are less."""
        smaller: dict[str, Any] = {
            name: min(value, vars(limits)[name] or value) for name, value in self.named().items()
        }
        return replace(limits, **smaller)


@dataclass(frozen=True)
class Amount:
    """An amount of money or of tokens, as people write it: `$2`, `$0.50`, `200k`, `1.5M`."""

    usd: float | None = None
    tokens: int | None = None


def amount(text: str) -> Amount | None:
    """Read an amount; None if it is none."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or bool(found["dollar"]) == bool(found["unit"]) or not float(found["number"]):
        return None
    if found["dollar"]:
        return Amount(usd=float(found["number"]))
    return Amount(tokens=max(1, int(float(found["number"]) * _UNITS[found["unit"].lower()])))


@dataclass(frozen=True)
class Allowance:
    """What a repository may have of an installation in 24 hours."""

    per_user_day: int | None = None
    """Tasks of one person."""
    per_repository_day: int | None = None
    usd_day: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Allowance":
        """Read it from the settings."""
        return cls(
            per_user_day=settings.person_tasks_a_day,
            per_repository_day=settings.repository_tasks_a_day,
            usd_day=settings.repository_usd_a_day,
        )

    def smaller(self, name: str, said: float | None) -> tuple[float | None, str]:
        """Return the smaller of the operator's number and the repository's, and whose it is."""
        own: float | None = getattr(self, name)
        if said is not None and (own is None or said < own):
            return said, f"`limits.{name}` in `{PROJECT_FILE}`"
        return own, "a limit of whoever runs this bot"
