"""Holds what is known of the work so far: a fold over the log, live and on resume the same."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.agent import limits
from jobs.agent.entries import Entry
from jobs.agent.figures import cost, size_of, tokens
from jobs.agent.hands import Status
from jobs.agent.steps import Print, Step, Streaks, left_out
from jobs.agent.task import Budget, CheckRow, Outcome, Prices, Submission
from jobs.agent.tools import BASH, GITHUB_CONTEXT
from jobs.agent.window import Window
from jobs.model.wire import Call, Item, Stop, Wire
from records.task import LimitMet, PlanStep, Progress

_REMEMBERED = 2 * limits.REPEATS_BEFORE_END


@dataclass
class Conversation:
    """The history as the model sees it, and everything that is counted along the way."""

    wire: Wire
    prices: Prices
    items: list[Item] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    turns: int = 0
    step_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    context: int = 0
    """Tokens of the next request: the server's last figure, and a guess for what came since."""
    first_input: int = 0
    """Tokens of the first request by the server's figures: the rules, the tools, the task."""
    starts: list[tuple[int, int]] = field(default_factory=list)
    """Where in the history each turn begins that is in it, as (turn, index)."""
    recaps: int = 0
    github_looks: int = 0
    """How often other people's words were fetched from GitHub."""
    pinned: tuple[str, ...] = ()
    """What each recap holds word for word: what people wrote on the issue in the meantime, and
    instructions of the project's whose turns were left out."""
    pinned_bytes: int = 0
    """Of such instructions that were given, wherever they stand now."""
    window: Window = field(default_factory=Window)
    plan: tuple[PlanStep, ...] = ()
    doing: str = ""
    first_command_at: float | None = None
    pending: dict[str, Call] = field(default_factory=dict)
    """Calls of the last reply that have no result yet, by id."""
    streaks: Streaks = field(default_factory=Streaks)
    prints: deque[Print] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    notes: set[str] = field(default_factory=set)
    """Which words of ours were said already."""
    cut_replies: int = 0
    rounds: int = 0
    failing: tuple[str, ...] = ()
    """What the last review found wrong, a line each."""
    checks: tuple[CheckRow, ...] = ()
    """All that the last review looked at."""
    submission: Submission | None = None
    accepted: Outcome | None = None
    handed_in: dict[str, Any] | None = None
    """What a run that ends with words handed in, once it was taken."""
    limits: Counter[str] = field(default_factory=Counter)
    """What of the sandbox commands ran into, in words, and how often."""
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _turn_has: str = ""
    """What the steps of the current turn were: new, known, misread."""

    def apply(self, kind: str, entry: Entry) -> None:
        """Take in one entry of the log; kinds that are not the loop's own change nothing."""
        apply: Callable[[Entry], None] | None = {
            "message": self._message,
            "reply": self._reply,
            "observation": self._observation,
            "plan": self._plan,
            "gate": self._gate,
            "handed_in": self._handed_in,
            "mask": self._mask,
            "recap": self._recap,
            "review": self._charge,
            "helper": self._helper,
            "failure": self._failure,
        }.get(kind)
        if apply is not None:
            self.items.extend(entry.get("items", ()))
            self.notes.update(entry.get("notes", ()))
            apply(entry)

    def progress(self) -> Progress:
        """Return how far the work is, for the status comment."""
        return Progress(
            doing=self.doing,
            plan=self.plan,
            turns=self.turns,
            steps=self.step_count,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost_usd=self.cost_usd,
            first_command_at=self.first_command_at,
            limits=tuple(LimitMet(*each) for each in self.limits.items()),
        )

    def shares(self, budget: Budget) -> dict[str, float]:
        """Return how much of each budget is used, 1.0 being all of it."""
        used = {
            "turns": (self.turns, budget.turns),
            "time": (self.seconds, budget.seconds),
            "tokens": (self.input_tokens + self.output_tokens, budget.tokens),
            "money": (self.cost_usd, budget.usd),
        }
        return {name: part / whole for name, (part, whole) in used.items() if whole}

    def stale_turns_with(self, step: Print) -> int:
        """Return how many turns without news there are, if `step` is the last of this one."""
        stale = step.news in self._seen and self._turn_has != "new"
        return self.streaks.stale_turns + 1 if stale else 0

    def end_turn(self) -> None:
        """Judge the turn that is over; the next reply does so too, if nobody did."""
        match self._turn_has:
            case "misread":
                self.streaks.misread += 1
            case "new":
                self.streaks.misread = self.streaks.stale_turns = 0
            case "known":
                self.streaks.misread = 0
                self.streaks.stale_turns += 1
            case _:
                pass
        self._turn_has = ""

    def _message(self, entry: Entry) -> None:
        self.context += tokens(entry["text"])
        self.window.told += tokens(entry["text"])
        self.pinned += (entry["pinned"],) if "pinned" in entry else ()
        if entry.get("reopens"):
            self.handed_in, self.rounds, self.failing = None, 0, ()

    def _reply(self, entry: Entry) -> None:
        self.end_turn()
        usage = entry["usage"]
        self.turns += 1
        self._charge(entry)
        self.seconds += entry["seconds"]
        self.context = usage["input"] + (usage["output"] if entry["items"] else 0)
        self.first_input = self.first_input or usage["input"]
        if entry["items"]:
            self.starts.append((self.turns, len(self.items) - len(entry["items"])))
        self.window.look(usage)
        self.window.told += sum(tokens(call["arguments"]) for call in entry["calls"])
        self.pending = {call["id"]: Call(**call) for call in entry["calls"]}
        self.doing = entry["doing"] or self.doing
        streaks, stop = self.streaks, entry["stop"]
        streaks.empty = streaks.empty + 1 if stop == Stop.EMPTY else 0
        streaks.refused = streaks.refused + 1 if stop in {Stop.REFUSAL, Stop.FILTER} else 0
        streaks.text = streaks.text + 1 if stop == Stop.TEXT and not entry["misread"] else 0
        streaks.idle = 0 if entry["calls"] else streaks.idle + 1
        self.cut_replies += stop == Stop.LENGTH
        if entry["misread"]:
            streaks.misread += 1
        elif stop != Stop.TOOLS:
            streaks.misread = 0

    def _charge(self, entry: Entry) -> None:
        """Count what a model call used, whoever asked: its `usage`, if it came to one."""
        if usage := entry.get("usage"):
            self.input_tokens += usage["input"] + usage.get("lost", 0)
            self.output_tokens += usage["output"]
            self.cost_usd += cost(usage, self.prices)

    def _helper(self, entry: Entry) -> None:
        """Count what a helper used; its time is in the answer's."""
        self._charge(entry)
        self.doing = entry["title"]

    def _failure(self, entry: Entry) -> None:
        self._charge(entry)
        self.seconds += entry["seconds"]

    def _observation(self, entry: Entry) -> None:
        call = self.pending.pop(entry["call_id"])
        skipped = entry["status"] in {Status.SKIPPED, Status.MISREAD}
        self.github_looks += entry["name"] == GITHUB_CONTEXT and not skipped
        size, pinned = tokens(entry["text"]), entry.get("pinned", "")
        self.step_count = entry["step"]
        self.context += size
        self.window.told += size
        self.seconds += entry["seconds"]
        self.doing = entry["title"]
        self.pinned_bytes += len(pinned.encode(errors="replace"))
        self.limits.update(entry.get("limits", ()))
        self.steps.append(
            Step(entry["step"], self.turns, len(self.items) - 1, call, entry["name"],
                 entry["title"], entry["result"], entry["log"], size, pinned)
        )  # fmt: skip
        status = entry["status"]
        if entry["name"] == BASH and status not in {Status.SKIPPED, Status.MISREAD}:
            self.streaks.timeouts = self.streaks.timeouts + 1 if status == Status.TIMEOUT else 0
            self.first_command_at = self.first_command_at or entry["started_at"]
        call_mark, result_mark = entry["print"]
        failed = status != Status.OK
        self._look(Print(call_mark, result_mark, failed=failed, tool=entry["name"]), status)

    def _look(self, step: Print, status: str) -> None:
        """Note whether a step brought anything that was not seen before."""
        if status == Status.SKIPPED:
            return
        self.prints.append(step)
        if status == Status.MISREAD:
            self._turn_has = self._turn_has or "misread"
            return
        fresh = step.news not in self._seen
        self._seen.add(step.news)
        if fresh or self._turn_has != "new":
            self._turn_has = "new" if fresh else "known"

    def _plan(self, entry: Entry) -> None:
        self.plan = tuple(PlanStep(**step) for step in entry["plan"])

    def _gate(self, entry: Entry) -> None:
        self.rounds = entry["round"]
        self.checks = tuple(CheckRow(**row) for row in entry["rows"])
        wrong = (row for row in self.checks if row.passed is False)
        self.failing = tuple(f"{row.check}: {row.detail}" for row in wrong)
        self.submission = Submission.from_json(entry["submission"])
        self.accepted = Outcome(entry["outcome"]) if entry["accepted"] else None

    def _handed_in(self, entry: Entry) -> None:
        self.rounds = entry["round"]
        self.failing = tuple(entry["problems"])
        self.handed_in = entry["content"] if entry["accepted"] else None

    def _mask(self, entry: Entry) -> None:
        numbers = set(entry["steps"])
        for step in self.steps:
            if step.number in numbers and not step.masked:
                words = left_out(step)
                self.items[step.index] = self.wire.result(step.call, words)
                freed = max(0, step.tokens - tokens(words))
                self.window.forget(freed)
                self.context, step.tokens, step.masked = self.context - freed, tokens(words), True

    def _recap(self, entry: Entry) -> None:
        """Go on from the task, the recap, and the turns from `from_turn` on, which stay whole."""
        self._charge(entry)
        self.seconds += entry["seconds"]
        self.recaps += 1
        self.pinned = tuple(entry["pinned"])
        recap = self.items.pop()
        begin = self.index_of(entry["from_turn"])
        kept, moved = self.items[begin:], begin - 2
        self.items = [self.items[0], recap, *kept]
        self.starts = [(turn, at - moved) for turn, at in self.starts if at >= begin]
        self.steps = [step for step in self.steps if step.index >= begin]
        for step in self.steps:
            step.index -= moved
        self.context = self.first_input + tokens(entry["text"]) + size_of(kept)
        calls = sum(tokens(step.call.arguments) + step.tokens for step in self.steps)
        told = size_of(self.items[:2]) + calls
        self.window.forget(max(0, self.window.told - told))

    def index_of(self, turn: int) -> int:
        """Return where in the history a turn begins, or its end if none begins so late."""
        return next((at for number, at in self.starts if number >= turn), len(self.items))
