"""Plays the long conversation of one issue, from its plan to the merge, with a person's part in it.

The scripted model knows its own part by the turns of the sixth sample issue.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from demo.house import House
from demo.stage import ASKS, MAINTAINS

ISSUE = "Receipts know nothing of vouchers"
REVISION = "`receipt()` is small: no module of its own for this, please."
STEERED = "The till's paper is narrow: say it in fewer words."

Json = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """Where the conversation stands now, for whoever looks at it."""

    name: str
    """In a few words with dashes, for files and lines of output."""
    page: str
    """The address that shows it."""
    says: tuple[str, ...]
    """Words that stand on that page now."""


@dataclass
class Conversation:
    """One issue with all that is said on it."""

    house: House
    number: int
    heard: set[str] = field(default_factory=set)
    """Tasks that have been waited for."""

    @property
    def _repository(self) -> str:
        return self.house.stage.repository

    @property
    def _issue_page(self) -> str:
        return self.house.stage.issue_url(self.number)

    def turns(self) -> Iterator[Turn]:
        """Go from turn to turn; whoever takes the next one lets the conversation go on."""
        yield from self._planned()
        yield from self._carried_out()

    def _say(self, words: str, user: str = ASKS) -> None:
        self.house.comment(self.number, words, user)

    def _until(self, verb: str, states: set[str], *words: str) -> Json:
        """Wait until the newest task of a verb is in one of these states, and the words stand."""

        def see() -> Json | None:
            mine = [task for task in self.house.tasks(self.number) if task["verb"] == verb]
            is_so = bool(mine) and mine[0]["state"] in states
            return mine[0] if is_so and all(map(self._stands, words)) else None

        what = f"{verb} in {sorted(states)} with {words}"
        found: Json = self.house.wait_for(see, what)
        return found

    def _stands(self, words: str) -> bool:
        return any(words in one["body"] for one in self.house.bot_comments(self.number))

    def _planned(self) -> Iterator[Turn]:
        self._say("/agent plan")
        self._until("plan", {"waiting"}, "Plan r1")
        yield Turn("1-plan", self._issue_page, ("Plan r1", "shop/voucher.py"))
        self._say(f"/agent revise {REVISION}")
        self._until("plan", {"waiting"}, "Plan r2")
        yield Turn("2-revised", self._issue_page, ("Plan r2", "A module of its own"))
        self._tick("Plan r2", "do:approve", MAINTAINS)

    def _tick(self, comment: str, box: str, user: str) -> None:
        """Tick a box of the bot's comment that holds these words."""
        [there] = [one for one in self.house.bot_comments(self.number) if comment in one["body"]]
        self.house.stage.github.tick(self._repository, there["id"], user, box)

    def _carried_out(self) -> Iterator[Turn]:
        done = self._until("fix", {"succeeded"})
        yield Turn("6-pull-request", self._issue_page, (f"#{done['pull_request_number']}",))


def open_conversation(house: House) -> Conversation:
    """Find the sample issue that the conversation is about."""
    issues: list[tuple[int, str]] = [
        (number, house.stage.github.issue(house.stage.repository, number)["title"])
        for number in house.stage.issues
    ]
    [number] = [number for number, title in issues if title == ISSUE]
    return Conversation(house, number)


def play(house: House, look: Callable[[Turn], None]) -> None:
    """Play the whole conversation, and let somebody look at every turn of it."""
    for turn in open_conversation(house).turns():
        look(turn)
