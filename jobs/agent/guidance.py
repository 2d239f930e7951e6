"""Gives the instructions that a project keeps for one folder, once, where the work comes to it.

They are those of the base commit: what the agent writes into its own tree instructs nobody.
"""

import posixpath
from collections.abc import Container, Iterator
from itertools import accumulate

from jobs.agent import limits
from jobs.agent.calls import Request
from jobs.agent.prompt import instructions
from jobs.agent.task import AgentTask
from jobs.agent.tools import APPLY_PATCH, EDIT, READ, WRITE
from jobs.agent.untrusted import VOICE
from jobs.sandbox import REPO

NAME = "AGENTS.md"
_ALL_BYTES = 4 * limits.NESTED_BYTES


def for_folders_of(
    request: Request, task: AgentTask, given: Container[str], given_bytes: int
) -> tuple[str, list[str]]:
    """Return what stands under the result of `request`, and the notes to keep of it.

    Folders in a file's path count from the outside in, which is the order of their authority.
    """
    parts: list[str] = []
    notes: list[str] = []
    for source in _sources(request, task):
        note = f"instructions:{source}"
        text = None if note in given or note in notes else task.read_base(source)
        if not text or not text.strip():
            continue
        notes.append(note)
        if given_bytes >= _ALL_BYTES:
            parts.append(f"\n\n{VOICE} {source} has instructions for this folder: read them.")
            continue
        block = instructions(source, text, limits.NESTED_BYTES)
        folder = posixpath.dirname(source)
        parts.append(f"\n\n{VOICE} The project's own instructions for {folder}/:\n{block}")
        given_bytes += len(block.encode(errors="replace"))
    return "".join(parts), notes


def _sources(request: Request, task: AgentTask) -> Iterator[str]:
    for path in _paths(request):
        inside = posixpath.relpath(posixpath.join(REPO, path), REPO)
        folders = inside.split("/")
        for folder in accumulate(folders, posixpath.join):
            if (source := f"{folder}/{NAME}") in task.nested:
                yield source


def _paths(request: Request) -> tuple[str, ...]:
    if request.tool == APPLY_PATCH:
        return tuple(one.path for one in request.arguments["patch"])
    return (request.arguments["path"],) if request.tool in {READ, EDIT, WRITE} else ()
