"""Acts as our App on GitHub: signs as the App, mints narrow tokens, and sends every request."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import github
import jwt
import requests
from github.Requester import Requester
from jwt.algorithms import RSAAlgorithm
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Retry

from bot.github_errors import (
    Invalid,
    NotFound,
    PermissionsMissing,
    Unauthorized,
    Unavailable,
    from_answer,
    from_graphql,
    unclear,
)
from bot.github_repository import GitHubRepository
from records.effects import Ambiguous

_READ_TIMEOUT_S = 5
_WRITE_TIMEOUT_S = 15
"""Longer than GitHub's own ten seconds, after which it may still answer; an effect's patience is
longer still."""
_FIRST_NO_SUCCESS = 300
_LEVELS = ("read", "write", "admin")
_PER_PAGE = 100
_PAGES = 30
# GitHub takes a signature that lives for ten minutes at the most, and advises to date it a minute
# back: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
_JWT_LIVES_S = 480
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
_CLOCK_DRIFT_S = 60
_REUSED_UNTIL_S = 600.0
"""A token that is kept is used no longer than this before its end."""


@dataclass(frozen=True)
class Token:
    """An installation token for one repository."""

    value: str
    expires_at: float
    repository: str
    """The repository's full name as GitHub knows it now."""

    def __repr__(self) -> str:
        return f"Token(for {self.repository}, expires_at={self.expires_at})"


@dataclass(frozen=True)
class Bot:
    """The account that the App writes with."""

    slug: str
    login: str
    user_id: int


class GitHubApi:
    """One token's way to the REST and GraphQL APIs; the only user of PyGithub."""

    def __init__(self, api_url: str, token: str) -> None:
        self._reads = _requester(api_url, token, _READ_TIMEOUT_S)
        self._writes = _requester(api_url, token, _WRITE_TIMEOUT_S)

    def get(self, path: str, **parameters: str | int) -> Any:
        """Read something."""
        return self._send("GET", path, parameters=dict(parameters))

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """Read a list, page after page, up to a bound."""
        for page in range(1, _PAGES + 1):
            items = self.get(path, **parameters, per_page=_PER_PAGE, page=page)
            yield from items
            if len(items) < _PER_PAGE:
                return

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Make something."""
        return self._send("POST", path, body=dict(fields))

    def put(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Set something."""
        return self._send("PUT", path, body=dict(fields))

    def patch(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Change something."""
        return self._send("PATCH", path, body=dict(fields))

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", path)

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Run a GraphQL query and return its data."""
        body = {"query": text, "variables": dict(variables)}
        try:
            data = self._send("POST", self._writes.graphql_url, body=body)
            if errors := data.get("errors"):
                raise from_graphql(errors)
        except Ambiguous as unclear_end:
            raise Unavailable(str(unclear_end)) from unclear_end  # a question changes nothing
        return data["data"]

    def mutate(self, name: str, fields: Mapping[str, Any], answer: str) -> Any:
        """Run one GraphQL mutation and return its payload."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {answer} }} }}"
        body = {"query": query, "variables": {"input": dict(fields)}}
        data = self._send("POST", self._writes.graphql_url, body=body)
        if errors := data.get("errors"):
            raise from_graphql(errors)
        return data["data"][name]

    def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        requester = self._reads if method == "GET" else self._writes
        try:
            # Not the one that checks: it takes a redirect of a write for an answer.
            status, headers, text = requester.requestJson(
                method, path, parameters=parameters, input=body
            )
        except requests.ConnectionError as error:
            if method == "GET" or _never_sent(error):
                raise Unavailable("GitHub cannot be reached") from error
            raise Ambiguous("the connection was lost before GitHub answered") from error
        except (requests.RequestException, ValueError) as error:
            raise unclear(method, "GitHub's answer did not come") from error
        try:
            data = json.loads(text) if text else None
        except ValueError as error:
            if status < _FIRST_NO_SUCCESS:
                raise unclear(method, "GitHub's answer cannot be read") from error
            data = None
        if status >= _FIRST_NO_SUCCESS:
            raise from_answer(method, status, headers, data)
        return data


def _requester(api_url: str, token: str, timeout_s: int) -> Requester:
    # Only reads are tried again: GitHub may answer 500 to a write that it has carried out.
    # Rate limits are never slept through here; whoever asked decides when to come back.
    retry = Retry(
        total=3,
        redirect=0,
        other=0,
        allowed_methods={"GET"},
        status_forcelist={500, 502, 503, 504},
        backoff_factor=0.2,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    return github.Github(
        auth=github.Auth.Token(token),
        base_url=api_url,
        retry=retry,
        timeout=timeout_s,
        user_agent="patchbay",
        seconds_between_requests=None,
        seconds_between_writes=None,
    ).requester


def _never_sent(error: requests.ConnectionError) -> bool:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


class GitHubApp:
    """Our App; one per process."""

    def __init__(
        self,
        app_id: int,
        private_key: str,
        api_url: str,
        *,
        on_secret: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._app_id = app_id
        self._private_key = private_key
        self._read_key: Any = None
        self._api_url = api_url
        self._on_secret = on_secret
        self._skew_s = 0.0
        self._bot: Bot | None = None
        self._kept: dict[tuple[int, int, str], Token] = {}
        self._lock = threading.Lock()

    def bot(self, token: Token) -> Bot:
        """Say which account the App writes with."""
        with self._lock:
            if self._bot is None:
                slug = self.itself()["slug"]
                # An App's signature opens what is below /app and nothing else, not even users.
                user = GitHubApi(self._api_url, token.value).get(f"/users/{slug}%5Bbot%5D")
                self._bot = Bot(slug, f"{slug}[bot]", user["id"])
            return self._bot

    def itself(self) -> Any:
        """Return what GitHub knows of the App: `slug`, `permissions` and more."""
        return self._as_app(lambda api: api.get("/app"))

    def token(
        self, installation_id: int, repository_id: int, permissions: Mapping[str, str]
    ) -> Token:
        """Mint a token for one repository with these permissions and no others."""
        path = f"/app/installations/{installation_id}/access_tokens"
        fields = {"repository_ids": [repository_id], "permissions": dict(permissions)}
        try:
            answer = self._as_app(lambda api: api.post(path, fields))
        except Invalid as error:
            if "permissions requested are not granted" in str(error):
                raise self._missing(installation_id, permissions) from error
            raise
        self._on_secret(answer["token"])
        names = [
            repository["full_name"]
            for repository in answer.get("repositories", [])
            if repository["id"] == repository_id
        ]
        if not names:
            raise NotFound("the installation does not hold this repository")
        expires_at = datetime.fromisoformat(answer["expires_at"]).timestamp()
        return Token(answer["token"], expires_at, names[0])

    def _missing(self, installation_id: int, wanted: Mapping[str, str]) -> PermissionsMissing:
        found = self._as_app(lambda api: api.get(f"/app/installations/{installation_id}"))
        granted = {name: _LEVELS.index(level) for name, level in found["permissions"].items()}
        names = [
            f"`{name}: {level}`"
            for name, level in wanted.items()
            if granted.get(name, -1) < _LEVELS.index(level)
        ]
        return PermissionsMissing(
            f"the App lacks {', '.join(names)}; grant it in the App's settings under Permissions "
            "& events, then accept it where the App is installed"
        )

    def revoke(self, token: Token) -> None:
        """Make a token worthless before its end."""
        try:
            GitHubApi(self._api_url, token.value).delete("/installation/token")
        except (Unauthorized, Ambiguous):
            return  # it is worthless already, or will be within the hour

    def repository(self, token: Token, full_name: str = "") -> GitHubRepository:
        """Open the repository of a token, under its present name unless another is given."""
        api = GitHubApi(self._api_url, token.value)
        name = full_name or token.repository
        return GitHubRepository(api, name, bot_id=self.bot(token).user_id)

    def kept_repository(
        self, installation_id: int, repository_id: int, permissions: Mapping[str, str]
    ) -> GitHubRepository:
        """Open a repository with a token that is kept for the next time."""
        place = (installation_id, repository_id, str(sorted(permissions.items())))
        token = self._kept.get(place)
        if token is None or token.expires_at < time.time() + _REUSED_UNTIL_S:
            token = self.token(installation_id, repository_id, permissions)
            self._kept[place] = token
        return self.repository(token)

    def forget(self, installation_id: int, repository_id: int) -> None:
        """Drop what is kept for a repository: GitHub no longer takes it."""
        for place in [one for one in self._kept if one[:2] == (installation_id, repository_id)]:
            self._kept.pop(place, None)

    def _as_app(self, ask: Callable[["GitHubApi"], Any]) -> Any:
        try:
            return ask(GitHubApi(self._api_url, self._signed()))
        except Unauthorized as error:
            # A clock that is off makes a good signature look expired, or not yet valid.
            skew = (error.server_time or time.time()) - time.time()
            if abs(skew - self._skew_s) < _CLOCK_DRIFT_S / 2:
                raise
            self._skew_s = skew
            return ask(GitHubApi(self._api_url, self._signed()))

    def _signed(self) -> str:
        now = int(time.time() + self._skew_s)
        claims = {
            "iat": now - _CLOCK_DRIFT_S,
            "exp": now + _JWT_LIVES_S,
            "iss": str(self._app_id),
        }
        return jwt.encode(claims, self._key(), algorithm="RS256")

    def _key(self) -> Any:
        """Read the private key once: checking it takes longer than all the rest of a signature."""
        if self._read_key is None:
            self._read_key = _RS256.prepare_key(self._private_key)
        return self._read_key
