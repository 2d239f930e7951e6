"""Ties one task to everything that its loop uses, and writes down what happens to it."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.agent import room
from jobs.agent.abilities import NOTHING, Abilities
from jobs.agent.closing import Closing
from jobs.agent.conversation import Conversation
from jobs.agent.entries import Entry, failure_entry
from jobs.agent.ports import GatePort, KeepPort, LogPort, SandboxPort
from jobs.agent.prompt import system
from jobs.agent.task import AgentTask, Budget
from jobs.agent.tools import tools
from jobs.model.wire import Item, ModelError, ModelErrorKind, Reply, ToolSpec, Wire
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
    gate: GatePort | Closing
    keep: KeepPort
    talk: Conversation
    abilities: Abilities = NOTHING

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """What the model may call, in the order in which every request carries it."""
        last = self.closing.tool if self.closing else None
        return tools(self.budget.command_s, self.abilities, last)

    @property
    def closing(self) -> Closing | None:
        """How the run ends, if it ends with words instead of a change."""
        return self.gate if isinstance(self.gate, Closing) else None

    @property
    def rules(self) -> str:
        """What stands before the first message."""
        if self.closing:
            return self.closing.system
        people = self.abilities.people
        return system(
            patches=self.abilities.patches,
            people=bool(people and people.may_ask),
            packages=bool(people and people.packages),
        )

    @property
    def seconds_left(self) -> float:
        """How much of the time for this task is left."""
        return max(0.0, self.budget.seconds - self.talk.seconds)

    def ask(self, items: Sequence[Item]) -> Reply:
        """Get the model's reply to a history, within what is left of the time; see Wire.

        A call that fails is on record, with what it used, before its ModelError goes on.
        """
        began = time.monotonic()
        try:
            return self._send(items)
        except ModelError as error:
            if error.kind is not ModelErrorKind.STOPPED:
                self.note("failure", failure_entry(error, time.monotonic() - began))
            raise

    def _send(self, items: Sequence[Item]) -> Reply:
        return self.wire.send(
            self.rules,
            items,
            self.tools,
            deadline_s=max(1.0, min(self.budget.call_deadline_s, self.seconds_left)),
            max_output=room.reply_room(self.talk, self.budget),
            stopped=self.stopped,
        )

    def note(self, kind: str, entry: Entry) -> Entry:
        """Take in what happened; it is in the log when this returns, as it is returned.

        What goes into the history is what the log keeps. So a later job sends what this one sent,
        and a secret that the log may not hold is not sent a second time either.
        """

        def take(kept: Entry) -> Progress:
            self.talk.apply(kind, kept)
            clean.append(kept)
            return self.talk.progress()

        clean: list[Entry] = []
        self.log.record(kind, entry, take)
        return clean[0]

    def say(self, text: str, *notes: str, stays: bool = False, reopens: bool = False) -> None:
        """Add a message of ours to the conversation; one that `stays` is part of every recap.

        One that `reopens` takes back that what was handed in was the end.
        """
        entry: Entry = {"items": [self.wire.user(text)], "text": text, "notes": [*notes]}
        entry |= {"pinned": text} if stays else {}
        self.note("message", entry | ({"reopens": True} if reopens else {}))
