"""Plays the main story without a person: a comment on an issue, and the pull request it leads to."""

import json
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from demo.stage import ASKS, Stage

_LOOK_AGAIN_S = 0.1
_ENDED = {"succeeded", "failed", "stopped", "refused"}


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


def play(stage: Stage, interrupted: threading.Event) -> Told:
    """Comment on the first issue and wait for the end of the task; raises NoPullRequest."""
    number = stage.issues[0]
    asked_at = time.time()
    stage.github.comment(stage.repository, number, ASKS, stage.options.comment)
    _say(f"{stage.issue_url(number)}: {stage.options.comment}")
    task = _wait_for_end(stage, number, interrupted)
    _say(_end_in_words(task))
    pull_request = _pull_request(stage, task)
    return Told(
        issue=stage.issue_url(number),
        pull_request=pull_request["html_url"],
        branch=pull_request["head"]["ref"],
        base_sha=task["base_sha"],
        head_sha=pull_request["head"]["sha"],
        evidence=(task["evidence"] or {}).get("rows", []),
        comment_to_first_command_s=round(task["progress"]["first_command_at"] - asked_at, 3),
        comment_to_pull_request_s=round(_opened_at(task) - asked_at, 3),
    )


def _wait_for_end(stage: Stage, number: int, interrupted: threading.Event) -> dict[str, Any]:
    said = ""
    while not interrupted.wait(_LOOK_AGAIN_S):
        task = _task_of(stage, number)
        if task is None:
            _complain_if_answered(stage, number)
            continue
        doing = f"{task['state']}: {task['progress']['doing']}"
        if doing != said and task["state"] not in _ENDED:
            _say(f"  {doing}")
            said = doing
        if task["state"] in _ENDED:
            return task
    raise NoPullRequest("Interrupted.")


def _complain_if_answered(stage: Stage, number: int) -> None:
    """Raise if the bot answered the comment without beginning a task."""
    answers = [
        comment["body"]
        for comment in stage.github.comments(stage.repository, number)
        if comment["user"]["type"] == "Bot"
    ]
    if answers:
        raise NoPullRequest(f"The bot answered, and began no task:\n{answers[-1]}")


def _task_of(stage: Stage, number: int) -> dict[str, Any] | None:
    address = f"http://127.0.0.1:{stage.web_port}/tasks.json"
    with urllib.request.urlopen(address, timeout=10) as answer:
        tasks: list[dict[str, Any]] = json.load(answer)
    mine = (
        task
        for task in tasks
        if task["repository"] == stage.repository and task["issue_number"] == number
    )
    return next(mine, None)


def _pull_request(stage: Stage, task: dict[str, Any]) -> dict[str, Any]:
    for pull_request in stage.github.pull_requests(stage.repository):
        if pull_request["number"] == task["pull_request_number"]:
            return pull_request
    comments = stage.github.comments(stage.repository, task["issue_number"])
    last = comments[-1]["body"] if comments else ""
    raise NoPullRequest(f"The task ended without a pull request. The bot's words:\n\n{last}")


def _opened_at(task: dict[str, Any]) -> float:
    return float(task["ended_at"])


def _end_in_words(task: dict[str, Any]) -> str:
    reason = f" ({task['reason']})" if task["reason"] else ""
    return f"  {task['state']}{reason}: {task['explanation']}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
