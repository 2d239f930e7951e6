"""Carries out a call in the sandbox and words its result, for the model and for people."""

import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from hashlib import blake2b

from bot.comments import limit_sentence, limit_words
from jobs.agent import limits
from jobs.agent.calls import Request
from jobs.agent.patch import FilePatch
from jobs.agent.ports import CommandResult, SandboxPort
from jobs.agent.task import Budget
from jobs.agent.titles import runs_tests, test_counts, title
from jobs.agent.tools import APPLY_PATCH, BASH, EDIT, READ, WRITE
from jobs.agent.untrusted import in_its_own_voice
from jobs.sandbox import Limit, ToolRefused


class Status(StrEnum):
    """How a call went."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    MISREAD = "misread"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Done:
    """A call that was carried out, or not; `text` is what the model reads."""

    title: str
    result: str
    text: str
    status: Status
    seconds: float = 0.0
    digest: str = ""
    """Of what came out, without times and counters: equal results have equal digests."""
    log: str = ""
    """Where in the sandbox the whole output is."""
    limits: tuple[str, ...] = ()
    """What of the sandbox it ran into, in words for people."""
    pinned: str = ""
    """What people said, which stays when the rest is left out."""


@dataclass(frozen=True)
class Terms:
    """What holds for every call of a task."""

    seconds_left: float
    command_s: int = Budget.command_s
    """How long a command may take if the model does not say."""
    checks: Sequence[str] = ()
    """Commands that are known to test the project."""


def carry_out(request: Request, sandbox: SandboxPort, terms: Terms) -> Done:
    """Do what `request` asks for; raises what the sandbox raises when it is gone."""
    if request.tool == BASH:
        return _run(request, sandbox, terms)
    began = time.monotonic()
    try:
        text, result = _files(request, sandbox)
        status = Status.OK
    except ToolRefused as refusal:
        text, result, status = str(refusal), "refused", Status.FAILED
    seconds = time.monotonic() - began
    return Done(title(request), result, in_its_own_voice(text), status, seconds, digest(text))


def digest(text: str) -> str:
    """Return a short mark by which equal texts are known."""
    return blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def _files(request: Request, sandbox: SandboxPort) -> tuple[str, str]:
    given = request.arguments
    match request.tool:
        case tool if tool == READ:
            text = sandbox.read(given["path"], given.get("start_line"), given.get("end_line"))
            return text, _count(text.count("\n"), "line")
        case tool if tool == EDIT:
            replace_all = given.get("replace_all", False)
            old, new = given["old_str"], given["new_str"]
            text = sandbox.edit(given["path"], old, new, replace_all=replace_all)
            return text, f"{_changed(old, new)}{', everywhere' if replace_all else ''}"
        case tool if tool == WRITE:
            content = given["content"]
            return sandbox.write(given["path"], content), _count(len(content.splitlines()), "line")
        case tool if tool == APPLY_PATCH:
            files: Sequence[FilePatch] = given["patch"]
            return sandbox.patch([one.as_json() for one in files]), _patched(files)
        case tool:
            raise ValueError(tool)


def _run(request: Request, sandbox: SandboxPort, terms: Terms) -> Done:
    given = request.arguments
    wanted = max(1, min(given.get("timeout_s", terms.command_s), limits.BASH_MAX_S))
    timeout_s = max(1.0, min(float(wanted), terms.seconds_left))
    began = time.monotonic()
    try:
        ran = sandbox.exec(given["command"], timeout_s=timeout_s, workdir=given.get("workdir"))
    except ToolRefused as refusal:
        seconds = time.monotonic() - began
        text = str(refusal)
        return Done(title(request), "refused", text, Status.FAILED, seconds, digest(text))
    end, counts = _how_it_ended(ran), test_counts(ran.output)
    return Done(
        title=title(request),
        result=" · ".join(filter(None, [end, *_in_short(ran), counts, f"{ran.seconds:.1f} s"])),
        text=f"{_header(ran, end)}\n{in_its_own_voice(ran.output) or '(no output)'}",
        status=_status(ran),
        seconds=ran.seconds,
        digest=digest(f"{end}\n{ran.output}"),
        log=ran.log if ran.cut else "",
        limits=_in_words(ran, tests=runs_tests(given["command"], terms.checks)),
    )


def _in_short(ran: CommandResult) -> list[str]:
    """Say what it ran into, where the way it ended does not."""
    said = (Limit.TIME, Limit.OUTPUT)
    return [limit_words(*astuple(hit)) for hit in ran.limits if hit.limit not in said]


def _in_words(ran: CommandResult, *, tests: bool) -> tuple[str, ...]:
    return tuple(limit_sentence(*astuple(hit), tests=tests) for hit in ran.limits)


def _status(ran: CommandResult) -> Status:
    if ran.timed_out:
        return Status.TIMEOUT
    # A search that finds nothing exits with 1 and is silent; that is an answer, not an error.
    failed = ran.killed_for_output or (ran.exit_code != 0 and ran.output.strip())
    return Status.FAILED if failed else Status.OK


def _how_it_ended(ran: CommandResult) -> str:
    if ran.timed_out:
        return "killed at its time limit"
    if ran.killed_for_output:
        return "killed: too much output"
    return f"exit {ran.exit_code}"


def _header(ran: CommandResult, end: str) -> str:
    parts = [end, f"{ran.seconds:.1f} s"]
    if ran.cut:
        size = f"{_count(ran.lines, 'line')}, {_size(ran.bytes)}"
        parts.append(f"{size} (cut; full: {ran.log})")
    return " · ".join(parts)


def _patched(files: Sequence[FilePatch]) -> str:
    counts = [one.counts for one in files]
    return f"+{sum(more for more, _ in counts)} −{sum(less for _, less in counts)}"  # noqa: RUF001 - a minus sign beside the plus


def _changed(old: str, new: str) -> str:
    """Count the lines that differ between the outermost equal ones."""
    before, after = old.splitlines(), new.splitlines()
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return f"+{len(after)} −{len(before)}"  # noqa: RUF001 - a minus sign beside the plus


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _size(number: int) -> str:
    kib = number / 1024
    return f"{kib:.0f} KB" if kib >= 1 else f"{number} bytes"
