"""The table of operations: each with GitHub's name for it, its path and what it asks for."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from demo.github.auth import Caller
from demo.github.errors import Invalid
from demo.github.permissions import Need
from demo.github.records import Actor, Issue, Repository, User
from demo.github.state import State

Json = dict[str, Any]
MOST_PER_PAGE = 100
USUAL_PER_PAGE = 30


@dataclass(frozen=True)
class Answer:
    """What a handler gives back; `body` is JSON, or bytes for another media type."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """One request to the REST API, after it is known who makes it."""

    state: State
    caller: Caller
    path: dict[str, Any]
    query: Mapping[str, str]
    body: Json
    accept: str
    url: str
    links: dict[str, str] = field(default_factory=dict)
    found: Repository | None = None

    @property
    def repository(self) -> Repository:
        """The repository that the path names."""
        assert self.found is not None  # noqa: S101 - set where a path names one
        return self.found

    @property
    def actor(self) -> Actor:
        """Who does what this call asks for."""
        return self.caller.actor()

    @property
    def user(self) -> User:
        """The account that calls."""
        return self.caller.actor().user

    @property
    def issue(self) -> Issue:
        """The issue or pull request that the path names."""
        return self.state.issue(self.repository, self.path["number"])

    def text(self, resource: str, key: str) -> str:
        """Take a text that the body must have."""
        value = self.body.get(key)
        if not isinstance(value, str) or not value:
            raise Invalid(resource, key, "missing_field")
        return value

    def page(self, items: list[Any]) -> list[Any]:
        """Cut a list to the page that is asked for, and remember the links to the others."""
        size = max(1, min(self._number("per_page", USUAL_PER_PAGE), MOST_PER_PAGE))
        current = max(1, self._number("page", 1))
        last = max(1, -(-len(items) // size))
        if current < last:
            self.links |= {"next": self._at(current + 1), "last": self._at(last)}
        if current > 1:
            self.links |= {"prev": self._at(min(current - 1, last)), "first": self._at(1)}
        return items[(current - 1) * size : current * size]

    def _number(self, key: str, usual: int) -> int:
        value = self.query.get(key, "")
        return int(value) if value.isdecimal() else usual

    def _at(self, page: int) -> str:
        return f"{self.url}?{urlencode({**self.query, 'page': page})}"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One operation."""

    method: str
    path: str
    operation: str
    need: Need | None
    handler: Handler


SLOT = re.compile(r"<(?:(?P<kind>int|path):)?(?P<name>\w+)>")
KINDS = {None: "[^/]+", "int": "[0-9]+", "path": ".+"}


def _pattern(path: str) -> re.Pattern[str]:
    """Turn a path with slots, as Flask writes them, into a regular expression."""
    text, end = "", 0
    for slot in SLOT.finditer(path):
        text += re.escape(path[end : slot.start()])
        text += f"(?P<{slot['name']}>{KINDS[slot['kind']]})"
        end = slot.end()
    return re.compile(text + re.escape(path[end:]))


class Table:
    """All operations, to be found by method and path; the one that fixes most of it wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        fixed = sorted(routes, key=lambda each: len(SLOT.sub("", each.path)), reverse=True)
        self._rows = [(each, _pattern(each.path)) for each in fixed]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, Any]] | None:
        """Find an operation with what its path names."""
        for route, pattern in self._rows:
            if route.method == method and (match := pattern.fullmatch(path)):
                numbers = set(re.findall(r"<int:(\w+)>", route.path))
                return route, {
                    name: int(value) if name in numbers else value
                    for name, value in match.groupdict().items()
                }
        return None


class Routes:
    """Operations in the order in which their modules name them."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def on(
        self, method: str, path: str, operation: str, need: Need | None = None
    ) -> Callable[[Handler], Handler]:
        """Put a handler into the table; `need` is for paths inside a repository."""

        def put(handler: Handler) -> Handler:
            self.all.append(Route(method, path, operation, need, handler))
            return handler

        return put
