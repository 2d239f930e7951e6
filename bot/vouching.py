"""Lets a label of `who.trust_labels` vouch for the text of an issue, exactly as it was then.

Whoever sets it needs write access. What was vouched for stands in the ledger under the issue, the
label and the text's digest, so that an edit, or the same label on another text, changes nothing;
it is struck out when the label is taken off, whoever sets it again.
"""

from bot.comments.vouching import (
    changed_just_now_comment,
    may_not_vouch_comment,
    only_issues_comment,
)
from bot.events import IssueLabeled, IssueUnlabeled
from bot.github_errors import PermissionsMissing
from bot.labels_refused import take_off
from bot.permissions import Allowed, allowed
from bot.plan_digests import issue_digest
from bot.project import Project
from bot.request import Context, Outcome, Request, UserError
from bot.snapshot import asked_at
from records.deliveries import DeliveryState
from records.task import NewTask

VOUCHED = "vouched"
"""The key of a task's brief under which stands who vouched for the issue's text."""
_READ_IT_S = 60.0
"""A text that was changed so short a time ago may not be the one that was read."""


def vouches(event: IssueLabeled, request: Request, *, also: bool) -> bool:
    """Say whether a label is one that vouches, by the word of a file that can be read.

    `also` says that it starts something too: that is all that it does on a pull request.
    """
    if also and event.issue.is_pull_request:
        return False
    try:
        project = request.project()
    except (PermissionsMissing, UserError):
        return False
    return _is_named(event.label, project) and not project.problems


def vouch(event: IssueLabeled, request: Request) -> Outcome:
    """Put on record that somebody vouches for the issue's text; UserError where it cannot count."""
    label, issue, by = event.label, event.issue, event.sender.login
    once = f"vouching:{event.sender.id}:{request.today()}"
    if issue.is_pull_request:
        # It stays on: there it may be meant for the repository's own checks.
        raise UserError(only_issues_comment(label), why="it is a pull request", once=once)
    scope = _scope(event.repository.id, issue.number, label)
    try:
        _check(event, once, request)
    except UserError:
        request.context.effects.forget(scope)
        take_off(label, request)
        raise
    key = _key(issue.title, issue.body, issue.author_id)
    request.context.effects.once(scope, key, do=lambda: {"by": by}, look=lambda: None)
    return Outcome(DeliveryState.HANDLED, f"{by} vouches for the text")


def withdrawn(event: IssueUnlabeled, context: Context) -> Outcome:
    """Strike out what was vouched for by a label that is taken off, by whomever."""
    scope = _scope(event.repository.id, event.issue.number, event.label)
    if context.effects.forget(scope):
        return Outcome(DeliveryState.HANDLED, "nobody vouches for the text by this label any more")
    return Outcome(DeliveryState.IGNORED, "nothing follows from a label that is taken off")


def vouched_by(new: NewTask, project: Project, request: Request) -> str:
    """Return who vouched for exactly this text of this author, or nothing."""
    issue, effects = new.issue, request.context.effects
    key = _key(issue.title, issue.body, issue.author_id)
    for label in issue.labels:
        if _is_named(label, project):
            scope = _scope(new.repository_id, new.issue_number, label)
            if known := effects.known(scope, key):
                return str(known["by"])
    return ""


def _check(event: IssueLabeled, once: str, request: Request) -> None:
    """Refuse whoever may not vouch, and a text that may not be the one that was read; UserError."""
    match allowed(request.conversation.repository, event.sender):
        case Allowed():
            pass
        case refused:
            words = may_not_vouch_comment(event.label, event.sender.login, refused.role)
            raise UserError(words, why="vouching needs write access", once=once, reaction="-1")
    changed_at = request.conversation.repository.words_changed_at(event.issue.number)
    if changed_at >= asked_at(request) - _READ_IT_S:
        words = changed_just_now_comment(event.label)
        raise UserError(words, why="the text was changed in the minute before")


def _scope(repository_id: int, number: int, label: str) -> str:
    return f"vouched:{repository_id}:{number}:{label.lower()}"


def _key(title: str, body: str, author_id: int) -> str:
    return f"{author_id}:{issue_digest(title, body)}"


def _is_named(label: str, project: Project) -> bool:
    return label.lower() in {named.lower() for named in project.who.trust_labels}
