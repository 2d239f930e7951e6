"""Names what GitHub can answer instead of what was asked for."""

import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from records.effects import Ambiguous

# As GitHub asks for where an answer does not say how long:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
_WAIT_WITHOUT_WORD_S = 60.0
_SERVER_ERRORS = range(500, 600)


class GitHubError(Exception):
    """GitHub refused or failed; nothing was changed by the request."""


class NotFound(GitHubError):
    """It is not there, was deleted, or this token may not know of it."""


class Forbidden(GitHubError):
    """This token may not do it."""


class Conflict(GitHubError):
    """Something has changed in the meantime, such as the head of a branch."""


class Invalid(GitHubError):
    """GitHub understood the request and will not carry it out."""


class HeadUnseen(Invalid):
    """No branch to open a pull request from, or nothing on it; it may be too new to be seen."""


class NoDrafts(Invalid):
    """The repository's plan has no draft pull requests."""


class PermissionsMissing(Invalid):
    """The installation does not grant what is needed; the words say what to grant, and where."""


class Unavailable(GitHubError):
    """GitHub could not be reached, or failed in answering a read."""


class Unauthorized(GitHubError):
    """The token or the App's signature is not accepted."""

    def __init__(self, message: str, server_time: float | None = None) -> None:
        super().__init__(message)
        self.server_time = server_time
        """GitHub's clock when it answered, since a wrong clock of ours also ends here."""


class Moved(Unauthorized):
    """The repository has another name now; a token that is minted anew comes with it."""


class RateLimited(GitHubError):
    """GitHub wants no requests until `until`."""

    def __init__(self, message: str, until: float, *, told: bool = True) -> None:
        super().__init__(message)
        self.until = until
        self.told = told
        """Whether GitHub said so itself, or only that it was too much."""


AWAY = (RateLimited, Unauthorized, Unavailable)
"""What says nothing about what was asked for: the same request may do later."""

_REDIRECTS = range(300, 400)
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_NAMES: dict[int, type[GitHubError]] = {
    _FORBIDDEN: Forbidden,
    451: Forbidden,
    404: NotFound,
    410: NotFound,
    409: Conflict,
}


def from_answer(
    method: str, status: int, headers: Mapping[str, str], data: Any
) -> GitHubError | Ambiguous:
    """Name a REST answer that is not a success."""
    headers = {name.lower(): value for name, value in headers.items()}
    fields = data if isinstance(data, dict) else {}
    words = f"{status}: {str(fields.get('message', ''))[:300]}"
    if status in _SERVER_ERRORS:
        return unclear(method, words)
    if status == _TOO_MANY or (status == _FORBIDDEN and _limited(words, headers)):
        until = _until(headers)
        told = until is not None
        return RateLimited(words, until or time.time() + _WAIT_WITHOUT_WORD_S, told=told)
    if status in _REDIRECTS:
        return Moved(words)
    if status == _UNAUTHORIZED:
        return Unauthorized(words, _server_time(headers))
    if kind := _NAMES.get(status):
        return kind(words)
    return Invalid(f"{words} {str(fields.get('errors', ''))[:500]}".strip())


def unclear(method: str, words: str) -> Unavailable | Ambiguous:
    """Name a request without a clear end: a read failed, a write may have happened."""
    return Unavailable(words) if method == "GET" else Ambiguous(words)


def from_graphql(errors: Sequence[Mapping[str, Any]]) -> GitHubError | Ambiguous:
    """Name the errors of a mutation; only a refusal that is known says that nothing happened."""
    words = "; ".join(str(error.get("message", ""))[:300] for error in errors)
    match errors[0].get("type"):
        case "STALE_DATA":
            return Conflict(words)
        case "NOT_FOUND":
            return NotFound(words)
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return Forbidden(words)
        case "RATE_LIMITED":
            return RateLimited(words, time.time() + _WAIT_WITHOUT_WORD_S, told=False)
        case "UNPROCESSABLE" | "BRANCH_PROTECTION_RULE_VIOLATION" | "REPOSITORY_RULE_VIOLATION":
            return Invalid(words)
        case _:
            # Such as "Something went wrong while executing your query", after a time-out of theirs.
            return Ambiguous(words)


def _limited(words: str, headers: Mapping[str, str]) -> bool:
    said = "rate limit" in words.lower() or "retry-after" in headers
    return said or headers.get("x-ratelimit-remaining") == "0"


def _until(headers: Mapping[str, str]) -> float | None:
    """Return when GitHub wants to be asked again, if it says so."""
    now = time.time()
    if headers.get("retry-after", "").isdigit():
        return now + float(headers["retry-after"])
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(now, float(reset)) + 1.0
    return None


def _server_time(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
