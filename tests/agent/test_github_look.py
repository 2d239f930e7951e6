"""Looks at GitHub as the loop makes them: as data, so often and no more, and never the end."""

from collections.abc import Callable
from typing import Any

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget
from jobs.agent.abilities import Abilities, Unavailable
from jobs.agent.limits import GITHUB_PER_TASK
from tests.agent import given

Model = Callable[..., ScriptedModel]
BOTH = pytest.mark.parametrize("api", ["chat", "responses"])


def look(ref: str, kind: str = "issue") -> dict[str, Any]:
    return {"name": "github_context", "arguments": {"kind": kind, "ref": ref}}


def work(model: ScriptedModel, log: given.Log, github: Callable[[str, str], str] | None,
         **more: Any) -> None:  # fmt: skip
    more.setdefault("budget", Budget(turns=len(model.scripts[0].turns)))
    given.work(model, log=log, abilities=Abilities(github=github), **more)


@BOTH
def test_a_look_is_answered_and_a_miss_is_an_error_text(api: str, scripted_model: Model) -> None:
    asked = []

    def github(kind: str, ref: str) -> str:
        asked.append((kind, ref))
        if ref == "9":
            raise Unavailable("This repository has no issue 9 that can be read.")
        return f'<github kind="{kind}" ref="{ref}" trust="untrusted">\nIt was so.\n</github>'

    turns = [given.turn(look("3"), look("9")), given.turn(look("abcdef1", "commit"))]
    model, log = scripted_model([*turns, given.turn(given.plan("on"))]), given.Log()
    work(model, log, github, api=api)

    assert asked == [("issue", "3"), ("issue", "9"), ("commit", "abcdef1")]
    told = [(entry["title"], entry["result"], entry["status"]) for entry in log.of("observation")]
    assert told[0] == ("look at issue `3`", "68 characters", "ok")
    assert told[1] == ("look at issue `9`", "not found", "failed")
    assert log.of("observation")[1]["text"].startswith("This repository has no issue 9")
    assert b"It was so." in model.requests[-1].body
    assert all(b'"github_context"' in request.body for request in model.requests)


def test_a_task_has_so_many_looks_also_over_several_jobs(scripted_model: Model) -> None:
    asked = []

    def github(_kind: str, ref: str) -> str:
        asked.append(ref)
        return "there"

    half = GITHUB_PER_TASK // 2
    turns = [given.turn(*(look(f"{at}{n}") for n in range(half))) for at in (1, 2, 3)]
    model, log = scripted_model([*turns, given.turn(given.plan("on"))]), given.Log()
    work(model, log, github, budget=Budget(turns=1))
    assert len(asked) == half
    work(model, log, github, budget=Budget(turns=4))
    assert len(asked) == GITHUB_PER_TASK
    last = log.of("observation")[-2]
    assert last["text"] == f"Not executed: a task may look {GITHUB_PER_TASK} times."


def test_without_it_there_is_no_such_tool(scripted_model: Model) -> None:
    model, log = scripted_model([given.turn(look("3"))]), given.Log()
    work(model, log, None)
    assert log.of("observation")[0]["text"].startswith("There is no such tool.")
    assert b"github_context" not in model.requests[0].body
