"""The bot's answers to commands: short comments that say what it did, or why it did nothing."""

from collections.abc import Sequence

from bot.command_options import VALUES, options_of
from bot.comments.neutral import code, words
from records.task import Task, TaskState

_LONGEST_LOGIN = 60
_LONGEST_NAME = 60
_CHANGES_NOTHING = {"plan", "ask", "review"}
_MOST_NAMED = 5
_STARTS = frozenset(
    {"fix", "plan", "ask", "review", "retry", "address", "ci", "sync", "batch", "each"}
)
"""Verbs that are about a task that is not there yet."""


def person(login: str) -> str:
    """Return somebody's name without calling them."""
    return words(f"@{login}", _LONGEST_LOGIN)


def did_you_mean_comment(command: str, word: str, suggestion: str) -> str:
    """Ask back for a command with a slip in it."""
    meant = code(f"{command} {word}", 80)
    return f"Did you mean `{command} {suggestion}`, not {meant}? Nothing was started."


def one_command_comment(command: str, others: Sequence[str]) -> str:
    """Name the commands that stood behind the first in a text."""
    named = ", ".join(code(line, 80) for line in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return (
        f"I take one command a comment, the first. Nothing was done about {named}{more}: post each "
        f"in a comment of its own. `{command} help` shows what there is."
    )


def no_such_option_comment(command: str, verb: str, option: str) -> str:
    """Refuse an option, and list those that the verb has."""
    known = ", ".join(f"`{_as_written(name)}`" for name in options_of(verb))
    there_is = f"there is {known}" if known else f"`{command} {verb}` has none"
    return (
        f"I know no option {code(option, 60)}; {there_is}. Nothing was started. "
        f"{_meant_as_words(command, verb)}"
    )


def no_value_comment(command: str, verb: str, option: str) -> str:
    """Ask for what an option lacks."""
    example = f"`{command} {verb} {_as_written(option.removeprefix('--'))} …`"
    return (
        f"The option {code(option, 60)} has no value that I can use; it goes {example}. Nothing "
        f"was started. "
        f"{_meant_as_words(command, verb)}"
    )


def late_option_comment(command: str, verb: str, option: str) -> str:
    """Ask for an option to stand where it is one."""
    example = f"`{command} {verb} {_as_written(option.removeprefix('--'))} …`"
    return (
        f"An option stands before the words, as in {example}; behind them {code(option, 60)} would "
        f"be one of them. Nothing was started. {_meant_as_words(command, verb)}"
    )


def misused_comment(command: str, verb: str) -> str:
    """Say how a verb is used."""
    usage = " or ".join(f"`{command} {verb}{way}`" for way in USAGE[verb])
    return (
        f"I do not understand that. It goes {usage}. Nothing was started. To ask for a change that "
        f"begins with this very word, write `{command} fix {verb} …`."
    )


def _as_written(option: str) -> str:
    return f"--{option} {VALUES[option]}".rstrip()


USAGE: dict[str, tuple[str, ...]] = {
    "ask": (" QUESTION",),
    "approve": ("", " DIGEST"),
    "revise": (" WHAT SHOULD BE DIFFERENT",),
    "answer": (" TEXT", " 2 TEXT", " 1b 2a"),
    "steer": (" TEXT",),
    "ci": ("", " run"),
    "autofix": (" on", " off"),
    "sync": ("",),
    "undo": (" PATH", " COMMIT", " last"),
    "budget": (" +$1", " +100k", " +20steps", " +10m"),
    "packages": (" yes", " no"),
    "log": ("", " 12"),
    "batch": (" #12 #15", " label:bug"),
    "each": ("",),
    "config": ("",),
}
"""How the verbs go that cannot be given just any words."""


def no_such_model_comment(command: str, name: str, models: Sequence[str]) -> str:
    """Refuse a model that the operator does not offer."""
    listed = ", ".join(code(each, _LONGEST_NAME) for each in models) or "none"
    return (
        f"I know no model {code(name, _LONGEST_NAME)}; there is {listed}. Nothing was started. "
        f"{_meant_as_words(command)}"
    )


def no_such_attempts_comment(command: str, asked: str, most: int) -> str:
    """Refuse a number of attempts that the operator does not allow, or that is none."""
    return (
        f"{code(asked, 60)} is no number of attempts that I can make: at most {most} here, as in "
        f"`{command} fix --attempts {most} …`. Nothing was started. {_meant_as_words(command)}"
    )


def _meant_as_words(command: str, verb: str = "fix") -> str:
    return f"If it is part of the task's words, write `{command} {verb} -- …`."


def refused_comment(command: str, verb: str, needs: str, login: str, role: str) -> str:
    """Say why somebody may not give a command, and who can."""
    did, do = ("start", "start it") if verb in _STARTS else ("do that", "do it")
    return (
        f"I did not {did}: {person(login)} has {code(role, 40)} access here, and "
        f"`{command} {verb}` needs `{needs}`. Somebody with {needs} access can {do} with a "
        f"comment of their own: `{command} {verb}`."
    )


def unchecked_comment(command: str, verb: str, login: str) -> str:
    """Say that nothing was started because the permission could not be looked up."""
    return (
        f"I could not check what {person(login)} may do in this repository, because GitHub did not "
        f"answer. So I did nothing. Please comment `{command} {verb}` again in a few minutes."
    )


def other_account_comment(login: str) -> str:
    """Say that the name now belongs to another account than the one that asked."""
    return (
        f"I did not start: the account that asked is no longer the one that is called "
        f"{person(login)}."
    )


def closed_comment(command: str, verb: str, what: str, *, merged: bool) -> str:
    """Say that a closed issue or pull request, as `what` says, is not worked on."""
    if merged:
        return (
            "This pull request is merged, so nothing can be pushed to it any more. Nothing was "
            f"started. What is left to do can have an issue of its own, and `{command} fix` there."
        )
    return f"This {what} is closed, so I did not start. Reopen it and comment `{command} {verb}`."


def locked_comment(command: str, verb: str) -> str:
    """Say that a locked issue is not worked on."""
    again = f"Unlock it and comment `{command} {verb}`."
    return f"This conversation is locked, so I did not start. {again}"


def nothing_to_stop_comment(command: str) -> str:
    """Say that no task runs here."""
    return f"Nothing is running on this issue, so there is nothing to stop. See `{command} status`."


def refused_to_others_comment(command: str, verb: str, task: Task, login: str, role: str) -> str:
    """Say why somebody has no say about another's task, and who has."""
    stays = "It goes on waiting" if task.state is TaskState.WAITING else "I go on"
    return (
        f"{stays}: {person(login)} has {code(role, 40)} access here. `{command} {verb}` needs "
        f"`write`, or to come from {person(task.requester)}, who asked for this task."
    )


def stopping_comment(task: Task, login: str, task_url: str) -> str:
    """Say that the task was told to stop."""
    if task.state is TaskState.STOPPED:
        begun = "" if task.started_at else "had not begun; it "
        return f"Task {named_task(task, task_url)} {begun}is stopped for {person(login)}."
    stopping = f"I am stopping task {named_task(task, task_url)} for {person(login)}."
    if task.verb in _CHANGES_NOTHING:
        return (
            f"{stopping} It changes nothing; if it is done at this moment, the stop may come too "
            "late, and what it found still appears."
        )
    kept = (
        "what it has changed so far is thrown away, as asked"
        if task.discards
        else "what it has changed so far is kept on a branch, if it can be; its comment will say"
    )
    return (
        f"{stopping} If it is handing in its change at this moment, that may come too late, and "
        f"{_comes_of(task)} still appears; otherwise {kept}."
    )


def _comes_of(task: Task) -> str:
    """Say what a change is handed in as."""
    if task.pull_request_number is not None:
        return "a commit on the pull request"
    return "its branch" if task.brief.get("no_pr") else "a pull request"


def general_failure_comment(command: str) -> str:
    """Say that something failed for which there are no words of its own."""
    return (
        "I could not answer this because something went wrong on my side. It is on record for "
        f"whoever runs this bot. Please try again later: `{command} help` shows what I can do."
    )


def named_task(task: Task, task_url: str) -> str:
    """Return the id of a task, as a link where there is a page."""
    return f"[`{task.id}`]({task_url})" if task_url else f"`{task.id}`"
