"""Looks for secrets in what a change adds; what it says never contains what it found."""

import base64
import math
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

PIECE = 4_000
OVERLAP = 300
MIN_LIVE = 8
NAMED_ENTROPY = 3.2
FREE_ENTROPY = 4.5

FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a GitHub token",
        re.compile(r"\bgh[pousr]_[A-Za-z0-9._-]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ),
    ("a GitLab token", re.compile(r"\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}")),
    ("a key of a model service", re.compile(r"\bsk-(?:[a-z]{2,10}\d{0,2}-)?[A-Za-z0-9_-]{20,}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b")),
    ("a Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("a Google client secret", re.compile(r"\bGOCSPX-[A-Za-z0-9_-]{28}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}")),
    ("a Slack webhook", re.compile(r"hooks\.slack\.com/services/T\w+/B\w+/\w+")),
    (
        "a Stripe key",
        re.compile(r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9]{24,}"),
    ),
    ("a package registry token", re.compile(r"\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[A-Za-z0-9_-]{50,}")),
    ("a model hub token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("a SendGrid key", re.compile(r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    ("a Telegram bot token", re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b")),
    ("a signed web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    (
        "a password in a URL",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@\"']{1,64}:[^/\s@\"'{}$<>]{8,}@"),
    ),
)
_NAMED = re.compile(
    r"(?i)(?:secret|token|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential)"
    r"\w{0,20}[\"']?\s{0,8}(?::=|=>|[:=])\s{0,8}[\"'`]?([A-Za-z0-9+/=_.!@#$%^&*~-]{16,200})"
)
_FREE = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{40,200}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_DIGEST = re.compile(r"(?i)sha(?:1|256|384|512)[-:=]|integrity|digest|checksum|h1:")
_PLACEHOLDER = re.compile(
    r"(?i)example|placeholder|changeme|change[-_]me|your[-_]|dummy|redacted|xxxx|\.\.\.|\*\*\*|\bfake|<"
)
_LOCKFILE = re.compile(r"(?i)(?:^|/)(?:[^/]*\.lock|[^/]*lock\.(?:json|yaml)|go\.sum)$")


def find_live(path: str, content: bytes, live: Sequence[str]) -> bool:
    """Say whether a value that must never leave stands in a file or its name, in any usual coat."""
    searched = path.encode() + b"\n" + content
    return any(form in searched for secret in live for form in _coats(secret))


def find_secrets(added: list[tuple[int, str]]) -> list[str]:
    """Name the added lines that hold what is certainly, or by its name and disorder, a secret."""
    found = [(number, next(filter(None, map(_kind, _pieces(line))), "")) for number, line in added]
    return [f"line {number} looks like {kind}" for number, kind in found if kind]


def find_suspicious(path: str, added: list[tuple[int, str]]) -> list[str]:
    """Name the added lines that hold a long disordered word, which may be a secret."""
    if _LOCKFILE.search(path):
        return []
    return [
        f"line {number} holds a long random-looking word"
        for number, line in added
        if any(_holds_disorder(piece) for piece in _pieces(line))
    ]


def _pieces(line: str) -> list[str]:
    """Cut a long line so that no search takes long, and no secret falls between two pieces."""
    return [line[at : at + PIECE + OVERLAP] for at in range(0, len(line), PIECE)]


def _kind(text: str) -> str:
    return next((kind for kind, form in FORMS if form.search(text)), "") or _named_secret(text)


def _holds_disorder(text: str) -> bool:
    return not _DIGEST.search(text) and any(_disordered(word) for word in _FREE.findall(text))


def _named_secret(text: str) -> str:
    for value in _NAMED.findall(text):
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        if mixed and not _PLACEHOLDER.search(value) and entropy(value) >= NAMED_ENTROPY:
            return "a password or key in the open"
    return ""


def _disordered(word: str) -> bool:
    return not _HEX.fullmatch(word) and "/" not in word[:3] and entropy(word) >= FREE_ENTROPY


def entropy(word: str) -> float:
    """Measure the disorder of a word in bits for each character."""
    counts = Counter(word).values()
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts)


def _coats(secret: str) -> list[bytes]:
    if len(secret) < MIN_LIVE:
        return []
    raw = secret.encode()
    coats = [raw, raw[::-1], raw.hex().encode(), quote(secret, safe="").encode()]
    for shift in range(3):  # base64 of a text that contains the secret has one of three shapes
        coded = base64.b64encode(b"\0" * shift + raw)
        coats.append(coded[[0, 2, 3][shift] : len(coded) - 4])
    return [coat for coat in coats if len(coat) >= MIN_LIVE]
