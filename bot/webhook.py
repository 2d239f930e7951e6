"""Tells whether a webhook request was signed with our secret, before anything in it is read."""

import hashlib
import hmac
import re

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


class BadSignature(Exception):
    """The request does not carry GitHub's signature over exactly these bytes."""


def signature(secret: bytes, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256` for a body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def verify(secret: bytes, body: bytes, header: str | None) -> None:
    """Raise BadSignature unless the header is the HMAC of the raw body under our secret."""
    if not secret:
        raise BadSignature("there is no secret to check with")
    if header is None or not _SIGNATURE.fullmatch(header):
        raise BadSignature("X-Hub-Signature-256 is missing or not of its form")
    if not hmac.compare_digest(signature(secret, body).encode(), header.encode()):
        raise BadSignature("the signature does not match the body")
