"""Reads the section that says how the project's environment is prepared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.project_file.nodes import (
    Node,
    at,
    bad_command,
    is_nothing,
    items,
    number_of,
    section,
    text_of,
    unknown_keys,
)

KEYS = ("image", "setup", "network_hosts", "packages", "setup_minutes")
MAX_ENTRIES = 30
LONGEST_MINUTES = 24 * 60

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]{0,199}")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}")


@dataclass(frozen=True)
class ProjectEnvironment:
    """What the project wants to be prepared with; what of it counts, the operator says."""

    image: str = ""
    setup: tuple[str, ...] | None = None
    """The commands; an empty tuple says that nothing is to be done, None leaves it to detection."""
    network_hosts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """Names of Debian packages."""
    setup_minutes: float | None = None
    problems: tuple[str, ...] = ()


def read_environment(node: Node | None) -> ProjectEnvironment:
    """Read `env:`; with a mistake in it nothing of it counts."""
    if node is None or is_nothing(node):
        return ProjectEnvironment()
    problems = [*unknown_keys(node, "env.", KEYS), *_problems(node)]
    if problems:
        return ProjectEnvironment(problems=tuple(problems))
    setup, minutes = section(node, "setup"), section(node, "setup_minutes")
    return ProjectEnvironment(
        image="".join(_texts(node, "image")),
        setup=None if is_nothing(setup) else tuple(_texts(node, "setup")),
        network_hosts=tuple(_texts(node, "network_hosts")),
        packages=tuple(_texts(node, "packages")),
        setup_minutes=number_of(minutes) if minutes else None,
    )


def _problems(node: Node) -> Iterator[str]:
    yield from _not_like(node, "image", _IMAGE, "has to be the name of one image", most=1)
    yield from _not_like(
        node, "network_hosts", _HOST, "has to be names of hosts, each without protocol and port"
    )
    yield from _not_like(node, "packages", _PACKAGE, "has to be names of Debian packages")
    setup = section(node, "setup")
    if setup is not None and not is_nothing(setup):
        yield from filter(None, (bad_command(each, "env.setup") for each in items(setup)))
        yield from _too_many(setup, "setup", MAX_ENTRIES)
    minutes = section(node, "setup_minutes")
    if minutes is not None and not 0 < (number_of(minutes) or 0) <= LONGEST_MINUTES:
        yield f"{at(minutes)}: `env.setup_minutes` has to be a number of minutes, more than 0"


def _not_like(
    node: Node, name: str, shape: re.Pattern[str], words: str, *, most: int = MAX_ENTRIES
) -> Iterator[str]:
    value = section(node, name)
    if value is None or is_nothing(value):
        return
    for each in items(value):
        if not shape.fullmatch(text_of(each) or ""):
            yield f"{at(each)}: `env.{name}` {words}"
    yield from _too_many(value, name, most)


def _too_many(value: Node, name: str, most: int) -> Iterator[str]:
    if len(items(value)) > most:
        yield f"{at(value)}: `env.{name}` may have {most} at most"


def _texts(node: Node, name: str) -> list[str]:
    value = section(node, name)
    if value is None or is_nothing(value):
        return []
    return [(text_of(each) or "").strip() for each in items(value)]
