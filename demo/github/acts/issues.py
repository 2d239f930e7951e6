"""Issues: opening, editing, closing, labels, assignees."""

from collections.abc import Iterable
from typing import Any

from demo.github.acts.announce import announce
from demo.github.acts.repositories import label_named
from demo.github.errors import GitHubError, Invalid, NotFound
from demo.github.present.issues import issue_json
from demo.github.present.people import user_json
from demo.github.present.pulls import PullRequest, full_pull_json
from demo.github.present.repositories import label_json
from demo.github.records import Actor, Issue, IssueEvent, Label, Repository, User
from demo.github.state import State

LONGEST_BODY = 65_536
LONGEST_TITLE = 256


def check_text(resource: str, text: str | None) -> None:
    """Refuse a body that GitHub would not take."""
    if text is not None and len(text) > LONGEST_BODY:
        raise Invalid(resource, "body", "custom", "body is too long (maximum is 65536 characters)")


def check_title(title: object) -> str:
    """Refuse a title that GitHub would not take."""
    if not isinstance(title, str) or not title.strip():
        raise Invalid("Issue", "title", "missing_field")
    if len(title) > LONGEST_TITLE:
        raise Invalid("Issue", "title", "custom", "title is too long (maximum is 256 characters)")
    return title


def take_number(repository: Repository) -> int:
    """Give the next number, which issues and pull requests share."""
    number = repository.next_number
    repository.next_number += 1
    return number


def announce_issue(
    state: State, repository: Repository, issue: Issue, actor: Actor, details: dict[str, Any]
) -> None:
    """Tell the Apps about an issue, or about a pull request in its own event."""
    if issue.pull is None:
        details["issue"] = issue_json(state, repository, issue)
        announce(state, repository, "issues", actor, details)
    else:
        details["number"] = issue.number
        request = PullRequest(repository, issue, issue.pull)
        details["pull_request"] = full_pull_json(state, request)
        announce(state, repository, "pull_request", actor, details)


def note(state: State, issue: Issue, kind: str, actor: Actor, **more: Any) -> IssueEvent:
    """Write down that something happened to an issue."""
    event = IssueEvent(state.next_id(), kind, actor.user, state.now(), actor.app, **more)
    issue.events.append(event)
    issue.updated_at = event.created_at
    return event


def open_issue(
    state: State,
    repository: Repository,
    actor: Actor,
    title: object,
    body: str | None = None,
    labels: Iterable[str] = (),
) -> Issue:
    """Open an issue."""
    if not repository.has_issues:
        raise GitHubError(410, "Issues has been disabled in this repository.")
    good_title = check_title(title)
    check_text("Issue", body)
    now = state.now()
    issue = Issue(state.next_id(), take_number(repository), actor.user, good_title, body, now, now)
    issue.app = actor.app
    repository.issues[issue.number] = issue
    issue.labels = [label_named(state, repository, name) for name in labels]
    announce_issue(state, repository, issue, actor, {"action": "opened"})
    for label in issue.labels:
        _labelled(state, repository, issue, actor, label)
    return issue


def edit_issue(
    state: State, repository: Repository, issue: Issue, actor: Actor, changes: dict[str, Any]
) -> None:
    """Change the title or the body."""
    told: dict[str, Any] = {}
    if "title" in changes and changes["title"] != issue.title:
        told["title"] = {"from": issue.title}
        before, issue.title = issue.title, check_title(changes["title"])
        note(state, issue, "renamed", actor, rename=(before, issue.title))
    if "body" in changes and changes["body"] != issue.body:
        check_text("Issue", changes["body"])
        told["body"] = {"from": issue.body or ""}
        issue.body, issue.edited_at = changes["body"], state.now()
    if told:
        issue.updated_at = state.now()
        announce_issue(state, repository, issue, actor, {"action": "edited", "changes": told})


def close_issue(
    state: State,
    repository: Repository,
    issue: Issue,
    actor: Actor,
    reason: str | None = None,
    commit_sha: str | None = None,
) -> None:
    """Close an issue or a pull request."""
    if issue.state == "closed":
        return
    issue.state = "closed"
    issue.state_reason = (reason or "completed") if issue.pull is None else None
    issue.closed_at, issue.closed_by = state.now(), actor.user
    note(state, issue, "closed", actor, commit_sha=commit_sha)
    announce_issue(state, repository, issue, actor, {"action": "closed"})


def reopen_issue(state: State, repository: Repository, issue: Issue, actor: Actor) -> None:
    """Open a closed issue or pull request again."""
    if issue.state == "open":
        return
    if issue.pull is not None and issue.pull.merged_at is not None:
        raise Invalid("PullRequest", "state", "invalid", "a merged pull request stays closed")
    issue.state, issue.closed_at, issue.closed_by = "open", None, None
    issue.state_reason = "reopened" if issue.pull is None else None
    note(state, issue, "reopened", actor)
    announce_issue(state, repository, issue, actor, {"action": "reopened"})


def add_label(state: State, repository: Repository, issue: Issue, actor: Actor, name: str) -> Label:
    """Put a label on an issue; once is enough."""
    label = label_named(state, repository, name)
    if label not in issue.labels:
        issue.labels.append(label)
        _labelled(state, repository, issue, actor, label)
    return label


def _labelled(
    state: State, repository: Repository, issue: Issue, actor: Actor, label: Label
) -> None:
    note(state, issue, "labeled", actor, label=label)
    details = {"action": "labeled", "label": label_json(state, repository, label)}
    announce_issue(state, repository, issue, actor, details)


def remove_label(
    state: State, repository: Repository, issue: Issue, actor: Actor, name: str
) -> None:
    """Take a label off an issue."""
    for label in issue.labels:
        if label.name.lower() == name.lower():
            issue.labels.remove(label)
            note(state, issue, "unlabeled", actor, label=label)
            details = {"action": "unlabeled", "label": label_json(state, repository, label)}
            announce_issue(state, repository, issue, actor, details)
            return
    raise GitHubError(404, "Label does not exist")


def set_labels(
    state: State, repository: Repository, issue: Issue, actor: Actor, names: Iterable[str]
) -> None:
    """Put exactly these labels on an issue."""
    wanted = {name.lower(): name for name in names}
    for label in list(issue.labels):
        if label.name.lower() not in wanted:
            remove_label(state, repository, issue, actor, label.name)
    for name in wanted.values():
        add_label(state, repository, issue, actor, name)


def assign(
    state: State, repository: Repository, issue: Issue, actor: Actor, users: Iterable[User]
) -> None:
    """Assign people and Apps; those who may not be assigned are passed over, as GitHub does."""
    apps = {each.app.bot.id for each in state.installations_on(repository)}
    for user in users:
        if user in issue.assignees:
            continue
        if repository.role_of(user) == "none" and user.id not in apps:
            continue
        issue.assignees.append(user)
        note(state, issue, "assigned", actor, assignee=user)
        details = {"action": "assigned", "assignee": user_json(state, user)}
        announce_issue(state, repository, issue, actor, details)


def unassign(state: State, repository: Repository, issue: Issue, actor: Actor, user: User) -> None:
    """Take an assignee off."""
    if user not in issue.assignees:
        return
    issue.assignees.remove(user)
    note(state, issue, "unassigned", actor, assignee=user)
    details = {"action": "unassigned", "assignee": user_json(state, user)}
    announce_issue(state, repository, issue, actor, details)


def delete_issue(state: State, repository: Repository, issue: Issue, actor: Actor) -> None:
    """Remove an issue for good."""
    if issue.pull is not None:
        raise NotFound
    announce_issue(state, repository, issue, actor, {"action": "deleted"})
    del repository.issues[issue.number]
