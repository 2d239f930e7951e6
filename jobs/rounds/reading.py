"""Says what the agent is given for a round: the issue, the threads, and how to answer them."""

from collections.abc import Callable
from dataclasses import replace

from bot.rendered import rendered
from jobs.agent.prompt import attribute
from jobs.agent.task import AgentTask, IssueComment
from jobs.rounds.round import Round, RoundThread, Words

_HUNK_LINES = 12
_WORDS = 4_000

ANSWERING = """\
This is a round of review on pull request #{pull_request}, which was made for the issue above. \
What it has changed so far is part of the tree that you see. Below the issue stand {count} open \
threads of the review, numbered, as comments of people who may write to this repository; one \
without a number is about all of the change. Do what they ask for, and nothing beside it; what you \
hand in becomes one more commit on the same branch.

Where a thread asks for something that would be wrong, leave that part alone and say why. Where \
you cannot know what is meant, leave it and ask. Your summary has one line for each thread, in \
this form and no other, besides what else you have to say of the change:
Thread 1: fixed: what you did, and where
Thread 2: not changed: why, with file and line
Thread 3: question: what you need to know
If none of the threads needs a change, hand in as `no_change_needed` with the same lines."""


def with_round(
    taken: Round, pull_request: int, issue_number: int
) -> Callable[[AgentTask], AgentTask]:
    """Return what turns the first message of a task into that of a round of review."""

    def give(task: AgentTask) -> AgentTask:
        comments = (*map(_comment, taken.threads), *map(_over_all, taken.words))
        known = (*task.issue.comments, *comments)
        issue = replace(task.issue, number=issue_number, comments=known)
        words = ANSWERING.format(pull_request=pull_request, count=len(taken.threads))
        return replace(task, issue=issue, instruction=words)

    return give


MERGING = """\
Pull request #{pull_request} was made for the issue above. The branch {into} that it is for has \
moved on, and merging it in has left conflicts in: {paths}. In these files both sides stand \
between <<<<<<< and >>>>>>> marks, the pull request's first. The tree that you see is that merge. \
Resolve each conflict so that what both sides are for still holds, take every mark out, and change \
nothing else. Run the tests of both sides. In the summary say for each file how you decided."""
_PATHS = 40


def with_conflict(
    pull_request: int, into: str, paths: tuple[str, ...]
) -> Callable[[AgentTask], AgentTask]:
    """Return what turns the first message of a task into that of a merge with conflicts."""
    named = ", ".join(map(attribute, paths[:_PATHS])) + (", …" if len(paths) > _PATHS else "")
    words = MERGING.format(pull_request=pull_request, into=attribute(into), paths=named)
    return lambda task: replace(task, instruction=words)


def _comment(thread: RoundThread) -> IssueComment:
    """Return a thread as the comment of whoever began it, with the place and what was answered."""
    first = thread.said[0]
    hunk = "\n".join(thread.hunk.split("\n")[-_HUNK_LINES:])
    parts = [
        f"Thread {thread.number}, at {attribute(thread.where)}:",
        hunk,
        rendered(first.text).text,
    ]
    said = [
        ("You" if one.is_ours else one.author, rendered(one.text).text) for one in thread.said[1:]
    ]
    parts += [f"{who}: {text}" for who, text in said]
    text = "\n\n".join(part for part in parts if part.strip())
    return IssueComment(first.author, text, association="reviewer")


def _over_all(words: Words) -> IssueComment:
    """Return what somebody said of the whole change."""
    text = f"Of all of it:\n\n{rendered(words.text).text[:_WORDS]}"
    return IssueComment(words.author, text, association="reviewer")
