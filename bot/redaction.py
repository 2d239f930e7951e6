"""Removes secrets from text, first by their values and then by their forms."""

import base64
import re
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

REMOVED = "[removed]"
_SHORTEST = 8
"""A shorter value would also remove ordinary words."""
_LIVE_TOKENS = 1_000

_FORMS = re.compile(
    # PEM blocks; in JSON and logs their line ends stand as a backslash and an n.
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.{0,20000}?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)"
    # Installation tokens are opaque: since 2026 they may carry a JWT, dots included.
    r"|\bgh[a-z]_[A-Za-z0-9._-]{30,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{22,}"
    r"|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bAIza[A-Za-z0-9_-]{35}"
    r"|\bpypi-[A-Za-z0-9_-]{50,}"
    r"|\bnpm_[A-Za-z0-9]{36}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    re.DOTALL,
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
        self._fixed = _spellings(secrets)
        self._learned: deque[str] = deque(maxlen=_LIVE_TOKENS)
        self._lock = threading.Lock()
        self._values = _one_of(self._fixed)

    def learn(self, secret: str) -> None:
        """Remove this value too from now on."""
        with self._lock:
            self._learned.append(secret)
            self._values = _one_of({*self._fixed, *_spellings(self._learned)})

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


def _spellings(secrets: Iterable[str]) -> set[str]:
    """Return each secret as it stands, in a URL, in base64 and in JSON."""
    found: set[str] = set()
    for secret in secrets:
        stripped = secret.strip()
        if len(stripped) < _SHORTEST:
            continue
        found |= {stripped, quote(stripped, safe=""), stripped.replace("\n", "\\n")}
        found.add(base64.b64encode(stripped.encode()).decode().rstrip("="))
    return found


def _one_of(values: set[str]) -> re.Pattern[str] | None:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if values else None
