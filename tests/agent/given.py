"""What the agent's tests begin with: a small project with a bug, an issue, a log, a whole run."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.redaction import Redactor
from demo.model import ScriptedModel
from jobs.agent import (
    AgentTask,
    Budget,
    Ending,
    Gate,
    GateResult,
    IssueText,
    SandboxView,
    Submission,
    run,
)
from jobs.agent.abilities import NOTHING, Abilities
from jobs.agent.ports import KeepPort, LogPort, SandboxPort
from jobs.model import Wire, open_wire
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import Execution, Sandbox, ToolRefused
from records.tasks import Progress

FILES = {
    ".gitignore": "__pycache__/\n",
    "tax.py": "def rounded(amount):\n    return int(amount)\n",
    "template.py": "{{ name }} def\n",
    "test_tax.py": (
        "import tax\n\n\ndef test_whole():\n    assert tax.rounded(2) == 2\n\n\n"
        "def test_more_than_half():\n    assert tax.rounded(1.6) == 2\n"
    ),
}
TESTS = "python3 -m pytest -q"
ISSUE = IssueText(7, "Rounding is wrong", "`rounded(1.6)` is 1, it should be 2.", author="mia")
SUBMISSION = {
    "outcome": "resolved",
    "summary": "It cut where it should round.",
    "title": "Round to the nearest whole number",
    "checks": [{"command": TESTS, "shows": "the tests pass"}],
    "unverified": "",
}
SUBMIT = {"calls": [{"name": "submit", "arguments": SUBMISSION}]}
FIX = {
    "name": "edit",
    "arguments": {"path": "tax.py", "old_str": "int(amount)", "new_str": "round(amount)"},
}
HAPPY = [
    {"text": "Let me see.", "calls": [
        {"name": "bash", "arguments": {"command": TESTS}},
        {"name": "read", "arguments": {"path": "tax.py"}},
    ]},
    {"calls": [FIX]},
    SUBMIT,
    SUBMIT,
]  # fmt: skip


def bash(command: str, **more: Any) -> dict[str, Any]:
    return {"name": "bash", "arguments": {"command": command, **more}}


def plan(step: str) -> dict[str, Any]:
    """A call that touches nothing."""
    steps = [{"step": step, "status": "in_progress"}]
    return {"name": "update_plan", "arguments": {"plan": steps}}


def turn(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"calls": list(calls), **more}


def task(**more: Any) -> AgentTask:
    given: dict[str, Any] = {
        "repository": "acme/shop",
        "base_sha": "d" * 40,
        "paths": sorted(FILES),
        "issue": ISSUE,
        "requester": "ann",
        "instruction": "fix this",
        "checks": (TESTS,),
    }
    return AgentTask(**{**given, **more})


@dataclass
class Log:
    """An action log that lives as long as the test."""

    kept: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    progress: Progress | None = None
    on_append: Callable[[str, dict[str, Any]], None] = lambda _kind, _content: None
    redactor: Redactor = field(default_factory=Redactor)

    def record(
        self, kind: str, content: dict[str, Any], take: Callable[[dict[str, Any]], Progress]
    ) -> None:
        self.on_append(kind, content)
        kept = self.redactor.clean_value(content)
        self.progress = take(kept)
        self.kept.append((kind, json.loads(json.dumps(kept))))

    def entries(self) -> Sequence[tuple[str, dict[str, Any]]]:
        return list(self.kept)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [content for each, content in self.kept if each == kind]


class NoSandbox:
    """Stands where no call may reach a sandbox."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the sandbox was asked to {name}")


def echo(script: str) -> str:
    """What a command writes, if nothing else is said: its own first line, shortened."""
    return script.splitlines()[0][:60]


@dataclass
class PlainSandbox:
    """Answers every call at once and runs nothing, for tests of what is made of the answers."""

    files: dict[str, str] = field(default_factory=dict)
    says: Callable[[str], str] = echo
    ran: list[str] = field(default_factory=list)

    def exec(self, script: str, *, timeout_s: float = 120, workdir: str | None = None) -> Execution:
        assert timeout_s > 0
        assert workdir is None
        self.ran.append(script)
        output = self.says(script)
        size = len(output.encode())
        lines = output.count("\n") + 1
        return Execution(0, output, 0.01, lines, size, False, "", False, False)

    def read(self, path: str, start_line: int | None = None, end_line: int | None = None) -> str:
        assert (start_line, end_line) == (None, None)
        if path not in self.files:
            raise ToolRefused(f"{path} is not there")
        return self.files[path]

    def edit(self, path: str, old: str, new: str, *, replace_all: bool = False) -> str:
        assert not replace_all
        self.files[path] = self.files[path].replace(old, new)
        return self.files[path]

    def write(self, path: str, content: str) -> str:
        self.files[path] = content
        return f"wrote {path}"

    def patch(self, changes: Sequence[Mapping[str, Any]]) -> str:
        raise AssertionError(f"a patch of {len(changes)} files")


def prefix_kept(before: bytes, after: bytes) -> float:
    """The share of a request, without the end of its JSON, that the next one begins with."""
    begin = before.removesuffix(b"]}")
    same = next((at for at, (a, b) in enumerate(zip(begin, after, strict=False)) if a != b),
                min(len(begin), len(after)))  # fmt: skip
    return same / len(begin)


def no_gate(_: Submission) -> GateResult:
    raise AssertionError("nothing was to be handed in")


def gate_of(sandbox: Sandbox, snapshot: Snapshot, *, fast: bool = False) -> Gate:
    return Gate(ISSUE, SandboxView(sandbox, snapshot), fast=fast)


def wire_to(model: ScriptedModel, api: Any = "chat", *, stream: bool = False) -> Wire:
    return open_wire(
        api_key="key", base_url=model.base_url, model="scripted", api=api, stream=stream
    )


def work(
    model: ScriptedModel,
    *,
    sandbox: SandboxPort | None = None,
    log: LogPort | None = None,
    budget: Budget | None = None,
    gate: Callable[[Submission], GateResult] = no_gate,
    api: str = "chat",
    stopped: threading.Event | None = None,
    keep: KeepPort | None = None,
    given: AgentTask | None = None,
    abilities: Abilities = NOTHING,
    wire: Wire | None = None,
) -> Ending:
    """Run the loop against a scripted model over HTTP."""
    wire = wire or wire_to(model, api)
    try:
        return run(
            given or task(),
            sandbox or NoSandbox(),
            wire,
            log or Log(),
            budget or Budget(),
            stopped or threading.Event(),
            gate,
            keep=keep,
            abilities=abilities,
        )
    finally:
        wire.close()


def answers(model: ScriptedModel, request: int = -1) -> dict[str, str]:
    """What the model was told for each call, by id, as a chat request carries it."""
    messages = model.requests[request].parsed["messages"]
    return {each["tool_call_id"]: each["content"] for each in messages if each["role"] == "tool"}


def said(model: ScriptedModel, request: int = -1) -> str:
    """The newest message of a chat request."""
    return str(model.requests[request].parsed["messages"][-1]["content"])
