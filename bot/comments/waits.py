"""What a task waits for from people, said on the issue: questions, money, packages, a plan."""

from typing import Any, assert_never

from bot.comments.neutral import code, quoted, words
from bot.comments.plans import plan_choices, plan_title, plan_words
from bot.comments.readable import count, moment, money, plural
from bot.comments.views import Surroundings
from records.task import Task
from records.waits import Wait, WaitKind

LETTERS = "abcdef"
"""By which the choices of a question are named."""
_QUESTION = 600
_CHOICE = 300
_REASON = 1_500


def wait_headline(wait: Wait | None) -> str:
    """Say in few words what a task waits for."""
    if wait is None:
        return "⏸ Waiting"
    match wait.kind:
        case WaitKind.QUESTION:
            return f"❓ I need {plural(len(wait.asked['questions']), 'decision')}"
        case WaitKind.PLAN:
            return plan_title(wait.asked)
        case WaitKind.BUDGET:
            return f"💸 Paused at {_used_up(wait.asked)}"
        case WaitKind.PACKAGES:
            return f"📦 I need {plural(len(wait.asked['packages']), 'package')}"
        case _:
            assert_never(wait.kind)


def wait_words(task: Task, around: Surroundings) -> list[str]:
    """Say what a task waits for, and how to answer; nothing where it waits for nothing."""
    wait = around.wait
    if wait is None:
        return [words(task.progress.doing, 300)]
    match wait.kind:
        case WaitKind.QUESTION:
            return _questions(wait, around)
        case WaitKind.PLAN:
            choices = plan_choices(wait.asked, around.command, wait.deadline)
            return [plan_words(wait.asked), choices]
        case WaitKind.BUDGET:
            return _budget(wait, task, around)
        case WaitKind.PACKAGES:
            return _packages(wait, around)
        case _:
            assert_never(wait.kind)


def box(label: str, command: str, *, ticked: bool = False) -> str:
    """Return a box that does the same as a command, for whoever may give that."""
    return f"- [{'x' if ticked else ' '}] {label} <!-- do:{command} -->"


def _questions(wait: Wait, around: Surroundings) -> list[str]:
    """Show each question with its choices as boxes, and what was said to it so far."""
    asked: list[dict[str, Any]] = wait.asked["questions"]
    given: dict[str, dict[str, str]] = wait.answer.get("answers", {})
    shown = [
        _question(number, one, given.get(str(number), {})) for number, one in enumerate(asked, 1)
    ]
    example = " ".join(f"{number}{LETTERS[one['default']]}" for number, one in enumerate(asked, 1))
    how = (
        f"Answer with `{around.command} {example}`, in your own words with "
        f"`{around.command} answer 1 …`, or tick boxes."
    )
    return [*shown, f"{how} {_deadline(wait)}"]


def _question(number: int, asked: dict[str, Any], given: dict[str, str]) -> str:
    lines = [f"**{number}.** {words(asked['question'], _QUESTION)}", ""]
    for at, choice in enumerate(asked["choices"]):
        letter = LETTERS[at]
        label = f"{letter}. {words(choice, _CHOICE)}"
        if at == asked["default"]:
            label = f"**{letter}.** {words(choice, _CHOICE)} **(my default)**"
        lines.append(box(label, f"answer {number}{letter}", ticked=given.get("choice") == letter))
    if given.get("text"):
        lines += ["", quoted(given["text"], _QUESTION)]
    return "\n".join(lines)


def _deadline(wait: Wait) -> str:
    """Say what happens without an answer, and when."""
    if wait.deadline is None:
        return ""
    if wait.asked.get("at_deadline") == "stop":
        then = "I stop; what has changed so far is kept on a branch"
    else:
        then = "I go on with my defaults"
    return f"Without an answer by {moment(wait.deadline)} {then}."


def _used_up(asked: dict[str, Any]) -> str:
    if asked["what"] == "money":
        return money(asked["usd"])
    return f"{count(asked['tokens'])} tokens"


def _budget(wait: Wait, task: Task, around: Surroundings) -> list[str]:
    changed = [words(path, 200) for path in wait.asked.get("changed", ())]
    done = f"Changed so far: {', '.join(changed)}." if changed else "Nothing is changed so far."
    doing = words(task.progress.doing, 300)
    last = f"The last thing that I did: {doing}." if doing else ""
    left = [one for one in task.progress.plan if one.status != "completed"]
    rest = f"{plural(len(left), 'step')} of the plan below are left." if left else ""
    more = "+$1" if wait.asked["what"] == "money" else "+500k"
    how = f"To let me go on, comment `{around.command} budget {more}`, with as much as you like."
    until = (
        f"Without more by {moment(wait.deadline)} I hand in what there is." if wait.deadline else ""
    )
    return [" ".join(part for part in (done, last, rest) if part), f"{how} {until}".rstrip()]


def _packages(wait: Wait, around: Surroundings) -> list[str]:
    """Show the packages that the agent asks for, and the box that lets them in."""
    asked, digest = wait.asked, wait.asked["digest"]
    rows = "\n".join(f"- {code(one, 200)}" for one in asked["packages"])
    why = f"**In the agent's words, unchecked:**\n\n{quoted(asked['reason'], _REASON)}"
    yes, no = f"packages {digest}", "packages none"
    boxes = f"{box('Install exactly these', yes)}\n{box('Go on without', no)}"
    how = (
        "They are installed with a network before the work goes on, by the package manager of "
        "the project and with no secret at hand; code of theirs may run there. "
        f"Tick a box, or comment `{around.command} packages {digest}`."
    )
    until = (
        f"Without an answer by {moment(wait.deadline)} I go on without them."
        if wait.deadline
        else ""
    )
    return [rows, why, boxes, f"{how} {until}".rstrip()]
