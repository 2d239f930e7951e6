"""Removes secrets from text, first by their values and then by their forms."""

import json
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
_LONG = 500
"""Characters; an observation stands twice in its entry, and is searched once."""
_ARGUMENTS = "arguments"
"""Of a tool call: a text that is JSON, and that servers read again."""
_SEALED = frozenset({"encrypted_content", "signature", "thought_signature", "data"})
"""What a model's server wants back as it was: a form of ours that it has by chance is no secret,
and one changed letter makes it refuse the whole history."""
_ONE_WORD = re.compile(r"[A-Za-z0-9+/=_-]{100,}")

# More than is certain: a word too many that is taken out harms nobody, a token in a log does.
_LIKELY = (
    r"gh[a-z]_[A-Za-z0-9._-]{30,}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"eyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
)
_FORMS = re.compile(
    # In JSON and logs the line ends of a PEM block stand as a backslash and an n. Not possessive:
    # https://github.com/python/cpython/issues/106052 (mended in Python 3.11.5).
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,20000}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"
    rf"|\b(?:{'|'.join((*_LIKELY, *(form for _, form in CERTAIN)))})"
)
_CREDENTIALS_IN_URL = re.compile(
    r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{0,200}:[^\s/@]{1,600}@", re.IGNORECASE
)
_SCHEME = re.compile(r"bearer|basic|token", re.IGNORECASE)
"""Searched first: what is slow is spared for the few texts that need it."""
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
        self._newest: tuple[re.Pattern[str] | None, str, str] = (None, "", "")
        """With what the newest long text was cleaned, the text, and what came of it."""

    def learn(self, secret: str) -> None:
        """Remove this value too from now on."""
        with self._lock:
            self._learned.append(secret)
            self._values = _one_of({*self._fixed, *_spelt(self._learned)})

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        values = self._values
        then, known, cleaned = self._newest
        if known is text and then is values:
            return cleaned
        cleaned = _without(values, text)
        if len(text) > _LONG:
            self._newest = (values, text, cleaned)
        return cleaned

    def clean_value(self, value: Any) -> Any:
        """Return JSON-like data with every text in it cleaned, keys included."""
        match value:
            case str():
                return self.clean(value)
            case bytes():
                return self.clean(value.decode("utf-8", "replace"))
            case dict():
                return {self.clean(str(key)): self._field(key, item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.clean_value(item) for item in value]
            case None | bool() | int() | float():
                return value
            case _:
                return self.clean(str(value))

    def _field(self, name: Any, value: Any) -> Any:
        """Clean a value by what its name says that it is."""
        if name in _SEALED and isinstance(value, str) and _ONE_WORD.fullmatch(value):
            return self._values.sub(REMOVED, value) if self._values else value
        if name == _ARGUMENTS and isinstance(value, str):
            return self._json(value)
        return self.clean_value(value)

    def _json(self, text: str) -> str:
        """Clean a text that is JSON itself: what is taken out must not take its quotes along."""
        clean = self.clean(text)
        if clean == text:
            return text
        try:
            return json.dumps(self.clean_value(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return clean


def _long_enough(secrets: Iterable[str]) -> list[str]:
    return [secret.strip() for secret in secrets if len(secret.strip()) >= _SHORTEST]


def _spelt(secrets: Iterable[str]) -> set[str]:
    return {spelling for secret in _long_enough(secrets) for spelling in spellings(secret)}


def _one_of(values: set[str]) -> re.Pattern[str] | None:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if values else None


def _without(values: re.Pattern[str] | None, text: str) -> str:
    if values is not None:
        text = values.sub(REMOVED, text)
    text = _FORMS.sub(REMOVED, text)
    if "://" in text and "@" in text:
        text = _CREDENTIALS_IN_URL.sub(rf"\1{REMOVED}@", text)
    if _SCHEME.search(text):
        text = _AUTHORIZATION.sub(rf"\1{REMOVED}", text)
    return text
