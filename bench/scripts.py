"""Writes the scripts that stand in for a model while something is measured."""

from collections.abc import Iterable
from typing import Any

from demo.model.script import Script, Turn

Json = dict[str, Any]


def script(match: str, turns: Iterable[Json]) -> Script:
    """Return the script of the conversation whose first message holds `match`."""
    return Script(match=match, turns=tuple(Turn.read(turn) for turn in turns))


def turn(name: str, **arguments: Any) -> Json:
    """Return a turn of one tool call."""
    return {"text": "", "calls": [{"name": name, "arguments": arguments}]}


def nothing_to_do() -> list[Json]:
    """Return the turns that end a task without a change."""
    return [
        turn(
            "submit",
            outcome="no_change_needed",
            title="Nothing to do",
            summary="This was a measurement.",
            checks=[],
            unverified="",
        )
    ] * 2


def steps(count: int) -> list[Json]:
    """Return turns that run `true`; each is another command, since equal ones end the work."""
    return [turn("bash", command=f"true {number}") for number in range(count)]


def twenty_steps() -> list[Json]:
    """Return twenty turns of what an agent usually does: look, read, plan, edit, test, hand in."""
    look = [
        turn("bash", command="git log --oneline | head -5; ls"),
        turn("bash", command="rg -n 'def ' shop"),
        *[turn("read", path=f"shop/{name}.py") for name in ("tax", "stock", "delivery")],
        *[turn("read", path=f"tests/test_{name}.py") for name in ("tax", "stock", "delivery")],
    ]
    plan = [
        {"step": "See it fail", "status": "in_progress"},
        {"step": "Mend it", "status": "pending"},
    ]
    work = [
        turn("update_plan", plan=plan),
        turn("bash", command="python3 -m pytest -q"),
        turn("write", path="notes.txt", content="a line\n" * 40),
        turn("edit", path="notes.txt", old_str="a line\n" * 40, new_str="another\n" * 40),
        turn("bash", command="rm notes.txt; git status --short"),
        turn("bash", command="seq 2000"),
        *[turn("bash", command=f"head -{lines} README.md; exit 3") for lines in (2, 4, 6, 8)],
    ]
    return [*look, *work, *nothing_to_do()]


def small_fix(number: int) -> list[Json]:
    """Return eight turns that mend the sample's tax, with cheap commands around the edit."""
    submit = turn(
        "submit",
        outcome="resolved",
        title=f"Round half a cent up, measurement {number}",
        summary="Every fraction of a cent was cut off; half a cent is rounded up now.",
        checks=[{"command": "python3 -m pytest -q tests/test_tax.py", "shows": "it still works"}],
        unverified="",
    )
    return [
        turn("bash", command="git log --oneline | head -3; ls"),
        turn("bash", command="rg -n ROUND shop"),
        turn("read", path="shop/tax.py"),
        turn("bash", command="head -5 README.md"),
        turn("edit", path="shop/tax.py", old_str="ROUND_DOWN", new_str="ROUND_HALF_UP",
             replace_all=True),
        turn("bash", command="git diff --stat"),
        submit,
        submit,
    ]  # fmt: skip
