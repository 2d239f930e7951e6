"""Looks for secrets in what a change adds; what it says never contains what it found."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from bot.secret_forms import CERTAIN, inside_base64, spellings

MAX_NAMED_LINES = 20
NEAR = 300
MIN_LIVE = 8
NAMED_ENTROPY = 3.2
FREE_ENTROPY = 4.5

Added = list[tuple[int, str]]
"""New lines, each with its number."""

_FORMS = (
    *((kind, re.compile(rf"\b(?:{form})")) for kind, form in CERTAIN),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    (
        "a password in a URL",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@\"']{1,64}:[^/\s@\"'{}$<>]{8,}@"),
    ),
)
_NAMED = re.compile(
    r"(?i)(?:secret|token|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential)"
    r"\w{0,20}[\"']?[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}[\"'`]?([A-Za-z0-9+/=_.!@#$%^&*~-]{16,200})"
)
_FREE = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{40,200}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_DIGEST = re.compile(r"(?i)sha(?:1|256|384|512)[-:=]|integrity|digest|checksum|h1:")
_PLACEHOLDER = re.compile(
    r"(?i)example|placeholder|changeme|change[-_]me|your[-_]|dummy|redacted|xxxx|\.\.\.|\*\*\*|\bfake|<"
)
_LOCKFILE = re.compile(r"(?i)(?:^|/)(?:[^/]*\.lock|[^/]*lock\.(?:json|yaml)|go\.sum)$")


def find_live(path: str, content: bytes, live: Sequence[str]) -> bool:
    """Say whether a value that must never leave stands in a file or its name, however spelt."""
    searched = path.encode() + b"\n" + content
    return any(form in searched for secret in live for form in _spellings(secret))


def find_secrets(added: Added) -> list[str]:
    """Name the added lines that hold what is certainly, or by its name and disorder, a secret."""
    text = "\n".join(line for _, line in added)
    found = [(found.start(), kind) for kind, form in _FORMS for found in form.finditer(text)]
    kind = "a password or key in the open"
    found += [(found.start(), kind) for found in _NAMED.finditer(text) if _is_secret(found[1])]
    return [f"line {number} looks like {kind}" for number, kind in _lines_of(added, text, found)]


def find_suspicious(path: str, added: Added) -> list[str]:
    """Name the added lines that hold a long disordered word, which may be a secret."""
    if _LOCKFILE.search(path):
        return []
    text = "\n".join(line for _, line in added)
    found = [
        (found.start(), "")
        for found in _FREE.finditer(text)
        if _disordered(found[0]) and not _DIGEST.search(_before(text, found.start()))
    ]
    words = "holds a long random-looking word"
    return [f"line {number} {words}" for number, _ in _lines_of(added, text, found)]


def _lines_of(added: Added, text: str, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Turn places in the joined lines into line numbers, the first kind of each line only."""
    lines: dict[int, str] = {}
    for at, kind in found[:MAX_NAMED_LINES]:
        number, _ = added[text.count("\n", 0, at)]
        lines.setdefault(number, kind)
    return sorted(lines.items())


def _before(text: str, at: int) -> str:
    return text[max(text.rfind("\n", 0, at) + 1, at - NEAR) : at]


def _is_secret(value: str) -> bool:
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and not _PLACEHOLDER.search(value) and entropy(value) >= NAMED_ENTROPY


def _disordered(word: str) -> bool:
    return not _HEX.fullmatch(word) and "/" not in word[:3] and entropy(word) >= FREE_ENTROPY


def entropy(word: str) -> float:
    """Measure the disorder of a word in bits for each character."""
    counts = Counter(word).values()
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts)


def _spellings(secret: str) -> list[bytes]:
    if len(secret) < MIN_LIVE:
        return []
    raw = secret.encode()
    spelt = [raw[::-1], raw.hex().encode()]
    spelt += [spelling.encode() for spelling in spellings(secret) | inside_base64(secret)]
    return [spelling for spelling in spelt if len(spelling) >= MIN_LIVE]
