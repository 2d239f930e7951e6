"""Lets a label of `who.trust_labels` vouch for the text of an issue, exactly as it was then.

Whoever sets it needs write access. What was vouched for stands in the ledger under the text's
digest, so that an edit, or the same label on another text, changes nothing.
"""

from bot.comments.vouching import changed_just_now_comment, may_not_vouch_comment
from bot.events import IssueLabeled
from bot.github_errors import PermissionsMissing
from bot.permissions import Allowed, allowed
from bot.plan_digests import issue_digest
from bot.project import Project
from bot.request import Outcome, Request, UserError
from bot.snapshot import asked_at
from records.deliveries import DeliveryState
from records.task import IssueSnapshot

VOUCHED = "vouched"
"""The key of a task's brief under which stands who vouched for the issue's text."""
_READ_IT_S = 60.0
"""A text that was changed so short a time ago may not be the one that was read."""


def vouches(event: IssueLabeled, request: Request) -> bool:
    """Say whether a label is one that vouches, by the word of a file that can be read."""
    try:
        project = request.project()
    except (PermissionsMissing, UserError):
        return False
    return _is_named(event.label, project) and not project.problems


def vouch(event: IssueLabeled, request: Request) -> Outcome:
    """Put on record that somebody vouches for the issue's text; UserError where it cannot count."""
    match allowed(request.conversation.repository, event.sender):
        case Allowed():
            pass
        case refused:
            words = may_not_vouch_comment(event.label, event.sender.login, refused.role)
            once = f"vouching:{event.sender.id}:{request.today()}"
            raise UserError(words, why="vouching needs write access", once=once, reaction="-1")
    changed_at = request.conversation.repository.words_changed_at(event.issue.number)
    if changed_at >= asked_at(request) - _READ_IT_S:
        words = changed_just_now_comment(event.label)
        raise UserError(words, why="the text was changed in the minute before")
    issue, by = event.issue, event.sender.login
    scope, key = _place(event.repository.id, issue.title, issue.body, issue.author_id)
    request.context.effects.once(scope, key, do=lambda: {"by": by}, look=lambda: None)
    return Outcome(DeliveryState.HANDLED, f"{by} vouches for the text")


def vouched_by(issue: IssueSnapshot, project: Project, request: Request) -> str:
    """Return who vouched for exactly this text of this author, or nothing."""
    if not any(_is_named(label, project) for label in issue.labels):
        return ""
    place = _place(request.event.repository.id, issue.title, issue.body, issue.author_id)
    known = request.context.effects.known(*place)
    return str(known["by"]) if known else ""


def _place(repository_id: int, title: str, body: str, author_id: int) -> tuple[str, str]:
    return f"vouched:{repository_id}", f"{author_id}:{issue_digest(title, body)}"


def _is_named(label: str, project: Project) -> bool:
    return label.lower() in {named.lower() for named in project.who.trust_labels}
