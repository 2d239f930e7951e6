"""Repositories, and the issues and pull requests in them, as GraphQL shows them."""

from collections.abc import Callable
from typing import Any

from demo.github.graphql.asking import Asking, Refused, View, connection
from demo.github.graphql.conversation_views import issue_or_pull_view, pull_state
from demo.github.graphql.git_views import object_view, ref_view
from demo.github.graphql.people_views import actor_view, label_view
from demo.github.present.people import node_id
from demo.github.present.repositories import repository_page
from demo.github.records import Issue, Repository
from demo.github.rest.needs import READ_CONTENTS, READ_ISSUES, READ_PULLS


def repository_view(asking: Asking, repository: Repository) -> View:
    """Show a repository."""
    state = asking.state
    role = repository.role_of(asking.actor.user)
    default = f"refs/heads/{repository.default_branch}"
    return {
        "__typename": "Repository",
        "id": node_id("R", repository.id),
        "databaseId": repository.id,
        "name": repository.name,
        "nameWithOwner": repository.full_name,
        "owner": actor_view(asking, repository.owner),
        "description": repository.description,
        "url": repository_page(state, repository),
        "visibility": "PRIVATE" if repository.private else "PUBLIC",
        "isPrivate": repository.private,
        "isArchived": repository.archived,
        "isFork": repository.parent is not None,
        "parent": None,
        "hasIssuesEnabled": repository.has_issues,
        "hasWikiEnabled": False,
        "mergeCommitAllowed": True,
        "squashMergeAllowed": True,
        "rebaseMergeAllowed": True,
        "viewerPermission": None if role == "none" else role.upper(),
        "defaultBranchRef": lambda _info: ref_view(asking, repository, default),
        "labels": connection(repository.labels, label_view),
        **_fields_with_arguments(asking, repository),
    }


def _fields_with_arguments(asking: Asking, repository: Repository) -> dict[str, Callable[..., Any]]:
    def issue(_info: Any, number: int) -> View:
        return numbered_view(asking, repository, number, ("issue",))

    def pull_request(_info: Any, number: int) -> View:
        return numbered_view(asking, repository, number, ("pull",))

    def either(_info: Any, number: int) -> View:
        return numbered_view(asking, repository, number, ("issue", "pull"))

    def label(_info: Any, name: str) -> View | None:
        mine = [each for each in repository.labels if each.name.lower() == name.lower()]
        return label_view(mine[0]) if mine else None

    def ref(_info: Any, qualifiedName: str) -> View | None:  # noqa: N803 - the schema's word
        full = qualifiedName if qualifiedName.startswith("refs/") else f"refs/heads/{qualifiedName}"
        asking.allow(repository, READ_CONTENTS)
        return ref_view(asking, repository, full)

    def git_object(_info: Any, oid: str = "", expression: str = "") -> View | None:
        asking.allow(repository, READ_CONTENTS)
        sha = oid or _expressed(repository, expression) or ""
        return object_view(asking, repository, sha) if sha else None

    return {
        "issue": issue,
        "pullRequest": pull_request,
        "issueOrPullRequest": either,
        "issues": lambda info, **how: _issues(asking, repository, info, how),
        "pullRequests": lambda info, **how: _pulls(asking, repository, info, how),
        "label": label,
        "ref": ref,
        "object": git_object,
    }


def _expressed(repository: Repository, expression: str) -> str | None:
    name, colon, path = expression.partition(":")
    if not colon or not path:
        return repository.git.resolve(name, "tree" if colon else "commit")
    found = repository.git.tree(name, path=path)
    return found[0].sha if found else None


def numbered_view(
    asking: Asking, repository: Repository, number: int, kinds: tuple[str, ...]
) -> View:
    """Show an issue or a pull request by its number."""
    asking.allow(repository, READ_ISSUES if "issue" in kinds else READ_PULLS)
    found = repository.issues.get(number)
    kind = "pull" if found is not None and found.pull is not None else "issue"
    if found is None or kind not in kinds:
        names = {"issue": "Issue", "pull": "PullRequest"}
        word = names[kinds[0]] if len(kinds) == 1 else "issue or pull request"
        raise Refused("NOT_FOUND", f"Could not resolve to an {word} with the number of {number}.")
    return issue_or_pull_view(asking, repository, found)


def _issues(asking: Asking, repository: Repository, info: Any, how: dict[str, Any]) -> View:
    asking.allow(repository, READ_ISSUES)
    filters = how.get("filterBy") or {}
    states = how.get("states") or filters.get("states") or ["OPEN", "CLOSED"]
    labels = {each.lower() for each in how.get("labels") or filters.get("labels") or ()}
    found = [
        each
        for each in repository.issues.values()
        if each.pull is None
        and each.state.upper() in states
        and labels <= {label.name.lower() for label in each.labels}
        and filters.get("createdBy") in {None, each.user.login}
    ]
    return _ordered(asking, repository, found, how)(info, **how)


def _pulls(asking: Asking, repository: Repository, info: Any, how: dict[str, Any]) -> View:
    asking.allow(repository, READ_PULLS)
    states = how.get("states") or ["OPEN", "CLOSED", "MERGED"]
    found = [
        each
        for each in repository.issues.values()
        if each.pull is not None
        and pull_state(each, each.pull) in states
        and how.get("headRefName") in {None, each.pull.head_ref}
        and how.get("baseRefName") in {None, each.pull.base_ref}
    ]
    return _ordered(asking, repository, found, how)(info, **how)


def _ordered(
    asking: Asking, repository: Repository, found: list[Issue], how: dict[str, Any]
) -> Callable[..., View]:
    order = how.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    if order["field"] == "UPDATED_AT":
        found.sort(key=lambda each: each.updated_at)
    if order["direction"] == "DESC":
        found.reverse()
    return connection(found, lambda each: issue_or_pull_view(asking, repository, each))
