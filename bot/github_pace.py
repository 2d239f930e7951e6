"""Puts the pace of all processes before each request of a repository; no caller thinks of it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.github_errors import RateLimited
from records.pacing import NoTurn, Pacing

LONGEST_S = 8.0
"""A write waits no longer for its turn than this, for it may be an effect: with GitHub's own time
added, it has to be over before another process thinks this one dead."""


class Requests(Protocol):
    """What is needed of GitHub's APIs; `bot.github_app.GitHubApi` has it."""

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""

    def put(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Set something."""

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""

    def delete(self, path: str) -> None:
        """Remove something."""

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query."""

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""

    def tail_of_download(self, path: str, limit: int) -> bytes:
        """Read the last bytes of a file that lies elsewhere."""


@dataclass(frozen=True)
class Turns:
    """The turns of one repository at GitHub."""

    pacing: Pacing
    installation_id: int
    repository_id: int

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Ask in the block, unless GitHub wants silence: then RateLimited, and nothing is sent."""
        self._check_silence()
        with self._heeding():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write in the block, when the turn has come; RateLimited if that is too long to wait."""
        try:
            wait_s = self.pacing.turn(self.installation_id, self.repository_id, longest_s=LONGEST_S)
        except NoTurn as later:
            raise RateLimited(str(later), later.at) from later
        if wait_s > 0:
            time.sleep(wait_s)
            self._check_silence()  # another process may have been told meanwhile
        with self._heeding():
            yield

    def spare_in(self) -> float:
        """Return in how many seconds words that can wait would be in nobody's way."""
        return self.pacing.spare_in(self.installation_id, self.repository_id)

    def _check_silence(self) -> None:
        until = self.pacing.silent_until(self.installation_id)
        if until:
            raise RateLimited("GitHub has asked for silence", until)

    @contextmanager
    def _heeding(self) -> Iterator[None]:
        """Tell all processes when GitHub wants to be left alone."""
        try:
            yield
        except RateLimited as limited:
            wait_s = max(0.0, limited.until - time.time()) if limited.told else None
            until = self.pacing.fall_silent(self.installation_id, wait_s)
            raise RateLimited(str(limited), until) from limited


@dataclass(frozen=True)
class PacedApi:
    """GitHub's APIs for one repository, each request in its turn."""

    requests: Requests
    turns: Turns

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""
        with self.turns.reading():
            return self.requests.get(path, **parameters)

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list."""
        with self.turns.reading():
            yield from self.requests.pages(path, **parameters)

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""
        with self.turns.writing():
            return self.requests.post(path, fields)

    def put(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Set something."""
        with self.turns.writing():
            return self.requests.put(path, fields)

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""
        with self.turns.writing():
            return self.requests.patch(path, fields)

    def delete(self, path: str) -> None:
        """Remove something."""
        with self.turns.writing():
            self.requests.delete(path)

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query."""
        with self.turns.reading():
            return self.requests.query(text, variables)

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run a GraphQL mutation."""
        with self.turns.writing():
            return self.requests.mutate(name, fields, answer)

    def tail_of_download(self, path: str, limit: int) -> bytes:
        """Read the last bytes of a file that lies elsewhere."""
        with self.turns.reading():
            return self.requests.tail_of_download(path, limit)
