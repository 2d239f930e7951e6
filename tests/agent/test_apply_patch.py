"""A task whose model changes files by patches, from its first request to the accepted change."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget, Outcome
from jobs.agent.abilities import Abilities
from jobs.agent.conversation import Conversation
from jobs.agent.patch import GRAMMAR
from jobs.repository import change
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import Sandbox
from tests.agent import given

Model = Callable[..., ScriptedModel]
BOTH = pytest.mark.parametrize("api", ["chat", "responses"])
PATCHES = Abilities(patches=True)
FIX = """\
*** Begin Patch
*** Update File: tax.py
@@ def rounded(amount):
-    return int(amount)
+    return round(amount)
*** Add File: CHANGES
+Rounding is right.
*** End Patch
"""
MISSED = FIX.replace("int(amount)", "floor(amount)")
BROKEN = FIX.replace("*** End Patch\n", "")


def patch(text: str) -> dict[str, Any]:
    return {"name": "apply_patch", "arguments": text, "custom": True}


def tools_of(model: ScriptedModel) -> dict[str, dict[str, Any]]:
    """The tools of the first request, by name, without what wraps them."""
    found = {}
    for tool in model.requests[0].parsed["tools"]:
        inner = tool.get(tool["type"], tool)
        found[inner["name"]] = tool
    return found


@pytest.mark.docker
@BOTH
def test_a_bug_is_fixed_by_a_patch(
    api: str, scripted_model: Model, box: Sandbox, project: Snapshot
) -> None:
    turns = [
        given.turn(patch(MISSED)),
        given.turn(patch(BROKEN), given.bash("git status --short")),
        given.turn(patch(FIX)),
        given.SUBMIT,
        given.SUBMIT,
    ]
    log, model = given.Log(), scripted_model(turns)
    gate = given.gate_of(box, project)
    ending = given.work(model, sandbox=box, log=log, gate=gate, api=api, abilities=PATCHES)

    assert ending.outcome == Outcome.RESOLVED, ending
    files = {one.path: one.content for one in change.parse(box.collect()).files}
    assert files == {
        "CHANGES": b"Rounding is right.\n",
        "tax.py": b"def rounded(amount):\n    return round(amount)\n",
    }
    missed, broken, status, fixed, *_ = log.of("observation")
    assert "tax.py, chunk 1 of 1: these lines are not in the file" in missed["text"]
    assert missed["text"].endswith("Nothing of the patch was done.")
    assert (missed["status"], broken["status"]) == ("failed", "misread")
    assert "It ends without `*** End Patch`" in broken["text"]
    assert "(no output)" in status["text"]
    assert (fixed["title"], fixed["result"]) == ("patch `tax.py, CHANGES`", "+2 −1")  # noqa: RUF001
    assert fixed["text"].startswith("updated tax.py\n     1\tdef rounded(amount):")


@BOTH
def test_the_tool_takes_the_place_of_two_and_carries_its_grammar(
    api: str, scripted_model: Model
) -> None:
    model = scripted_model([given.turn(given.bash("true"))])
    given.work(model, sandbox=given.PlainSandbox(), budget=Budget(turns=1), api=api,
               abilities=PATCHES)  # fmt: skip

    tools = tools_of(model)
    assert list(tools) == ["bash", "read", "apply_patch", "update_plan", "submit"]
    offered = tools["apply_patch"]
    assert offered["type"] == "custom"
    if api == "responses":
        form = {"type": "grammar", "syntax": "lark", "definition": GRAMMAR}
        assert offered["format"] == form
        assert set(offered) == {"type", "name", "description", "format"}
    else:
        grammar = {"syntax": "lark", "definition": GRAMMAR}
        assert offered["custom"]["format"] == {"type": "grammar", "grammar": grammar}
    assert b"Change source with apply_patch;" in model.requests[0].body
    assert b"edit and write" not in model.requests[0].body


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_calls_and_results_are_replayed_in_their_own_kind(
    api: str, stream: bool, scripted_model: Model
) -> None:
    turns = [given.turn(patch(MISSED), given.bash("ls"), text="So."), given.turn(patch(FIX))]
    model = scripted_model([*turns, given.turn(given.bash("true"))])
    sandbox, log = Patched(), given.Log()
    wire = given.wire_to(model, api, stream=stream)
    given.work(model, sandbox=sandbox, log=log, budget=Budget(turns=3), api=api, wire=wire,
               abilities=PATCHES)  # fmt: skip

    assert len(sandbox.patches) == 2
    last = json.dumps(model.requests[-1].parsed)
    if api == "responses":
        assert last.count('"custom_tool_call_output"') == 2
        assert last.count('"function_call_output"') == 1
    else:
        assert last.count('"input": ') == 2
    bodies = [request.body for request in model.requests]
    if api == "chat":
        assert [given.prefix_kept(a, b) for a, b in pairwise(bodies)] == [1.0, 1.0]
    rebuilt = Conversation(given.wire_to(model, api), Budget().prices)
    for kind, entry in log.entries():
        rebuilt.apply(kind, entry)
    sent = model.requests[-1].parsed["messages"][1:] if api == "chat" else (
        model.requests[-1].parsed["input"]
    )  # fmt: skip
    assert rebuilt.items[: len(sent)] == sent


@BOTH
def test_an_interrupted_patch_is_answered_and_not_done_again(
    api: str, scripted_model: Model
) -> None:
    class Died(Exception):
        pass

    def die(kind: str, _content: dict[str, Any]) -> None:
        if kind == "observation":
            raise Died

    turns = [given.turn(patch(FIX)), given.turn(given.bash("true"))]
    model, sandbox, log = scripted_model(turns), Patched(), given.Log(on_append=die)
    with pytest.raises(Died):
        given.work(model, sandbox=sandbox, log=log, api=api, abilities=PATCHES)
    log.on_append = lambda *_: None
    given.work(model, sandbox=sandbox, log=log, api=api, abilities=PATCHES, budget=Budget(turns=2))

    assert len(sandbox.patches) == 1
    assert log.of("observation")[0]["result"] == "interrupted"
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "call",
    [
        {"name": "apply_patch", "arguments": {"input": FIX}},
        {"name": "apply_patch", "arguments": {"patch": FIX}},
        {"name": "applyPatch", "arguments": FIX},
        {"name": "bash", "arguments": {"command": f"apply_patch <<'PATCH'\n{FIX}PATCH"}},
    ],
    ids=["as a function", "by another argument", "by another name", "in a shell"],
)
@pytest.mark.parametrize("offered", [PATCHES, Abilities()], ids=["offered", "not offered"])
def test_a_patch_by_habit_is_carried_out(
    call: dict[str, Any], offered: Abilities, scripted_model: Model
) -> None:
    model, sandbox = scripted_model([given.turn(call)]), Patched()
    given.work(model, sandbox=sandbox, budget=Budget(turns=1), abilities=offered)
    assert [one["path"] for one in sandbox.patches[0]] == ["tax.py", "CHANGES"]


def test_edit_and_write_are_understood_beside_it(scripted_model: Model) -> None:
    write = {"name": "write", "arguments": {"path": "a", "content": "b"}}
    model, sandbox = scripted_model([given.turn(write)]), given.PlainSandbox()
    given.work(model, sandbox=sandbox, budget=Budget(turns=1), abilities=PATCHES)
    assert sandbox.files == {"a": "b"}


class Patched(given.PlainSandbox):
    """Takes patches and keeps them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches: list[Any] = []

    def patch(self, changes: Any) -> str:
        self.patches.append(changes)
        return "patched"
