"""Keeps every text that the bot writes within GitHub's limit, with nothing left open."""

import hashlib
import hmac
import re

LONGEST = 65_536
"""GitHub answers a longer comment with "body is too long (maximum is 65536 characters)"."""
_ROOM_FOR_END = 600
_FENCE = re.compile(r"^(`{3,}|~{3,})")


def marker(secret: bytes, scope: str, key: str) -> str:
    """Return the hidden line by which the bot knows its own comment; nobody else can make one."""
    mac = hmac.new(secret, f"comment\n{scope}\n{key}".encode(), hashlib.sha256).hexdigest()
    return f"<!-- patchbay {mac[:32]} -->"


def fitted(text: str, limit: int = LONGEST) -> str:
    """Return the text, cut where a line ends if it is too long, with fences and details closed."""
    if len(text) <= limit:
        return text
    kept = text[: limit - _ROOM_FOR_END]
    kept = kept[: kept.rfind("\n") + 1] or kept
    fence, details = "", 0
    for line in kept.split("\n"):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif line.startswith(fence) and not line.strip(fence[0]):
                fence = ""
        elif not fence:
            details += line.count("<details>") - line.count("</details>")
    closing = f"\n{fence}\n" if fence else "\n"
    return f"{kept}{closing}\n*The rest was left out.*\n" + "</details>\n" * min(details, 20)
