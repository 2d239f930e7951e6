"""Plays the main story without a person: from a comment on an issue to the pull request."""

import re
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from demo.house import ENDED, House
from demo.stage import ASKS

_LOOK_AGAIN_S = 0.1
_SILENCE_S = 60.0


@dataclass(frozen=True)
class Told:
    """How the story went."""

    issue: str
    pull_request: str
    branch: str
    base_sha: str
    head_sha: str
    evidence: list[Any]
    comment_to_first_command_s: float
    comment_to_pull_request_s: float

    def to_json(self) -> dict[str, Any]:
        """Return it as the last line of the output."""
        return {
            "issue": self.issue,
            "pull_request": self.pull_request,
            "branch": self.branch,
            "base_sha": self.base_sha,
            "head_sha": self.head_sha,
            "evidence": self.evidence,
            "seconds": {
                "comment_to_first_command": self.comment_to_first_command_s,
                "comment_to_pull_request": self.comment_to_pull_request_s,
            },
        }

    def in_words(self) -> str:
        """Return it for a person."""
        return (
            f"Pull request: {self.pull_request}\nIssue: {self.issue}\nBranch: {self.branch}\n"
            f"First command after {self.comment_to_first_command_s:.2f} s, pull request after "
            f"{self.comment_to_pull_request_s:.2f} s."
        )


class NoPullRequest(Exception):
    """The story came to another end; the message says which."""


def play(house: House, interrupted: threading.Event) -> Told:
    """Comment on the first issue and wait for the end of the task; raises NoPullRequest."""
    stage, number = house.stage, house.stage.issues[0]
    asked_at = time.time()
    house.comment(number, stage.options.comment, ASKS)
    _say(f"{stage.issue_url(number)}: {stage.options.comment}")
    task = _wait_for_end(house, number, interrupted)
    _say(_end_in_words(task))
    pull_request = _pull_request(house, task)
    return Told(
        issue=stage.issue_url(number),
        pull_request=pull_request["html_url"],
        branch=pull_request["head"]["ref"],
        base_sha=task["base_sha"],
        head_sha=pull_request["head"]["sha"],
        evidence=(task["evidence"] or {}).get("rows", []),
        comment_to_first_command_s=round(task["progress"]["first_command_at"] - asked_at, 3),
        comment_to_pull_request_s=round(task["ended_at"] - asked_at, 3),
    )


def _wait_for_end(house: House, number: int, interrupted: threading.Event) -> dict[str, Any]:
    said, patience_until = "", time.monotonic() + _SILENCE_S
    while not interrupted.wait(_LOOK_AGAIN_S):
        tasks = house.tasks(number)
        if not tasks:
            answers = house.bot_comments(number)
            if answers and not house.tasks(number):
                words = _visible(answers[-1])
                raise NoPullRequest(f"The bot answered, and began no task:\n{words}")
            if time.monotonic() > patience_until:
                raise NoPullRequest(
                    f"The bot began no task and said nothing for {_SILENCE_S:.0f} s: "
                    "is the comment a command, such as /agent fix this?"
                )
            continue
        task = tasks[0]
        if task["state"] in ENDED:
            return task
        doing = "  " + ": ".join(filter(None, (task["state"], task["progress"]["doing"])))
        if doing != said:
            _say(doing)
            said = doing
    raise NoPullRequest("Interrupted.")


def _pull_request(house: House, task: dict[str, Any]) -> dict[str, Any]:
    for pull_request in house.pull_requests(task["issue_number"]):
        if pull_request["number"] == task["pull_request_number"]:
            return pull_request
    comments = house.bot_comments(task["issue_number"])
    last = _visible(comments[-1]) if comments else ""
    raise NoPullRequest(f"The task ended without a pull request. The bot's words:\n\n{last}")


def _visible(comment: dict[str, Any]) -> str:
    return re.sub(r"<!--.*?-->\n?", "", comment["body"], flags=re.DOTALL)


def _end_in_words(task: dict[str, Any]) -> str:
    reason = f" ({task['reason']})" if task["reason"] else ""
    return f"  {task['state']}{reason}: {task['explanation']}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
