"""Brings in packages that people allowed one task, beside what its project needs by itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.setup.adding import added_by_apt, added_by_npm, added_by_pip
from jobs.setup.manifests import Manifests
from jobs.setup.outcome import SetupOutcome
from jobs.setup.plan import Plan, Step
from jobs.setup.python_manifest import read_manifest
from jobs.setup.python_plan import pytest_steps
from jobs.setup.running import shown

# A name that ends like an archive is a file's name to pip and npm.
_NO_FILE = r"(?!.*\.(?:whl|zip|tar|tgz|gz|bz2|xz)$)"
_NPM_WORD = r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?"
_NAMES = {
    "pip": re.compile(rf"{_NO_FILE}[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,98}}[A-Za-z0-9])?"),
    "npm": re.compile(rf"{_NO_FILE}(?:@{_NPM_WORD}/)?{_NPM_WORD}"),
    # apt takes a name that ends in a minus as one to be removed.
    "apt": re.compile(r"[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]"),
}
_VERSIONS = {
    "pip": re.compile(r"[0-9][0-9A-Za-z.!+]{0,49}"),
    "npm": re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]{1,40})?"),
    "apt": re.compile(r"[0-9][0-9A-Za-z.+:~-]{0,79}"),
}
MANAGERS = tuple(_NAMES)
_LANGUAGES = {"pip": "python", "npm": "node"}


class BadPackage(ValueError):
    """No package of a package manager's; the words say what would be one."""


@dataclass(frozen=True)
class Wanted:
    """One package by name; without a version, the newest that the manager takes."""

    manager: str
    name: str
    version: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as the records keep it, and as `wanted` reads it."""
        return {"manager": self.manager, "name": self.name, "version": self.version}

    @property
    def words(self) -> str:
        """Name it for people."""
        return f"{self.name} {self.version or '(newest)'} ({self.manager})"

    @property
    def spec(self) -> str:
        """Name it for its manager; it is a name and a version, whatever it is made of."""
        match self.manager:
            case "npm":
                return f"{self.name}@{self.version or 'latest'}"
            case "apt":
                return f"{self.name}={self.version}" if self.version else self.name
            case _:
                return f"{self.name}=={self.version}" if self.version else self.name


@dataclass(frozen=True)
class Came:
    """What came of one package."""

    package: str
    """In words for people."""
    installed: bool
    said: str = ""
    """Why it is not there: what the package manager printed last, or our own words."""
    changes: tuple[str, ...] = ()
    """What its manager would change in the project's own files, which stay as they are."""


def wanted(entry: Mapping[str, Any]) -> Wanted:
    """Read a package with `manager`, `name` and maybe `version`; BadPackage if it is none."""
    manager, name = str(entry.get("manager", "")), str(entry.get("name", ""))
    version = str(entry.get("version") or "")
    if manager not in _NAMES:
        raise BadPackage(f"`manager` is one of {', '.join(MANAGERS)}.")
    if not _NAMES[manager].fullmatch(name):
        raise BadPackage(
            f"A `name` for {manager} is that of one package alone: no version, path, address, "
            "option or extra in it."
        )
    if version and not _VERSIONS[manager].fullmatch(version):
        raise BadPackage(
            f"A `version` for {manager} is one exact version, as 1.2.3, and no range; leave it out "
            "for the newest."
        )
    return Wanted(manager, name, version)


def with_wanted(plan: Plan, manifests: Manifests, packages: Sequence[Wanted]) -> Plan:
    """Add to a plan, after its own steps, what brings these packages in; the key follows from it.

    Each is a step of its own, so that one that is not to be had takes no other with it.
    """
    if not packages:
        return plan
    if any(one.manager == "pip" for one in packages) and plan.python is None:
        # What a project without a set-up has from its image is not in an environment of its own.
        steps = (*plan.steps, *pytest_steps(manifests))
        wish = read_manifest(manifests, "").wish
        plan = replace(plan, steps=steps, python=wish, makes_venv=True)
    added = (step for one in packages for step in _steps(one, plan, manifests))
    return replace(
        plan,
        source=", ".join(filter(None, (plan.source, "the packages that people allowed"))),
        allowed=tuple(dict.fromkeys(added)),
    )


def languages_of(packages: Sequence[Wanted]) -> frozenset[str]:
    """Name the languages that an image has to be for, so that these can be brought in."""
    return frozenset(_LANGUAGES[one.manager] for one in packages if one.manager in _LANGUAGES)


def came_of(
    plan: Plan, manifests: Manifests, packages: Sequence[Wanted], outcome: SetupOutcome
) -> tuple[Came, ...]:
    """Say what came of each package."""
    return tuple(_came(one, shown(_steps(one, plan, manifests)[-1]), outcome) for one in packages)


def _came(one: Wanted, command: str, outcome: SetupOutcome) -> Came:
    tried = next((each for each in outcome.tried if each.command == command), None)
    if tried is None or not outcome.kept:
        return Came(one.words, installed=False, said=outcome.trouble or _NOT_REACHED)
    if tried.exit_code:
        return Came(one.words, installed=False, said=tried.last_lines)
    return Came(one.words, installed=True, changes=tried.reports)


_NOT_REACHED = "The set-up ended before it came to it."


def _steps(one: Wanted, plan: Plan, manifests: Manifests) -> tuple[Step, ...]:
    """Return what brings it in; the last step is the one that says what came of it."""
    match one.manager:
        case "npm":
            return added_by_npm(manifests, one.spec)
        case "apt":
            return added_by_apt(one.spec, known=bool(plan.packages))
        case _:
            return added_by_pip(manifests, one.spec)
