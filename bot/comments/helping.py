"""Says which commands there are; a test holds the lines of docs/commands.md to these."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments.neutral import code

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Line:
    """One way to use a verb."""

    usage: str
    where: str
    meaning: str


_ISSUE, _PULL, _OWN, _ANY = "issue", "pull request", "the bot's pull request", "anywhere"
_TASK, _ASKS = "while a task is on its way", "when the bot has asked"

LINES: dict[str, tuple[Line, ...]] = {
    "fix": (
        Line("fix [words]", _ISSUE, "work on it in a sandbox and open a draft pull request"),
        Line("fix [words]", _PULL, "work on it, onto its branch; on mine, answer its review"),
        Line("[words]", _ANY, "the same; while a task works, tell it; when it asked, answer it"),
    ),
    "plan": (Line("plan [words]", _ISSUE, "change nothing, and show a plan to approve"),),
    "approve": (
        Line("approve [digest]", _ANY, "carry out a plan, or, as `maintain`, let a change out"),
    ),
    "revise": (Line("revise <words>", _ISSUE, "make the plan anew, with these words"),),
    "reject": (Line("reject [words]", _ANY, "drop the plan, or the change that waits"),),
    "ask": (Line("ask <question>", _ANY, "answer it, with the places in the code"),),
    "review": (Line("review [words]", _PULL, "read it, and write one review; never approve"),),
    "answer": (
        Line("answer [2] <words>", _ASKS, "answer in your own words, the second question here"),
        Line("1b 2a", _ASKS, "answer the first question with b, the second with a"),
    ),
    "steer": (Line("steer <words>", _TASK, "tell the agent, before its next call of the model"),),
    "stop": (Line("stop [--discard]", _TASK, "end it; the work stays on a branch, or goes"),),
    "retry": (Line("retry [words]", _ANY, "try again what did not come to what was asked"),),
    "address": (Line("address [words]", _OWN, "answer all open threads of its review, now"),),
    "sync": (Line("sync", _OWN, "merge the base into its branch"),),
    "undo": (
        Line("undo <path…>", _OWN, "put files back as they are on the base"),
        Line("undo <commit>", _OWN, "take back one commit, or with `last` the last one"),
    ),
    "ci": (
        Line("ci", _OWN, "mend its failing checks, once"),
        Line("ci run", _OWN, "let the checks run that were held back"),
    ),
    "autofix": (Line("autofix on/off", _OWN, "mend failing checks by itself, or no longer"),),
    "budget": (
        Line(
            "budget +$1",
            _ASKS,
            "let a paused task go on; `+100k` gives tokens, `+20steps` turns, `+10m` minutes",
        ),
    ),
    "packages": (
        Line("packages yes/no", _ASKS, "install the packages that it asked for, or none"),
    ),
    "batch": (Line("batch #12 label:bug", _ISSUE, "start a task on each of these issues"),),
    "each": (Line("each", _ISSUE, "start a task for each open item of its task list"),),
    "status": (Line("status", _ANY, "say where the work stands"),),
    "log": (Line("log [n]", _ANY, "show the actions of the task, or one step"),),
    "config": (Line("config", _ANY, "show what holds in this repository, and who says so"),),
    "help": (Line("help", _ANY, "show this"),),
}
"""Each verb's lines, in the order in which people are told of them."""

OPTIONS: dict[str, str] = {
    "model": "with this one of the operator's models",
    "attempts": "as so many attempts side by side, of which the best is handed in",
    "base": "on this branch, and against it",
    "budget": "for at most this much money, or so many tokens",
    "time": "for at most so long",
    "paths": "with changes in these paths only, commas between them",
    "test": "with this command as one of the checks, before and after",
    "effort": "with a model that is asked to think so hard, where its server knows that",
    "plan": "after a plan that somebody approves",
    "draft": "with a draft pull request, whatever the project says",
    "ready": "with a pull request that is ready for review, if all is done and clean",
    "no-pr": "up to a branch, without a pull request",
    "quiet": "with its last words only, and what it has to ask",
    "new": "even if an open pull request addresses the issue already",
    "from": "from the work so far, from the plan, or from nothing",
    "max": "with at most so many tasks",
    "discard": "without keeping the work",
}
"""What each option adds to its verb."""


def help_comment(
    command: str,
    labels: Sequence[tuple[str, str]],
    models: Sequence[str] = (),
    most_attempts: int = 1,
) -> str:
    """Say which commands there are; `labels` are those that stand for a verb, with the verb."""
    rows = "".join(
        f"| `{command} {line.usage}` | {line.where} | {line.meaning} |\n"
        for verb in LINES
        for line in LINES[verb]
    )
    named = ", ".join(f"{code(label)} is `{command} {verb}`" for label, verb in labels)
    return (
        "What I can do:\n\n| Write | where | and I |\n|:--|:--|:--|\n"
        f"{rows}\n{_choice(command, models, most_attempts)}"
        f"Of the labels, {named}. To start something you need write access here; to stop it or to "
        "tell it something, write access, or to be the one who asked for it.\n"
        "A command stands at the beginning of a line, outside quotes and code, and its options "
        "before its words."
    )


def _choice(command: str, models: Sequence[str], most_attempts: int) -> str:
    several = len(models) > 1
    listed = ", ".join(code(name, _LONGEST_NAME) for name in models)
    model = f"`{command} fix --model NAME …` does it with one of {listed}." if several else ""
    attempts = (
        f"`{command} fix --attempts N …` makes up to {most_attempts}, and hands in the best."
        if most_attempts > 1
        else ""
    )
    both = " ".join(filter(None, (model, attempts)))
    return f"{both}\n\n" if both else ""
