"""The words for packages that a task's agent asks for: the request, its answer, what came of it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.comments.answers import person
from bot.comments.neutral import block, code, quoted, words
from bot.comments.readable import moment, plural
from bot.comments.views import Look
from records.actions import Action
from records.waits import Wait

PACKAGES = "packages"
"""The kind of the entry of the action log that says what came of a request."""
_FROM = {"pip": "PyPI", "npm": "npm's registry", "apt": "Debian"}
_REASON = 600
_NAME = 220
_LINE = 200
_LAST_LINES = 3
_CHANGES = 1_500
_COUNT = re.compile(r"\+\d+ -\d+ lines")


def packages_headline(wait: Wait) -> str:
    """Say in few words that a task waits for packages."""
    return f"📦 I ask for {plural(len(wait.asked['packages']), 'package')}"


def packages_words(wait: Wait, command: str) -> list[str]:
    """Show what is asked for and why, with a box for whoever may decide."""
    listed = "\n".join(f"- {_package(one)}" for one in wait.asked["packages"])
    until = (
        f" Without an answer by {moment(wait.deadline)} I go on without." if wait.deadline else ""
    )
    how = (
        "Somebody with the `maintain` role can tick a box, or comment "
        f"`{command} packages yes` or `{command} packages no`. With a yes the set-up runs again, "
        "with the network and without any secret, for these packages and no others; what they run "
        f"when they are installed runs there.{until}"
    )
    boxes = (
        f"- [ ] Install exactly these <!-- do:packages {wait.number} -->\n"
        "- [ ] Go on without them <!-- do:packages no -->"
    )
    return [listed, quoted(wait.asked["reason"], _REASON), boxes, how]


def _package(one: Mapping[str, str]) -> str:
    version = code(one["version"], _NAME) if one["version"] else "in its newest version"
    return f"{code(one['name'], _NAME)} {version}, from {_FROM[one['manager']]}"


def newest_packages(actions: Iterable[Action]) -> list[Mapping[str, Any]]:
    """Return what came of the requests of a task, oldest first, as the log has it."""
    return [one.content for one in actions if one.kind == PACKAGES]


def packages_result(entry: Mapping[str, Any]) -> str:
    """Return what came of a request in one line, for the log."""
    if not entry["allowed"]:
        return f"refused by {entry['by']}" if entry["by"] else "nobody decided in time"
    there = sum(one["installed"] for one in entry["came"])
    return f"allowed by {entry['by']}, {there} of {len(entry['came'])} installed"


def packages_block(requests: Iterable[Mapping[str, Any]]) -> str:
    """Return the lines that fold away under a status comment; nothing where none was allowed."""
    allowed = [one for one in requests if one["allowed"]]
    if not allowed:
        return ""
    lines = [line for request in allowed for line in _request(request)]
    text = "\n".join(lines)
    return f"<details><summary>Packages for this task</summary>\n\n{text}\n</details>"


def _request(request: Mapping[str, Any]) -> list[str]:
    lines = [f"Allowed by {person(request['by'])}:", ""]
    for one in request["came"]:
        name = words(one["package"], _NAME)
        if one["installed"]:
            lines += [f"- {name}: installed", *_changes(one["changes"])]
        else:
            lines.append(f"- {name}: **not installed**")
            last = one["said"].splitlines()[-_LAST_LINES:]
            lines += [f"  - {code(line, _LINE)}" for line in last if line.strip()]
    return [*lines, "", "The project's files change only as far as the agent changes them."]


def _changes(changes: Iterable[str]) -> list[str]:
    """Show what a package manager wrote into the project's files, each as `FILE: WHAT`."""
    parts = [change.partition(": ") for change in changes]
    shown = [f"{file}: {what}" if _COUNT.fullmatch(what) else what for file, _, what in parts]
    if not shown:
        return []
    fenced = block("\n".join(shown), _CHANGES, "diff")
    return ["  Its manager would change:", *(f"  {line}" for line in fenced.split("\n"))]


def packages_look(requests: Iterable[Mapping[str, Any]]) -> tuple[Look, ...]:
    """Say to whoever reviews a change what its checks had that the project may not have."""
    came = [one for request in requests if request["allowed"] for one in request["came"]]
    there = list(dict.fromkeys(one["package"] for one in came if one["installed"]))
    if not there:
        return ()
    why = (
        f"made and checked with {', '.join(there)}, which a maintainer allowed for this task alone"
    )
    return (Look("", f"{why}: what it needs of that has to stand in the project's own files"),)


def no_packages_asked_comment(command: str) -> str:
    """Say that no task asks for packages."""
    return f"No packages are asked for here. `{command} status` says where the work stands."


def other_packages_comment(command: str, number: int) -> str:
    """Say that a yes was for a request that is not the open one."""
    return (
        f"What is asked for now is another request than number {number}. Nothing was installed. "
        f"Please look at the list in my comment above; `{command} packages yes` allows that one."
    )


def packages_decided_comment(command: str, by: str) -> str:
    """Say that a decision came too late."""
    who = person(by) if by else "the deadline"
    return (
        f"That was decided already, by {who}, and the work goes on. To say something to it now, "
        f"comment `{command} steer …`."
    )
