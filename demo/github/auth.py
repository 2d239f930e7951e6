"""Finds out who calls: an App by its JWT, an installation or a person by a token."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import jwt

from demo.github.errors import BadCredentials, NotFound
from demo.github.records import Actor, App, Installation, Token, User
from demo.github.state import State

LONGEST_JWT_S = 600
CLOCK_TOLERANCE_S = 60
UNDECODABLE = "A JSON web token could not be decoded"


@dataclass(frozen=True)
class Caller:
    """Whoever made a request; nobody known when all three are missing."""

    app: App | None = None
    token: Token | None = None

    @property
    def user(self) -> User | None:
        """The account in whose name it acts."""
        return self.token.user if self.token else None

    @property
    def installation(self) -> Installation | None:
        """The installation whose token it has."""
        return self.token.installation if self.token else None

    def actor(self) -> Actor:
        """Give the one who does what this request asks for."""
        if self.token is None:
            raise BadCredentials("Requires authentication")
        through = self.token.installation.app if self.token.installation else None
        return Actor(self.token.user, through)

    @property
    def name(self) -> str:
        """A word for rate limits: each token's owner has a budget of its own."""
        if self.token is not None:
            installation = self.token.installation
            return f"installation-{installation.id}" if installation else self.token.user.login
        return f"app-{self.app.id}" if self.app else "anonymous"


def identify(state: State, authorization: str) -> Caller:
    """Read the Authorization header; wrong credentials are never just ignored."""
    if not authorization:
        return Caller()
    scheme, _, rest = authorization.partition(" ")
    value = rest.strip()
    match scheme.lower():
        case "basic":
            return _token_caller(state, basic_password(value))
        case "bearer" | "token":
            if value.count(".") == 2:  # noqa: PLR2004 - the three parts of a JWT
                return Caller(app=app_of_jwt(state, value))
            return _token_caller(state, value)
        case _:
            raise BadCredentials


def basic_password(value: str) -> str:
    """Take the token out of basic authentication, on whichever side of the colon it is."""
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise BadCredentials from None
    return password if password and password != "x-oauth-basic" else name  # noqa: S105 - a fixed word of git clients


def _token_caller(state: State, value: str) -> Caller:
    token = state.tokens.get(value)
    if token is None or (token.expires_at is not None and token.expires_at <= state.now()):
        raise BadCredentials
    if token.installation is not None and token.installation.suspended_at is not None:
        raise BadCredentials("This installation has been suspended")
    return Caller(token=token)


def app_of_jwt(state: State, value: str) -> App:
    """Check an App's JWT as GitHub does: key, clock, and a life of ten minutes at most."""
    try:
        claims: dict[str, Any] = jwt.decode(value, options={"verify_signature": False})
        app = state.app(str(claims.get("iss", "")))
    except jwt.PyJWTError:
        raise BadCredentials(UNDECODABLE) from None
    except NotFound:
        raise BadCredentials("Integration not found") from None
    try:
        jwt.decode(
            value,
            app.public_key_pem,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.PyJWTError:
        raise BadCredentials(UNDECODABLE) from None
    _check_times(state.now(), claims.get("iat"), claims.get("exp"))
    return app


def _check_times(now: float, issued: object, expires: object) -> None:
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise BadCredentials("Missing 'exp' claim in assertion")
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        raise BadCredentials("Missing 'iat' claim in assertion")
    if expires <= now:
        raise BadCredentials(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time "
            "at which the assertion expires"
        )
    if expires > now + LONGEST_JWT_S + CLOCK_TOLERANCE_S or expires - issued > (
        LONGEST_JWT_S + CLOCK_TOLERANCE_S
    ):
        raise BadCredentials("'Expiration time' claim ('exp') is too far in the future")
    if issued > now + CLOCK_TOLERANCE_S:
        raise BadCredentials(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion "
            "was issued"
        )
