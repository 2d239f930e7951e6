"""Every key of the sections that say who may ask, how far a task may go, and what is handed in."""

from collections.abc import Mapping

from jobs.project_file.kinds import (
    Kind,
    choice,
    flag,
    number,
    seconds,
    table,
    text,
    texts,
    tokens,
    whole,
)

LABEL = r"[^\x00-\x1f,`]{1,50}"
LOGIN = r"[A-Za-z0-9-]{1,39}(?:\[bot\])?"
COMMAND = r"/[a-z][a-z0-9-]{1,30}"
BRANCH = r"(?!.*(?:\.\.|//|\.lock$|/$|/\.))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}"
TASK_BRANCH = (
    r"(?!.*(?:\.\.|//|/\.|\./|\.lock/))agent/(?:[a-z0-9._/-]|\{issue\}|\{slug\}){0,80}\{task\}"
)
PATTERN = r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[^\x00-\x1f\\`]{1,200}"

_PAID = choice("triage", "write", "maintain", "admin")
"""What costs money is for people who the repository's owner has let in."""
_WRITES = choice("write", "maintain", "admin")

ROLES: Mapping[str, Kind] = {
    **dict.fromkeys(("plan", "ask"), _PAID),
    **dict.fromkeys(("fix", "approve", "revise", "reject", "review", "retry", "batch"), _WRITES),
    **dict.fromkeys(("address", "ci", "autofix", "sync", "undo", "budget", "each"), _WRITES),
}
"""The verbs that a repository can open to others or close to some, within bounds."""

KEYS: Mapping[str, Mapping[str, Kind]] = {
    "trigger": {
        "command": text(COMMAND, "a word behind a slash, such as `/bot`"),
        "labels": table(
            LABEL, choice("fix", "plan", "ask"), "labels, each with `fix`, `plan` or `ask`"
        ),
        "assign": flag(),
        "mention": flag(),
    },
    "who": {
        **ROLES,
        "bots": texts(LOGIN, "logins of bots"),
        "trust_labels": texts(LABEL, "labels"),
        "refuse_labels": texts(LABEL, "labels"),
    },
    "limits": {
        "usd": number(0.01, 10_000),
        "tokens": tokens(1_000, 1_000_000_000),
        "minutes": number(1, 24 * 60),
        "steps": whole(1, 10_000),
        "attempts": whole(1, 8),
        "open_prs": whole(1, 1_000),
        "per_user_day": whole(1, 10_000),
        "per_repository_day": whole(1, 10_000),
        "usd_day": number(0.01, 100_000),
    },
    "pr": {
        "branch": text(TASK_BRANCH, "a name that begins with `agent/` and ends with `{task}`"),
        "base": text(BRANCH, "the name of a branch"),
        "draft": flag(),
        "labels": texts(LABEL, "labels"),
        "close_keyword": choice("verified", "never"),
        "template": flag(),
        "others": choice("pull_request", "push"),
    },
    "paths": dict.fromkeys(
        ("protect", "approve", "deny", "only"),
        texts(PATTERN, "patterns of paths from the repository's root, such as `docs/**`"),
    ),
    "review": {
        "auto": choice("changes_requested", "mentioned", "never"),
        "resolve": choice("never", "fixed", "suggestions"),
        "rounds": whole(1, 20),
        "ci_autofix": flag(),
        "ci_attempts": whole(1, 5),
    },
    "plan": {
        "required_for": texts(f"label:{LABEL}", "labels, each written as `label:NAME`"),
        "ask_questions": flag(),
        "question_timeout": seconds(30),
        "at_deadline": choice("defaults", "stop"),
    },
}
