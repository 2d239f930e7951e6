"""What both protocols do alike: the wire of a conversation, and one request of it."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from jobs.model.connection import Answer
from jobs.model.cures import Lessons
from jobs.model.failures import Cure, Failure
from jobs.model.figures import CallIds
from jobs.model.history import ItemBytes, request_body
from jobs.model.sending import Sender
from jobs.model.streams import Gatherer
from jobs.model.wire import Call, Item, Preferences, Reply, Shape, Stop, ToolSpec, Usage

NO_RESULT = "No result was recorded for this call."


class HttpWire(ABC):
    """A Wire over one server, in the words of one protocol."""

    def __init__(self, sender: Sender, preferences: Preferences) -> None:
        self._sender = sender
        self.preferences = preferences
        self.lessons = Lessons()
        self.item_bytes = ItemBytes()

    def user(self, text: str) -> Item:
        """Return a message of the user."""
        return {"role": "user", "content": text}

    @abstractmethod
    def result(self, call: Call, text: str) -> Item:
        """Return the item that answers a call."""

    @abstractmethod
    def request(
        self, system: str, items: Sequence[Item], tools: Sequence[ToolSpec], max_output: int
    ) -> "HttpRequest":
        """Return the request for the next reply."""

    def send(
        self,
        system: str,
        items: Sequence[Item],
        tools: Sequence[ToolSpec],
        *,
        deadline_s: float,
        max_output: int,
        stopped: threading.Event,
        shape: Shape | None = None,
    ) -> Reply:
        """Ask for the next reply; see Wire."""
        request = self.request(system, items, tools, max_output)
        if self.preferences.is_openai:
            request.shape = shape
        return self._sender.send(request, deadline_s=deadline_s, stopped=stopped)

    def close(self) -> None:
        """Give up the connection."""
        self._sender.close()


class HttpRequest(ABC):
    """One question, in whatever way the server was found to understand it."""

    path: str
    field: ClassVar[str]
    """The parameter that holds the history."""
    shape: Shape | None = None
    """What the reply's text has to look like."""

    def __init__(
        self,
        wire: HttpWire,
        system: str,
        items: Sequence[Item],
        tools: Sequence[ToolSpec],
        max_output: int,
    ) -> None:
        self.wire = wire
        self.system = system
        self.items = items
        self.tools = tools
        self.max_output = max_output
        self._sent: dict[str, Any] = {}

    def body(self) -> bytes:
        """Return the request as it should be sent now."""
        self._sent = self.wire.lessons.fitting(self.parameters())
        return request_body(self._sent, self.field, self.history())

    def cure(self, failure: Failure) -> bool:
        """Change the request so that the server may take it; false when there is nothing to do."""
        items = self.items
        if failure.cure is Cure.REASONING:
            items = [item for item in items if self.holds_reasoning(item)]
        return self.wire.lessons.learn(failure, self._sent, items)

    def fresh_ids(self) -> CallIds:
        """Return what gives each new call an id that no earlier one has."""
        return CallIds(call_id for item in self.items for call_id in self.call_ids(item))

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """Return all of the request but the history."""

    @abstractmethod
    def history(self) -> list[bytes]:
        """Return the history, made regular where the server wants that."""

    @abstractmethod
    def gatherer(self, server: str) -> Gatherer:
        """Return what puts a streamed reply together."""

    @abstractmethod
    def read(self, answer: Answer) -> Reply:
        """Return what the answer means; raises Failure when it means nothing."""

    @staticmethod
    @abstractmethod
    def call_ids(item: Item) -> list[str]:
        """Return the ids of the calls that an item makes."""

    @staticmethod
    @abstractmethod
    def holds_reasoning(item: Item) -> bool:
        """Say whether an item is, or holds, what a model thought."""


def reply_of(
    answer: Answer,
    items: tuple[Item, ...],
    text: str,
    calls: tuple[Call, ...],
    stop: Stop,
    usage: Usage,
) -> Reply:
    """Return a reply, with what every answer says of itself; who sent it adds how long it took."""
    return Reply(
        items=items,
        text=text,
        calls=calls,
        stop=stop,
        usage=usage,
        request_id=answer.request_id,
        model=str(answer.value.get("model") or ""),
        seconds=0.0,
        sent_bytes=answer.sent,
    )
