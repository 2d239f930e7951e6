"""Calls of one reply happen in their order, so that one may build upon the other."""

from collections.abc import Callable

import pytest

from demo.model import ScriptedModel
from jobs.agent import Budget
from jobs.sandbox import Sandbox
from tests.agent import given

pytestmark = pytest.mark.docker


def _edit(old: str, new: str) -> dict[str, object]:
    return {"name": "edit", "arguments": {"path": "tax.py", "old_str": old, "new_str": new}}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_edits_of_one_file_in_one_reply_build_upon_each_other(
    api: str, scripted_model: Callable[..., ScriptedModel], box: Sandbox
) -> None:
    calls = [_edit("int(", "first("), _edit("first(", "second("), given.bash("cat tax.py")]
    log = given.Log()
    model = scripted_model([given.turn(*calls)])
    given.work(model, sandbox=box, log=log, budget=Budget(turns=1), api=api)

    assert [entry["status"] for entry in log.of("observation")] == ["ok", "ok", "ok"]
    assert "return second(amount)" in log.of("observation")[-1]["text"]
