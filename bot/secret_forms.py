"""The forms by which services' secrets are recognised, and how a known value may be spelt.

Two readers share them: `redaction` takes secrets out of what is written down, and the policy on
changes (`jobs/repository/secret_scan.py`) keeps them out of what is published.
"""

import base64
from urllib.parse import quote

CERTAIN: tuple[tuple[str, str], ...] = (
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9._-]{36,}|github_pat_[A-Za-z0-9_]{22,}"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    ("a GitLab token", r"gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}"),
    ("a key of a model service", r"sk-(?:[a-z]{2,10}\d{0,2}-)?[A-Za-z0-9_-]{20,}"),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    ("an AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Google client secret", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    ("a Stripe key", r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,}"),
    ("a package registry token", r"npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("a model hub token", r"hf_[A-Za-z0-9]{30,}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,400}\.[A-Za-z0-9_-]{16,}"),
    ("a Telegram bot token", r"\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    ("a signed web token", r"eyJ[\w-]{10,400}\.eyJ[\w-]{10,400}"),
)
"""What it is, in words for people, and its form: a regular expression that begins with a word.

A form that could begin again inside of what it has read has a bound, so that no text is searched
for longer than in proportion to its length.
"""


def spellings(secret: str) -> set[str]:
    """Return a secret as it stands, in a URL, in JSON, and alone in base64."""
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, quote(secret, safe=""), secret.replace("\n", "\\n"), coded}


def inside_base64(secret: str) -> set[str]:
    """Return what base64 makes of a secret in the middle of a text: one of three shapes.

    The letters at both ends are left out, since they depend on what stands beside the secret.
    """
    raw = secret.encode()
    shapes = [base64.b64encode(b"\0" * before + raw).decode() for before in range(3)]
    return {shape[start : len(shape) - 4] for shape, start in zip(shapes, (0, 2, 3), strict=True)}
