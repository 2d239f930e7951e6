"""Issues and their labels, changed through GraphQL."""

from typing import Any

from demo.github.acts import issues
from demo.github.graphql.asking import Asking, View, unresolved
from demo.github.graphql.conversation_views import issue_or_pull_view
from demo.github.records import Repository
from demo.github.rest.needs import SPEAK, TRIAGE


def repository_of(asking: Asking, node_id: str) -> Repository:
    """Find a repository by its GraphQL id."""
    for repository in asking.state.repositories:
        if node_id == f"R_{repository.id}":
            return repository
    raise unresolved(node_id)


def create_issue(asking: Asking, asked: dict[str, Any]) -> View:
    """Open an issue."""
    repository = repository_of(asking, asked["repositoryId"])
    asking.allow(repository, SPEAK)
    names = _label_names(repository, asked.get("labelIds") or [])
    issue = issues.open_issue(
        asking.state, repository, asking.actor, asked["title"], asked.get("body"), names
    )
    return {"issue": issue_or_pull_view(asking, repository, issue)}


def update_issue(asking: Asking, asked: dict[str, Any]) -> View:
    """Change an issue's title or body."""
    found = asking.find(asked["id"], TRIAGE)
    changes = {key: asked[key] for key in ("title", "body") if asked.get(key) is not None}
    issues.edit_issue(asking.state, found.repository, found.issue, asking.actor, changes)
    return {"issue": issue_or_pull_view(asking, found.repository, found.issue)}


def reopen_issue(asking: Asking, asked: dict[str, Any]) -> View:
    """Open a closed issue again."""
    found = asking.find(asked["issueId"], TRIAGE)
    issues.reopen_issue(asking.state, found.repository, found.issue, asking.actor)
    return {"issue": issue_or_pull_view(asking, found.repository, found.issue)}


def _label_names(repository: Repository, ids: list[str]) -> list[str]:
    return [label.name for label in repository.labels if f"LA_{label.id}" in ids]


def add_labels(asking: Asking, asked: dict[str, Any]) -> View:
    """Put labels on an issue or a pull request."""
    found = asking.find(asked["labelableId"], TRIAGE)
    for name in _label_names(found.repository, asked["labelIds"]):
        issues.add_label(asking.state, found.repository, found.issue, asking.actor, name)
    return {"labelable": issue_or_pull_view(asking, found.repository, found.issue)}


def remove_labels(asking: Asking, asked: dict[str, Any]) -> View:
    """Take labels off an issue or a pull request."""
    found = asking.find(asked["labelableId"], TRIAGE)
    for name in _label_names(found.repository, asked["labelIds"]):
        if any(label.name == name for label in found.issue.labels):
            issues.remove_label(asking.state, found.repository, found.issue, asking.actor, name)
    return {"labelable": issue_or_pull_view(asking, found.repository, found.issue)}


def close_issue(asking: Asking, asked: dict[str, Any]) -> View:
    """Close an issue."""
    found = asking.find(asked["issueId"], TRIAGE)
    reason = (asked.get("stateReason") or "COMPLETED").lower()
    issues.close_issue(asking.state, found.repository, found.issue, asking.actor, reason)
    return {"issue": issue_or_pull_view(asking, found.repository, found.issue)}
