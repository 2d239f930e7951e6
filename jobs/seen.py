"""Shows an issue as a reader of its page sees it, with the comments that count."""

from dataclasses import dataclass

from bot.plain_text import hidden_runs, one_line
from bot.rendered import Removed, rendered
from jobs.agent.task import IssueComment, IssueText
from records.task import Task

_LONGEST_TITLE = 500
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Seen:
    """The issue as a reader of its page sees it, and what was left out to get there."""

    issue: IssueText
    removed: tuple[Removed, ...]


def seen(task: Task) -> Seen:
    """Return what the agent is shown of the issue: nothing that a person would not see."""
    issue = task.issue
    body = rendered(issue.body)
    comments = [(one, rendered(one.text)) for one in issue.comments]
    text = IssueText(
        number=task.issue_number,
        title=one_line(issue.title, _LONGEST_TITLE),
        body=body.text,
        author=one_line(issue.author, _LONGEST_NAME),
        comments=tuple(IssueComment(one.author, page.text, one.role) for one, page in comments),
    )
    in_title = [Removed("invisible characters", run) for run in hidden_runs(issue.title)]
    removed = (piece for page in (body, *(page for _, page in comments)) for piece in page.removed)
    return Seen(text, (*in_title, *removed))
