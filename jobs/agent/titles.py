"""Names each step for the people who read the action log."""

import re
from collections.abc import Sequence

from jobs.agent.calls import Request
from jobs.agent.tools import (
    APPLY_PATCH,
    ASK_FOR_PACKAGES,
    ASK_PEOPLE,
    BASH,
    EDIT,
    EXPLORE,
    GITHUB_CONTEXT,
    READ,
    SUBMIT,
    UPDATE_PLAN,
    WRITE,
)
from jobs.agent.untrusted import clean

_WIDTH = 80
_ROOT = "/workspace/repo/"
_PREPARATION = re.compile(r"^(?:set [-+]\S+(?: pipefail)?|cd \S+)\s*(?:&&|;|$)\s*")
_TEST_COUNTS = re.compile(
    r"\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)"
    r"(?:, \d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?))*"
)
_TAIL_CHARS = 400
_TESTS = re.compile(
    r"\b(?:pytest|py\.test|unittest|tox|nox|jest|vitest|mocha|go test|cargo test|node --test"
    r"|(?:npm|pnpm|yarn)(?: run)? t(?:est)?|make (?:check|test))\b"
)


def title(request: Request) -> str:
    """Return what the step does, in one line of Markdown."""
    arguments = request.arguments
    match request.tool:
        case tool if tool == BASH:
            return f"run {code(_command(arguments['command']))}"
        case tool if tool in {READ, EDIT, WRITE}:
            return f"{tool} {code(arguments['path'].removeprefix(_ROOT))}"
        case tool if tool == UPDATE_PLAN:
            done = sum(step["status"] == "completed" for step in arguments["plan"])
            return f"plan: {done} of {len(arguments['plan'])} steps done"
        case tool if tool == SUBMIT:
            return f"submit as {arguments['outcome']}" if "outcome" in arguments else "hand in"
        case _:
            return _rarer(request)


def _rarer(request: Request) -> str:
    """Return what a step does for which a task may have no tool."""
    arguments = request.arguments
    match request.tool:
        case tool if tool == APPLY_PATCH:
            paths = dict.fromkeys(one.path.removeprefix(_ROOT) for one in arguments["patch"])
            return f"patch {code(', '.join(paths))}"
        case tool if tool == EXPLORE:
            return f"explore: {code(arguments['question'])}"
        case tool if tool == GITHUB_CONTEXT:
            return f"look at {arguments['kind'].replace('_', ' ')} {code(arguments['ref'])}"
        case tool if tool == ASK_PEOPLE:
            return f"ask: {code(arguments['questions'][0]['question'])}"
        case tool if tool == ASK_FOR_PACKAGES:
            return f"ask for {code(', '.join(one['name'] for one in arguments['packages']))}"
        case tool:
            return tool


def code(text: str) -> str:
    """Return text as one line of Markdown code that cannot end early."""
    line = " ".join(clean(text).text.replace("`", "'").split())
    shown = line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
    return f"`{shown}`"


def test_counts(output: str) -> str:
    """Return what a test runner says at the end of its output, or nothing."""
    found = _TEST_COUNTS.findall(output[-_TAIL_CHARS:])
    return found[-1] if found else ""


def runs_tests(script: str, checks: Sequence[str]) -> bool:
    """Tell whether a script runs the project's tests, as far as its words show."""
    return bool(_TESTS.search(script)) or any(check and check in script for check in checks)


def _command(script: str) -> str:
    """Return the first line of a script that does something worth telling."""
    lines = [line.strip() for line in script.splitlines()]
    telling = [line for line in lines if line and not line.startswith("#")]
    bare = [rest for line in telling if (rest := _without_preparation(line))]
    first = (bare or telling or [script.strip()])[0]
    return f"{first} …" if len(bare) > 1 else first


def _without_preparation(line: str) -> str:
    while match := _PREPARATION.match(line):
        line = line[match.end() :]
    return line
