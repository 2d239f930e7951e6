"""The commands, typed: what somebody wants of the bot; `bot.grammar` reads them out of a text."""

from dataclasses import dataclass

from bot.slips import type_of_slip


@dataclass(frozen=True)
class Fix:
    """Mend what the thread describes, with these words of the requester's.

    The values of options are as they were written; empty where the option was not given.
    """

    instruction: str
    model: str = ""
    """The name of the model to do it with; without one, the usual."""
    attempts: str = ""
    """In how many attempts; without a word, in as many as a label says."""
    base: str = ""
    """The branch to work on, and to open the pull request against."""
    budget: str = ""
    """What it may cost: an amount of dollars or of tokens."""
    paths: str = ""
    """The only paths that may change, with commas between them."""
    time: str = ""
    """How long it may take, as `20m` or `2h`."""
    test: str = ""
    """A command that is run as a check, on the base and on the change."""
    effort: str = ""
    """How hard the model is asked to think."""
    plan: str = ""
    """Whether a plan has to be approved first; this and what follows is not empty if so."""
    draft: str = ""
    """Whether the pull request is a draft, whatever the project says."""
    ready: str = ""
    """Whether the pull request is open for review at once."""
    no_pr: str = ""
    """Whether the change stays on its branch."""
    quiet: str = ""
    """Whether only the last words are said."""
    new: str = ""
    """Whether to start although an open pull request addresses the issue; not empty if so."""


@dataclass(frozen=True)
class Words:
    """Words without a verb: a wish, or a word to the task that is on its way."""

    text: str


@dataclass(frozen=True)
class Plan:
    """Make a plan, and change nothing."""

    instruction: str
    model: str = ""
    base: str = ""
    budget: str = ""
    time: str = ""
    effort: str = ""
    quiet: str = ""


@dataclass(frozen=True)
class Ask:
    """Answer a question about the code."""

    question: str
    model: str = ""
    effort: str = ""
    quiet: str = ""


@dataclass(frozen=True)
class Review:
    """Review a pull request."""

    instruction: str
    model: str = ""
    effort: str = ""
    quiet: str = ""


@dataclass(frozen=True)
class Approve:
    """Carry out the plan with this digest."""

    digest: str
    """Its first digits, or nothing where the newest plan is meant."""


@dataclass(frozen=True)
class Reject:
    """Drop the plan."""

    reason: str = ""


@dataclass(frozen=True)
class Revise:
    """Make the plan anew, with these words."""

    instruction: str


@dataclass(frozen=True)
class Answer:
    """Answer what a task asked."""

    text: str = ""
    number: int | None = None
    """The question that the text answers, or nothing where there is but one."""
    choices: tuple[tuple[int, str], ...] = ()
    """Chosen answers: the number of a question, and a letter."""


@dataclass(frozen=True)
class Steer:
    """Tell the task that is on its way."""

    text: str


@dataclass(frozen=True)
class Stop:
    """Stop the task on this thread."""

    discard: bool = False
    """Keep nothing of its work."""


@dataclass(frozen=True)
class Retry:
    """Try again what the newest task of this thread was to do."""

    instruction: str = ""
    start: str = ""
    """Where to begin: wip, plan or scratch."""
    model: str = ""
    attempts: str = ""
    budget: str = ""
    time: str = ""
    effort: str = ""
    quiet: str = ""
    new: str = ""
    """Whether to start although an open pull request addresses the issue; not empty if so."""


@dataclass(frozen=True)
class Address:
    """Answer the open review threads of the bot's pull request, now."""

    instruction: str = ""


@dataclass(frozen=True)
class Ci:
    """Mend failing checks once, or let the checks run that were held back."""

    run: bool = False


@dataclass(frozen=True)
class Autofix:
    """Mend failing checks by itself on this pull request, or no longer."""

    on: bool


@dataclass(frozen=True)
class Sync:
    """Merge the base into the branch."""


@dataclass(frozen=True)
class Undo:
    """Take back changes on the bot's branch: of paths, of a commit, or the last one."""

    targets: tuple[str, ...]


@dataclass(frozen=True)
class Budget:
    """Let a paused task go on, with this much more of one thing."""

    usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    minutes: float = 0.0


@dataclass(frozen=True)
class Packages:
    """Give a task the packages that it asked for, or do not."""

    allow: bool
    number: int = 0
    """Which request of the task is meant, or nothing where it is the one that stands there."""


@dataclass(frozen=True)
class Status:
    """Say where the task on this thread stands."""


@dataclass(frozen=True)
class Log:
    """Show the action log of the newest task, or one entry of it."""

    number: int | None = None


@dataclass(frozen=True)
class Batch:
    """Start a task on each of several issues."""

    issues: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    most: str = ""


@dataclass(frozen=True)
class Each:
    """Start a task for each item of this issue's task list."""

    most: str = ""


@dataclass(frozen=True)
class Config:
    """Say what holds in this repository, and where that is set."""


@dataclass(frozen=True)
class Help:
    """Say which commands there are."""


@dataclass(frozen=True)
class Remark:
    """Tell the task on this issue what was written: no command, but its people may say more."""


type_of_work = Fix | Plan | Ask | Review | Retry | Address | Ci | Sync | Undo | Batch | Each
"""What a task is made for, or what changes the code at once."""
type_of_word = Approve | Reject | Revise | Answer | Steer | Stop | Budget | Packages | Autofix
"""What is said to a task, or about those to come."""
type_of_question = Status | Log | Config | Help
"""What is answered from the records."""
type_of_command = type_of_work | type_of_word | type_of_question | type_of_slip | Words | Remark

VERBS: dict[str, type] = {
    "fix": Fix,
    "plan": Plan,
    "ask": Ask,
    "review": Review,
    "approve": Approve,
    "reject": Reject,
    "revise": Revise,
    "answer": Answer,
    "steer": Steer,
    "stop": Stop,
    "retry": Retry,
    "address": Address,
    "ci": Ci,
    "autofix": Autofix,
    "sync": Sync,
    "undo": Undo,
    "budget": Budget,
    "packages": Packages,
    "status": Status,
    "log": Log,
    "batch": Batch,
    "each": Each,
    "config": Config,
    "help": Help,
}
"""Every verb, in the order in which people are told of them."""


def verb_of(command: type_of_command) -> str:
    """Return the verb that stands for a command, or nothing where it has none."""
    return next((verb for verb, kind in VERBS.items() if isinstance(command, kind)), "")
