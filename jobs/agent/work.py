"""Ties one task to everything that its loop uses, and writes down what happens to it."""

import threading
from dataclasses import dataclass

from jobs.agent.conversation import Conversation, Entry
from jobs.agent.ports import GatePort, KeepPort, LogPort, SandboxPort
from jobs.agent.task import AgentTask, Budget
from jobs.model.wire import Wire
from records.task import Progress


@dataclass(frozen=True)
class Work:
    """One run of the loop: the parts it was given, and the conversation that grows."""

    task: AgentTask
    sandbox: SandboxPort
    wire: Wire
    log: LogPort
    budget: Budget
    stopped: threading.Event
    gate: GatePort
    keep: KeepPort
    talk: Conversation

    @property
    def seconds_left(self) -> float:
        """How much of the time for this task is left."""
        return max(0.0, self.budget.seconds - self.talk.seconds)

    def note(self, kind: str, entry: Entry) -> None:
        """Take in what happened; it is in the log when this returns.

        What goes into the history is what the log keeps. So a later job sends what this one sent,
        and a secret that the log may not hold is not sent a second time either.
        """

        def take(kept: Entry) -> Progress:
            self.talk.apply(kind, kept)
            return self.talk.progress()

        self.log.record(kind, entry, take)

    def say(self, text: str, *notes: str) -> None:
        """Add a message of ours to the conversation."""
        self.note("message", {"items": [self.wire.user(text)], "text": text, "notes": [*notes]})
