"""Everything this GitHub knows, as plain dataclasses in memory; the git objects are on disk."""

import itertools
import queue
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from demo.github.check_records import CheckRun
from demo.github.delivery_records import Delivery, DeliveryPlan
from demo.github.errors import GitHubError, Moved, NotFound
from demo.github.faults import Faults
from demo.github.records import App, Comment, Installation, Issue, Repository, Token, User
from demo.github.signing import SigningKey


@dataclass
class State:
    """One GitHub: whoever reads or writes it from a thread holds `lock`."""

    data_dir: Path
    url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    users: dict[str, User] = field(default_factory=dict)
    repositories: list[Repository] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    installations: list[Installation] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    outbox: "queue.Queue[Delivery | None]" = field(default_factory=queue.Queue)
    changed: threading.Condition = field(default_factory=threading.Condition)
    delivery_plan: DeliveryPlan = field(default_factory=DeliveryPlan)
    manifests: dict[str, tuple[App, str]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    signing_key: SigningKey = field(default_factory=SigningKey)
    clock_shift_s: float = 0.0
    read_lag_s: float = 0.0
    """How long reads do not show what was written."""
    downloads: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    """Files that can be fetched without a token for a minute, by their addresses."""
    requests_counted: dict[str, int] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(10_001))
    # Comment ids of the real GitHub passed 2^31 long ago: whoever stores them must stand that.
    _comment_ids: Iterator[int] = field(default_factory=lambda: itertools.count(3_500_000_001))

    def now(self) -> float:
        """Give the time of this GitHub's clock, which tests may move."""
        return time.time() + self.clock_shift_s

    def shows(self, written_at: float) -> bool:
        """Say whether reads show by now what was written then."""
        return self.now() - written_at >= self.read_lag_s

    def seen_ref(self, repository: Repository, ref: str) -> str | None:
        """Give what a ref holds as reads show it."""
        moved_at, before = repository.ref_moves.get(ref, (0.0, None))
        return repository.git.ref(ref) if self.shows(moved_at) else before

    def next_id(self) -> int:
        """Give a database id that nothing else has."""
        return next(self._ids)

    def next_comment_id(self) -> int:
        """Give an id for a comment, too large for 32 bits as on the real GitHub."""
        return next(self._comment_ids)

    def open_download(self, content: bytes) -> str:
        """Put a file where it can be fetched without a token, and give its path."""
        path = f"/_downloads/{secrets.token_urlsafe(24)}"
        self.downloads[path] = (self.now(), content)
        return path

    def count_request(self, caller: str) -> int:
        """Count a request against a caller's budget and say how many it were in this hour."""
        with self.lock:
            key = f"{caller} {int(self.now() // 3600)}"
            self.requests_counted[key] = self.requests_counted.get(key, 0) + 1
            return self.requests_counted[key]

    def requests_used(self, caller: str) -> int:
        """Say how many requests a caller has made in this hour."""
        return self.requests_counted.get(f"{caller} {int(self.now() // 3600)}", 0)

    def user(self, login: str) -> User:
        """Find a user, an organization or a bot by its login, whatever the case."""
        found = self.users.get(login.lower())
        if found is None:
            raise NotFound
        return found

    def repository(self, owner: str, name: str) -> Repository:
        """Find a repository by owner and name, whatever the case."""
        wanted = f"{owner}/{name}".lower()
        for repository in self.repositories:
            if repository.full_name.lower() == wanted:
                return repository
        for repository in self.repositories:
            if wanted in repository.old_names:
                raise Moved(repository.id)
        raise NotFound

    def repository_by_id(self, repository_id: int) -> Repository:
        """Find a repository by its database id."""
        for repository in self.repositories:
            if repository.id == repository_id:
                return repository
        raise NotFound

    def app(self, key: str | int) -> App:
        """Find an App by id, client id or slug."""
        for app in self.apps:
            if str(key) in {str(app.id), app.client_id, app.slug}:
                return app
        raise NotFound

    def installation(self, installation_id: int) -> Installation:
        """Find an installation by its id."""
        for installation in self.installations:
            if installation.id == installation_id:
                return installation
        raise NotFound

    def installations_on(self, repository: Repository) -> list[Installation]:
        """List the installations that may see a repository."""
        return [each for each in self.installations if each.covers(repository)]

    def issue(self, repository: Repository, number: int) -> Issue:
        """Find an issue or a pull request by its number."""
        found = repository.issues.get(number)
        if found is None:
            if 0 < number < repository.next_number:
                raise GitHubError(410, "This issue was deleted")
            raise NotFound
        return found

    def comment(self, repository: Repository, comment_id: int) -> tuple[Issue, Comment]:
        """Find a comment together with the issue it stands on."""
        for issue in repository.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise NotFound

    def check_run(self, repository: Repository, check_run_id: int) -> CheckRun:
        """Find a check run by its id."""
        for run in repository.check_runs:
            if run.id == check_run_id:
                return run
        raise NotFound

    def issue_token(self, prefix: str, token: Token) -> Token:
        """Give a token its value and remember it."""
        token.value = f"{prefix}{secrets.token_urlsafe(27).replace('-', 'A').replace('_', 'B')}"
        self.tokens[token.value] = token
        return token
