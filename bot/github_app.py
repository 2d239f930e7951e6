"""Acts as our App on GitHub: signs as the App, mints narrow tokens, and sends every request."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from bot.github_api import GitHubApi
from bot.github_errors import (
    Invalid,
    NotFound,
    PermissionsMissing,
    Unauthorized,
)
from bot.github_pace import PacedApi, Turns
from bot.github_repository import GitHubRepository
from records.effects import Ambiguous
from records.pacing import Pacing

_FIRST_SUCCESS, _FIRST_NO_SUCCESS = 200, 300
_LEVELS = ("read", "write", "admin")
_PER_PAGE = 100
_DELIVERY_PAGES = 100
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
    installation_id: int
    repository_id: int

    def __repr__(self) -> str:
        return f"Token(for {self.repository}, expires_at={self.expires_at})"


@dataclass(frozen=True)
class Bot:
    """The account that the App writes with."""

    slug: str
    login: str
    user_id: int


@dataclass(frozen=True)
class SentDelivery:
    """A webhook request of GitHub's, as GitHub remembers it."""

    id: int
    guid: str
    event: str
    delivered_at: float
    arrived: bool
    """Whether it was answered with success."""


class BadKey(Exception):
    """The private key cannot sign; the message says why, without the key."""


def _prepared(key: str) -> Any:
    """Read the text of a private key."""
    if "PRIVATE KEY-----" not in key:
        raise BadKey("it is no private key in PEM")
    try:
        return _RS256.prepare_key(key)
    except TypeError as locked:
        raise BadKey("it is locked with a password") from locked
    except (jwt.InvalidKeyError, ValueError) as unreadable:
        raise BadKey("it is damaged, or no RSA key") from unreadable


def _page_of_deliveries(api: GitHubApi, *, cursor: str) -> tuple[Any, str]:
    return api.from_cursor("/app/hook/deliveries", cursor, per_page=_PER_PAGE)


def _sent_delivery(item: Mapping[str, Any]) -> SentDelivery:
    code = int(item.get("status_code") or 0)
    return SentDelivery(
        id=int(item["id"]),
        guid=str(item["guid"]),
        event=str(item["event"]),
        delivered_at=datetime.fromisoformat(item["delivered_at"]).timestamp(),
        arrived=_FIRST_SUCCESS <= code < _FIRST_NO_SUCCESS,
    )


class GitHubApp:
    """Our App; one per process."""

    def __init__(
        self,
        app_id: int,
        private_key: str,
        api_url: str,
        *,
        on_secret: Callable[[str], None] = lambda _: None,
        pacing: Pacing | None = None,
        reread_key: Callable[[], str] = lambda: "",
    ) -> None:
        self._app_id = app_id
        self._private_key = private_key
        self._read_key: Any = None
        self._api_url = api_url
        self._on_secret = on_secret
        self._pacing = pacing
        """Gives every write its turn; without one, each is sent at once."""
        self._reread_key = reread_key
        """Gives the private key as it is now: it may have been renewed while this process ran."""
        self._skew_s = 0.0
        self._bot: Bot | None = None
        self._slug = ""
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

    def slug(self) -> str:
        """Return the App's name in addresses, by which people mention it."""
        with self._lock:
            if not self._slug:
                self._slug = str(self.itself()["slug"])
            return self._slug

    def itself(self) -> Any:
        """Return what GitHub knows of the App: `slug`, `permissions` and more."""
        return self._as_app(lambda api: api.get("/app"))

    def deliveries_since(self, since: float) -> Iterator[SentDelivery]:
        """Yield what GitHub sent or tried to send to the App since then, newest first."""
        cursor = ""
        for _ in range(_DELIVERY_PAGES):
            items, cursor = self._as_app(partial(_page_of_deliveries, cursor=cursor))
            for item in items:
                sent = _sent_delivery(item)
                if sent.delivered_at < since:
                    return
                yield sent
            if not cursor:
                return

    def payload_sent(self, delivery_id: int) -> Any:
        """Return what a delivery carried; NotFound when GitHub has forgotten it."""
        found = self._as_app(lambda api: api.get(f"/app/hook/deliveries/{delivery_id}"))
        return found["request"]["payload"]

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
                missing = self._lacking(installation_id, permissions)
                raise missing or error from error
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
        return Token(answer["token"], expires_at, names[0], installation_id, repository_id)

    def require(self, installation_id: int, wanted: Mapping[str, str]) -> None:
        """Raise PermissionsMissing, which says what to grant, unless all of this is granted."""
        if lacking := self._lacking(installation_id, wanted):
            raise lacking

    def _lacking(
        self, installation_id: int, wanted: Mapping[str, str]
    ) -> PermissionsMissing | None:
        found = self._as_app(lambda api: api.get(f"/app/installations/{installation_id}"))
        granted = {name: _LEVELS.index(level) for name, level in found["permissions"].items()}
        names = [
            f"`{name}: {level}`"
            for name, level in wanted.items()
            if granted.get(name, -1) < _LEVELS.index(level)
        ]
        if not names:
            return None
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
        name, bot_id = full_name or token.repository, self.bot(token).user_id
        if self._pacing is None:
            return GitHubRepository(api, name, bot_id=bot_id)
        turns = Turns(self._pacing, token.installation_id, token.repository_id)
        return GitHubRepository(PacedApi(api, turns), name, bot_id=bot_id, spare_in=turns.spare_in)

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
            if not self._mended(error):
                raise
            return ask(GitHubApi(self._api_url, self._signed()))

    def _mended(self, refusal: Unauthorized) -> bool:
        """Set right what made our signature worthless, if that is to be found on this side."""
        renewed = self._reread_key()
        if renewed and renewed != self._private_key:
            self._private_key, self._read_key = renewed, None
            return True
        # A clock that is off makes a good signature look expired, or not yet valid.
        skew = (refusal.server_time or time.time()) - time.time()
        if abs(skew - self._skew_s) < _CLOCK_DRIFT_S / 2:
            return False
        self._skew_s = skew
        return True

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
            self._read_key = _prepared(self._private_key)
        return self._read_key
