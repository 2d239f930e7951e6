"""What a task waits for from people, said on the issue: questions, money, packages, a plan."""

from collections.abc import Sequence
from typing import Any, assert_never

from bot.comments.answers import person
from bot.comments.approvals import approval_headline, approval_words
from bot.comments.neutral import code, quoted, words
from bot.comments.packages import packages_headline, packages_words
from bot.comments.plans import plan_choices, plan_title, plan_words
from bot.comments.readable import count, moment, money, plural, span
from bot.comments.views import Limits, Surroundings
from records.task import Task
from records.waits import Wait, WaitKind

LETTERS = "abcdef"
"""By which the choices of a question are named."""
_QUESTION = 600
_CHOICE = 300


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
            return packages_headline(wait)
        case WaitKind.CHANGE:
            return approval_headline(wait.asked)
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
            label = task.brief.get("required_by", "")
            choices = plan_choices(wait.asked, around.command, wait.deadline, label)
            return [plan_words(wait.asked), choices]
        case WaitKind.BUDGET:
            return _budget(wait, task, around)
        case WaitKind.PACKAGES:
            return packages_words(wait, around.command)
        case WaitKind.CHANGE:
            return approval_words(wait, around.command, around.task_url)
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


_MORE = {"money": "+$1", "tokens": "+500k", "turns": "+20steps", "time": "+10m"}
"""What one may give of each thing that runs out."""
_NAMES = {"money": "usd", "time": "minutes"}
"""What they are called among the limits, where that is another name."""


def limit_named(what: str) -> str:
    """Return the name among the limits of what has run out."""
    return _NAMES.get(what, what)


def _used_up(asked: dict[str, Any]) -> str:
    if asked["what"] == "day":
        return f"{money(asked['usd'])} a day"
    name = limit_named(asked["what"])
    return amount_words(name, asked[name])


def amount_words(name: str, value: float) -> str:
    """Return an amount of one of a task's limits, such as `$1.00`, `500k tokens` or `10 m 0 s`."""
    match name:
        case "usd":
            return money(value)
        case "tokens":
            return f"{count(int(value))} tokens"
        case "turns":
            return plural(int(value), "turn")
        case _:
            return span(value * 60)


def _budget(wait: Wait, task: Task, around: Surroundings) -> list[str]:
    changed = [words(path, 200) for path in wait.asked.get("changed", ())]
    done = f"Changed so far: {', '.join(changed)}." if changed else "Nothing is changed so far."
    doing = words(task.progress.doing, 300)
    last = f"The last thing that I did: {doing}." if doing else ""
    left = [one for one in task.progress.plan if one.status != "completed"]
    rest = f"{plural(len(left), 'step')} of the plan below are left." if left else ""
    so_far = " ".join(part for part in (done, last, rest) if part)
    if wait.asked["what"] == "day":
        return [_day(wait.asked, around.command), so_far]
    more = _MORE[wait.asked["what"]]
    how = f"To let me go on, comment `{around.command} budget {more}`, with as much as you like."
    until = (
        f"Without more by {moment(wait.deadline)} I hand in what there is." if wait.deadline else ""
    )
    return [so_far, f"{how} {until}".rstrip()]


def _day(asked: dict[str, Any], command: str) -> str:
    """Say that a repository's money for a day is used up, and when there is more."""
    return (
        f"The tasks of this repository have cost {money(asked['spent'])} in the last 24 hours, of "
        f"{money(asked['usd'])} ({asked['source']}). I go on by myself at "
        f"{moment(asked['until'])}; `{command} budget +$1` may let this task go on before."
    )


def day_budget_comment(command: str, most: float | None, until: float) -> str:
    """Refuse what does not let a task go on that waits for its repository's money of a day."""
    why = (
        f"no more than {money(most)} in 24 hours can be used here, by a limit of whoever runs this "
        "bot"
        if most is not None
        else f"what is short is the money of the day, as in `{command} budget +$1`"
    )
    return f"I added nothing: {why}. This task goes on by itself at {moment(until)}."


def other_budget_comment(command: str, what: str) -> str:
    """Refuse more of what is not short; `what` is what has run out."""
    return (
        f"I added nothing: this task has paused for want of {what}, and more of anything else "
        f"would not let it go on. It goes like `{command} budget {_MORE[what]}`."
    )


def little_budget_comment(command: str, name: str, used: float, missing: float) -> str:
    """Refuse so little that a task would pause again at once; `name` is that of a limit."""
    return (
        f"I added nothing: this task has used {amount_words(name, used)} already, and would pause "
        f"again at once. It needs more than {amount_words(name, missing)}, as in "
        f"`{command} budget AMOUNT`."
    )


def nothing_asked_comment(command: str) -> str:
    """Say that no task waits for an answer."""
    return f"Nothing is asked here at the moment. `{command} status` says where the work stands."


def answered_already_comment(command: str, by: str) -> str:
    """Say that an answer came too late."""
    who = person(by) if by else "the deadline"
    return (
        f"That was answered already, by {who}, and the work goes on. "
        f"To say something to it now, comment `{command} steer …`."
    )


def no_such_choice_comment(command: str, choice: str) -> str:
    """Refuse a choice that there is not."""
    return (
        f"I did not ask for {code(choice, 20)}. Nothing was noted. The questions and their letters "
        f"stand in my comment above; `{command} answer 1 …` answers in your own words."
    )


def two_choices_comment(command: str) -> str:
    """Refuse two choices of one question."""
    return (
        "That chooses twice for one question. Nothing was noted: please give one letter for each, "
        f"as in `{command} 1b 2a`, or say both in your own words: `{command} answer 1 …`."
    )


def long_answer_comment(command: str, most: int) -> str:
    """Refuse an answer that would have to be cut."""
    return (
        f"That answer is longer than {most} letters, and I do not cut what you say. Nothing was "
        f"taken; please say it shorter: `{command} answer …`."
    )


def which_question_comment(command: str, left: Sequence[int]) -> str:
    """Ask which of several questions some words answer."""
    which = " or ".join(f"`{command} answer {number} …`" for number in left)
    return f"I do not know which question that answers. Please write {which}."


def nothing_to_steer_comment(command: str) -> str:
    """Say that there is no task to steer."""
    return f"Nothing is running here that could be steered. `{command} fix …` starts something."


def enough_steers_comment(command: str, most: int) -> str:
    """Say that a task takes in no more words."""
    return (
        f"This task was steered {most} times, which is as much as it takes in. "
        f"To begin anew with other words, comment `{command} stop` and then `{command} fix …`."
    )


def nothing_to_pay_comment(command: str) -> str:
    """Say that there is no task to give more to."""
    return (
        f"There is no task here that could use more. `{command} fix --budget AMOUNT …` starts one "
        "with a budget of its own."
    )


def no_money_limit_comment(command: str) -> str:
    """Say that money limits nothing here."""
    return (
        "Tasks have no limit in money here, so there is none to raise. Nothing was changed. "
        f"In tokens: `{command} budget +500k`."
    )


def too_much_comment(command: str, name: str, now: float, most: float) -> str:
    """Refuse to give a task more than the operator allows; `name` is that of a field of Limits."""
    return (
        f"This task has {amount_words(name, now)} of at most {amount_words(name, most)} that one "
        f"may come to here, so I added nothing. A smaller amount may do: `{command} budget AMOUNT`."
    )


def budget_given_comment(login: str, name: str, more: float, limits: Limits) -> str:
    """Say that a task may use more, and how much that makes; `name` is that of a limit."""
    whole = vars(limits)[name]
    makes = "" if whole is None else f", which makes {amount_words(name, whole)}"
    return f"{person(login)} gives this task {amount_words(name, more)} more{makes}."
