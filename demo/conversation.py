"""Plays the long conversation of one issue, from its plan to the merge, with a person's part in it.

The scripted model knows its own part by the turns of the sixth sample issue.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from demo.github.server import LocalGitHub
from demo.house import House
from demo.stage import ASKS, MAINTAINS

ISSUE = "Receipts know nothing of vouchers"
REVISION = "`receipt()` is small: no module of its own for this, please."
STEERED = "The till's paper is narrow: say it in fewer words."
OVERALL = "Nearly there."
SUGGESTION = """\
```suggestion
    \"\"\"Return the whole receipt: its total, and what a voucher leaves to pay.\"\"\"
```"""
ZERO = "A voucher of 0.00 should print no lines at all."
NEGATIVE = "Why is the voucher an amount below zero here?"
FLAKE = "E   requests.exceptions.ConnectionError: connection reset by peer\n1 error in 3.20s\n"
PATIENCE_S = 300.0
"""For one turn; a busy machine takes its time over the evidence."""
AGAIN = 2
"""The attempt of a workflow that was run once more."""
OLDER = "test (3.9)"
BROKEN = """\
shop/receipt.py:14: in <module>
    def receipt(lines: list[tuple[str, Decimal]], voucher: Decimal | None = None) -> str:
E   TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'
!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!
"""
THREADS = (
    {"path": "shop/receipt.py", "line": 15, "body": SUGGESTION},
    {"path": "shop/receipt.py", "line": 19, "body": ZERO},
    {"path": "shop/receipt.py", "line": 27, "body": NEGATIVE},
)

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
    """One issue with all that is said on it, and on the pull request that comes of it."""

    house: House
    number: int
    pull: int = 0
    """The number of the pull request, once there is one."""

    @property
    def _github(self) -> LocalGitHub:
        return self.house.stage.github

    @property
    def _repository(self) -> str:
        return self.house.stage.repository

    @property
    def _issue_page(self) -> str:
        return self.house.stage.issue_url(self.number)

    @property
    def _pull_page(self) -> str:
        return f"{self._github.url}/{self._repository}/pull/{self.pull}"

    def turns(self) -> Iterator[Turn]:
        """Go from turn to turn; whoever takes the next one lets the conversation go on."""
        yield from self._planned()
        yield from self._carried_out()
        yield from self._reviewed()
        yield from self._checked()
        yield from self._merged()

    def _say(self, words: str, user: str = ASKS) -> int:
        return self.house.comment(self.number, words, user)

    def _until(self, verb: str, states: set[str], *words: str) -> Json:
        """Wait until the newest task of a verb is in one of these states, and the words stand."""

        def see() -> Json | None:
            mine = [task for task in self._tasks() if task["verb"] == verb]
            is_so = bool(mine) and mine[0]["state"] in states
            return mine[0] if is_so and all(map(self._stands, words)) else None

        what = f"{verb} in {sorted(states)} with {words}"
        found: Json = self.house.wait_for(see, what, PATIENCE_S)
        return found

    def _tasks(self) -> list[Json]:
        return [*self.house.tasks(self.number), *(self.house.tasks(self.pull) if self.pull else ())]

    def _comments(self) -> list[Json]:
        on_pull = self.house.bot_comments(self.pull) if self.pull else []
        return [*self.house.bot_comments(self.number), *on_pull]

    def _stands(self, words: str) -> bool:
        return any(words in one["body"] for one in self._comments())

    def _planned(self) -> Iterator[Turn]:
        self._say("/agent plan")
        self._until("plan", {"waiting"}, "Plan r1")
        yield Turn("plan", self._issue_page, ("Plan r1", "shop/voucher.py"))
        self._say(f"/agent revise {REVISION}")
        self._until("plan", {"waiting"}, "Plan r2")
        yield Turn("revised", self._issue_page, ("Plan r2", "A module of its own"))
        self._tick("Plan r2", "do:approve", MAINTAINS)

    def _tick(self, comment: str, box: str, user: str) -> None:
        """Tick a box of the bot's comment that holds these words."""
        [there] = [one for one in self._comments() if comment in one["body"]]
        self._github.tick(self._repository, there["id"], user, box)

    def _carried_out(self) -> Iterator[Turn]:
        self._until("fix", {"waiting"}, "I need 1 decision")
        yield Turn("question", self._issue_page, ("worth more than the purchase", "my default"))
        self._say("/agent 1a")
        self._until("fix", {"running"})
        steered = self._say(f"/agent steer {STEERED}")
        self.house.wait_for(lambda: "rocket" in self.house.reactions(steered), "the word is taken")
        yield Turn("steered", self._issue_page, (STEERED,))
        done = self._until("fix", {"succeeded"}, "taken at step")
        self.pull = done["pull_request_number"]
        yield Turn("pull-request", self._issue_page, (f"#{self.pull}", "fixed"))

    def _reviewed(self) -> Iterator[Turn]:
        self._github.ready_for_review(self._repository, self.pull, MAINTAINS)
        self._github.review(
            self._repository, self.pull, MAINTAINS, "REQUEST_CHANGES", OVERALL, THREADS
        )
        yield Turn("review", self._pull_page, (OVERALL, "and what a voucher leaves to pay", ZERO))
        self._until("address", {"succeeded"})
        yield Turn("answered", self._pull_page, ("Applied as suggested", "Not changed:"))

    def _checked(self) -> Iterator[Turn]:
        run = self._fails("CI", "test", FLAKE)
        self.house.wait_for(lambda: self._attempt(run) == AGAIN, "the flake is run again")
        self._github.finish_job(self._repository, run, "test")
        # GitHub has run it again before the bot could say so.
        self.house.wait_for_answer(self.pull, "This looks like chance")
        yield Turn("flake", self._pull_page, ("This looks like chance", "run it again, once"))
        run = self._fails("Older Pythons", OLDER, BROKEN)
        self.house.wait_for(lambda: self._attempt(run) == AGAIN, "the failure is run again")
        self._github.finish_job(self._repository, run, OLDER, "failure", BROKEN)
        self._until("ci", {"succeeded"})
        for workflow, job in (("CI", "test"), ("Older Pythons", OLDER)):
            again = self._github.start_workflow(self._repository, self._branch, [job], workflow)
            self._github.finish_job(self._repository, again or 0, job)
        yield Turn("repaired", self._pull_page, ("Let the receipt be imported by Python 3.9",))

    @property
    def _branch(self) -> str:
        [pull] = [e for e in self.house.pull_requests(self.number) if e["number"] == self.pull]
        return str(pull["head"]["ref"])

    def _fails(self, workflow: str, job: str, log: str) -> int:
        """Let a workflow fail on the newest commit of the pull request; returns the run's id."""
        run = self._github.start_workflow(self._repository, self._branch, [job], workflow) or 0
        self._github.finish_job(self._repository, run, job, "failure", log)
        return run

    def _attempt(self, run: int) -> int:
        [found] = [e for e in self._github.workflow_runs(self._repository) if e["id"] == run]
        return int(found["run_attempt"])

    def _merged(self) -> Iterator[Turn]:
        self._github.review(self._repository, self.pull, MAINTAINS, "APPROVE", "Thank you.")
        self._github.merge(self._repository, self.pull, MAINTAINS)
        self.house.wait_for(self._is_tidy, "the branch is removed")
        yield Turn("merged", self._pull_page, ("Pull request merged",))
        yield Turn("closed", self._issue_page, ("closed this",))

    def _is_tidy(self) -> bool:
        branches = self._github.branches(self._repository)
        return not any(name.startswith(f"agent/{self.number}-") for name in branches)


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
