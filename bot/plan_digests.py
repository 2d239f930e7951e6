"""Computes what a plan is approved by: a digest of it, its base and the issue's text."""

import hashlib
from collections.abc import Mapping
from typing import Any

from records.task import canonical_json

SHOWN = 8
"""So many of its digits are shown, and are enough to name it."""


def issue_digest(title: str, body: str) -> str:
    """Return what stands for the text of an issue, whatever ends its lines."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(canonical_json([title, lines]).encode()).hexdigest()


def plan_digest(plan: Mapping[str, Any], base_sha: str, issue: str) -> str:
    """Return what stands for a plan on a commit, for an issue with this digest."""
    return hashlib.sha256(canonical_json([plan, base_sha, issue]).encode()).hexdigest()
