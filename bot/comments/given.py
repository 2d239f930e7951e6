"""The words for what a task's agent was given: which issue, comments, rules, model and limits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.comments.answers import person
from bot.comments.neutral import code, words
from bot.comments.readable import count, money, plural, time_of_day
from bot.plain_text import cut, visible
from bot.project import PROJECT_FILE
from records.actions import Action

GIVEN = "given"
"""The kind of the entry of the action log that says it."""
THREADS, CHECKS, CONFLICTS = "threads", "checks", "conflicts"
"""What a task on the bot's own pull request is given beside the issue."""
_BESIDE = {
    THREADS: ("open review thread", "open review threads"),
    CHECKS: ("failing check with its log", "failing checks with their logs"),
    CONFLICTS: ("file in conflict, with both sides", "files in conflict, with both sides"),
}
_NAMED_PATHS = 10
_PIECES, _PIECE = 200, 2_000

_LEFT_OUT = {
    "edited": "{n} edited after the command",
    "moment": "{n} written in the very second of the command",
    "outsider": "{n} by accounts without write access",
    "unchecked": "{n} by people whose access could not be looked up",
    "bot": "{n} by bots",
    "older": "{n} for which there was no room",
}


def newest_given(actions: Iterable[Action]) -> dict[str, Any]:
    """Return what the log says the agent was given; empty before that."""
    return next((one.content for one in reversed([*actions]) if one.kind == GIVEN), {})


def given_block(given: Mapping[str, Any], task_url: str) -> str:
    """Return the lines that fold away under a status comment, or nothing."""
    if not given:
        return ""
    parts = [_issue(given), _beside(given), _removed(given, task_url), _rules(given), _model(given)]
    text = "\n".join(part for part in parts if part)
    return f"<details><summary>What I was given</summary>\n\n{text}\n</details>"


def given_result(given: Mapping[str, Any]) -> str:
    """Return the same in one line, for the log."""
    removed = given["removed"]
    hidden = f", hidden content removed: {removed}" if removed else ""
    return f"{_comments(given)}{hidden}"


def given_text(
    given: Mapping[str, Any], pieces: Sequence[tuple[str, str]], mistakes: Iterable[str]
) -> str:
    """Return all of it for the task's page, with what was removed in full; plain text."""
    lines = [
        f"Issue as of {_when(given)}, snapshot {given['snapshot']}.",
        f"{_comments(given)}.{_not_used(given)}",
        *filter(None, [_beside(given)]),
        f"Rules: {given['rules'] or 'none'} at {given['rules_at']}.",
        *mistakes,
    ]
    lines += [
        f"Removed, {what}:\n{cut(_readable(text), _PIECE)}" for what, text in pieces[:_PIECES]
    ]
    return "\n".join(lines)


def _issue(given: Mapping[str, Any]) -> str:
    snapshot = f"snapshot {code(given['snapshot'], 20)}"
    whose = f"{_comments(given)}.{_vouched(given)}{_not_used(given)}"
    return f"The issue as of {_when(given)} ({snapshot}), {whose}"


def _vouched(given: Mapping[str, Any]) -> str:
    by = given.get("vouched")
    return f" {person(by)} vouched for its text by a label." if by else ""


def _when(given: Mapping[str, Any]) -> str:
    return time_of_day(given["as_of"]) if given["as_of"] else "the command"


def _comments(given: Mapping[str, Any]) -> str:
    used, total = given["comments"], given["comments"] + sum(given["left_out"].values())
    return f"{used} of {plural(total, 'comment')}" if total else "no comments"


def _not_used(given: Mapping[str, Any]) -> str:
    reasons = [
        words_.format(n=given["left_out"][reason])
        for reason, words_ in _LEFT_OUT.items()
        if given["left_out"].get(reason)
    ]
    return f" Not used: {', '.join(reasons)}." if reasons else ""


def _beside(given: Mapping[str, Any]) -> str:
    counts = given.get("beside", {}).items()
    named = [f"{number} {_BESIDE[what][number != 1]}" for what, number in counts if number]
    return f"Beside it: {', '.join(named)}." if named else ""


def _removed(given: Mapping[str, Any], task_url: str) -> str:
    if not given["removed"]:
        return ""
    where = f"[the live log]({task_url})" if task_url else "the task's page"
    pieces = plural(given["removed"], "piece")
    return f"Removed {pieces} that a reader of the page does not see (shown in {where})."


def _rules(given: Mapping[str, Any]) -> str:
    at = f"{code(given['branch'], 100)} {code(given['rules_at'], 12)}"
    rules = f"Rules: {code(given['rules'], 100)} @ {at}." if given["rules"] else "Rules: none."
    mistakes = given["mistakes"]
    wrong = f" {plural(mistakes, 'mistake')} in `{PROJECT_FILE}`, see the log." if mistakes else ""
    paths = ", ".join(code(path, 100) for path in given["paths"][:_NAMED_PATHS])
    return f"{rules}{wrong}" + (f" Only {paths} may change." if paths else "")


def _model(given: Mapping[str, Any]) -> str:
    limits = given["limits"]
    parts = [f"{limits['turns']} turns", f"{limits['minutes']:g} minutes"]
    parts.append(f"{count(limits['tokens'])} tokens")
    parts += [money(limits["usd"])] if limits["usd"] else []
    model = f"Model: {words(given['model'], 80)}. " if given["model"] else ""
    if effort := given.get("effort"):
        model += f"Effort: {words(effort, 20)}. "
    if test := given.get("test"):
        model += f"To pass in the end: {code(test, 200)}. "
    return f"{model}Network: off. Limits: {', '.join(parts)}."


def _readable(text: str) -> str:
    """Return a hidden text so that it can be read: letters of no width by their number."""
    if visible(text).strip():
        return visible(text)
    return " ".join(f"U+{ord(letter):04X}" for letter in text)
