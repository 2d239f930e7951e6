"""Removes secrets from text, first by their values and then by their forms."""

import re
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from bot.secret_forms import CERTAIN, inside_base64, spellings

REMOVED = "[removed]"
_SHORTEST = 8
"""A shorter value would also remove ordinary words."""
_LIVE_TOKENS = 1_000

# More than is certain: a word too many that is taken out harms nobody, a token in a log does.
_LIKELY = (
    r"gh[a-z]_[A-Za-z0-9._-]{30,}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"eyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
)
_FORMS = re.compile(
    # In JSON and logs the line ends of a PEM block stand as a backslash and an n.
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,20000}+"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
    rf"|\b(?:{'|'.join((*_LIKELY, *(form for _, form in CERTAIN)))})"
)
_CREDENTIALS_IN_URL = re.compile(
    r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{0,200}:[^\s/@]{1,600}@", re.IGNORECASE
)
_AUTHORIZATION = re.compile(
    r"\b((?:authorization:\s*)?(?:bearer|basic|token)\s+)[\w.~+/=-]{16,}", re.IGNORECASE
)


class Redactor:
    """Knows this process's secrets; `learn` adds the tokens that are minted as it runs."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = _long_enough(secrets)
        self._fixed = _spelt(known).union(*map(inside_base64, known))
        self._learned: deque[str] = deque(maxlen=_LIVE_TOKENS)
        self._lock = threading.Lock()
        self._values = _one_of(self._fixed)

    def learn(self, secret: str) -> None:
        """Remove this value too from now on."""
        with self._lock:
            self._learned.append(secret)
            self._values = _one_of({*self._fixed, *_spelt(self._learned)})

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        if self._values is not None:
            text = self._values.sub(REMOVED, text)
        text = _FORMS.sub(REMOVED, text)
        text = _CREDENTIALS_IN_URL.sub(rf"\1{REMOVED}@", text)
        return _AUTHORIZATION.sub(rf"\1{REMOVED}", text)

    def clean_value(self, value: Any) -> Any:
        """Return JSON-like data with every text in it cleaned, keys included."""
        match value:
            case str():
                return self.clean(value)
            case bytes():
                return self.clean(value.decode("utf-8", "replace"))
            case dict():
                return {self.clean(str(key)): self.clean_value(item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.clean_value(item) for item in value]
            case None | bool() | int() | float():
                return value
            case _:
                return self.clean(str(value))


def _long_enough(secrets: Iterable[str]) -> list[str]:
    return [secret.strip() for secret in secrets if len(secret.strip()) >= _SHORTEST]


def _spelt(secrets: Iterable[str]) -> set[str]:
    return {spelling for secret in _long_enough(secrets) for spelling in spellings(secret)}


def _one_of(values: set[str]) -> re.Pattern[str] | None:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if values else None
