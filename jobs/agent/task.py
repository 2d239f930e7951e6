"""Says what the agent is given and what it gives back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from jobs.evidence.check import DeclaredCheck
from records.waits import NewWait


@dataclass(frozen=True)
class IssueComment:
    """One comment that the agent is shown, and what its author is to the repository."""

    author: str
    text: str
    association: str = ""


@dataclass(frozen=True)
class IssueText:
    """The issue as it was when somebody gave the command; nobody has checked its words."""

    number: int
    title: str
    body: str
    author: str = ""
    comments: tuple[IssueComment, ...] = ()


@dataclass(frozen=True)
class AgentTask:
    """Everything that the first message is made of."""

    repository: str
    """The full name, `owner/name`."""
    base_sha: str
    paths: Sequence[str]
    """Every path of the base commit."""
    issue: IssueText
    requester: str = ""
    instruction: str = ""
    """What the requester wrote after the command; they may write to the repository."""
    guidance: str = ""
    """The repository's own instructions, from the base commit."""
    guidance_source: str = "AGENTS.md"
    nested: Collection[str] = ()
    """The paths of the instructions that the repository has for single folders."""
    read_base: Callable[[str], str | None] = field(default=lambda _: None, compare=False)
    """Reads a file of the base commit."""
    environment: tuple[str, ...] = ()
    """One fact about the sandbox a line: tool versions, how the set-up went."""
    checks: tuple[str, ...] = ()
    """Commands that are known to test or lint this project."""
    mode: Literal["product", "benchmark"] = "product"
    wish: str = ""
    """What is to be done, where it is not to solve the issue."""
    blocks: tuple[str, ...] = ()
    """What else the first message shows, each in a block that it cannot end."""


@dataclass(frozen=True)
class Prices:
    """What the operator pays, in dollars per million tokens."""

    input: float = 0.0
    output: float = 0.0
    cached: float | None = None
    """For input that the server had in its cache; without one, the price of input."""


@dataclass(frozen=True)
class Budget:
    """How far one task may go, over all jobs that carry it; None is no limit."""

    turns: int = 200
    seconds: float = 3600.0
    """Of model calls and tool calls together; waiting in a queue costs nothing."""
    tokens: int | None = None
    usd: float | None = None
    prices: Prices = Prices()
    context_window: int = 128_000
    max_output: int = 32_000
    call_deadline_s: float = 900.0
    command_s: int = 120
    """How long a command may take where the model does not say."""


class Outcome(StrEnum):
    """How the work of the agent ended: the first five by its own word, the rest by ours."""

    RESOLVED = "resolved"
    PARTIAL = "partial"
    NOT_REPRODUCIBLE = "not_reproducible"
    NEEDS_INFORMATION = "needs_information"
    NO_CHANGE_NEEDED = "no_change_needed"
    STOPPED = "stopped"
    BUDGET = "budget"
    MODEL_ERROR = "model_error"
    LOOP = "loop"
    SANDBOX_LOST = "sandbox_lost"
    WAITING = "waiting"
    """Not at all yet: it goes on when people have answered."""


CLAIMS = (
    Outcome.RESOLVED,
    Outcome.PARTIAL,
    Outcome.NOT_REPRODUCIBLE,
    Outcome.NEEDS_INFORMATION,
    Outcome.NO_CHANGE_NEEDED,
)
"""What the model may say of its own work."""


@dataclass(frozen=True)
class Submission:
    """What the model handed in, in its own words."""

    outcome: Outcome
    summary: str
    title: str
    checks: tuple[DeclaredCheck, ...] = ()
    unverified: str = ""
    round: int = 1
    """How many times it was handed in, this time included."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the log keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `as_json` wrote."""
        checks = tuple(DeclaredCheck(**check) for check in value["checks"])
        return cls(**{**value, "outcome": Outcome(value["outcome"]), "checks": checks})


TESTS_NOT_AS_BEFORE = "tests that were there are not as before"
"""The check that names tests which a change deletes, skips or weakens."""


@dataclass(frozen=True)
class CheckRow:
    """One check of a submission: passed, failed, or (None) only worth a look."""

    check: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True)
class GateResult:
    """The answer to a submission; `text` is what the model reads."""

    accepted: bool
    text: str
    rows: tuple[CheckRow, ...] = ()
    outcome: Outcome | None = None
    """What the work is accepted as, where that is less than was claimed."""
    noted: tuple[tuple[str, dict[str, Any]], ...] = ()
    """What else goes on record with it, as (kind, content); a `usage` is charged to the task."""
    extra: bool = False
    """Not accepted, though it is the last round: there is one more."""


@dataclass(frozen=True)
class Ending:
    """How it ended; whatever the outcome, the change in the sandbox is the caller's to keep."""

    outcome: Outcome
    submission: Submission | None
    explanation: str
    """One sentence for the people who read the issue."""
    cause: str = ""
    """Which budget ran out (turns, time, tokens, money, day, context), the kind of model error, or
    `quiet` where the model stopped without handing in."""
    handed_in: dict[str, Any] | None = None
    """What a run that ends with words came to, as its last tool's schema has it."""
    wait: NewWait | None = None
    """What people are asked, where the work waits for them."""
