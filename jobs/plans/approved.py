"""Tells the agent of a fix which plan was approved for it."""

from collections.abc import Mapping
from typing import Any

from jobs.agent.prompt import attribute
from records.task import Task

BRIEF = "plan"
"""Under this key the brief of a fix holds what was approved, as the wait for it has it."""

_CARRY_OUT = (
    "Carry it out. Where it turns out to be wrong, do what is right, and say in the summary where "
    "you left the plan and why."
)


def with_plan(task: Task) -> str:
    """Return what the requester of a task wrote, and the plan that was approved, if one was."""
    return "\n\n".join(part for part in (task.instruction, approved_plan(task.brief)) if part)


def approved_plan(brief: Mapping[str, Any]) -> str:
    """Return the plan in a task's brief as words for its agent, or nothing."""
    approved = brief.get(BRIEF)
    if not approved:
        return ""
    by = attribute(approved.get("by", "")) or "A maintainer"
    return f"{by} has approved this plan. {_CARRY_OUT}\n\n{plan_text(approved['plan'])}"


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return a plan as plain text."""
    steps = [f"{at}. {_step(step)}" for at, step in enumerate(plan["steps"], 1)]
    parts = [
        _words("What is wrong or wanted", plan["problem"]),
        _words("Cause", plan["cause"]),
        "Steps:\n" + "\n".join(steps),
        _listed("Tests to add", plan["tests"]),
        _listed("Risks", plan["risks"]),
        _listed("Leave this out", plan["out_of_scope"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _step(step: Mapping[str, Any]) -> str:
    files = ", ".join(file["path"] for file in step["files"])
    return f"{step['do']}{f' ({files})' if files else ''}"


def _words(name: str, text: str) -> str:
    return f"{name}: {text}" if text else ""


def _listed(name: str, lines: list[str]) -> str:
    return "\n".join([f"{name}:", *(f"- {line}" for line in lines)]) if lines else ""
