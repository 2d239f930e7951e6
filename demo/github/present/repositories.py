"""Repositories, labels and branches as GitHub's JSON."""

from typing import Any
from urllib.parse import quote

from demo.github.present.people import (
    api,
    instant,
    node_id,
    role_permissions,
    user_json,
)
from demo.github.records import Label, Repository, User
from demo.github.state import State

Json = dict[str, Any]

LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
NOTHING_YET = {
    "homepage": None,
    "language": None,
    "mirror_url": None,
    "license": None,
    "forks_count": 0,
    "forks": 0,
    "stargazers_count": 0,
    "watchers_count": 0,
    "watchers": 0,
    "size": 0,
    "disabled": False,
    "is_template": False,
    "has_projects": False,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "has_downloads": True,
    "allow_forking": True,
    "web_commit_signoff_required": False,
}


def repository_url(state: State, repository: Repository) -> str:
    """Where a repository is in the REST API."""
    return f"{api(state)}/repos/{repository.full_name}"


def repository_page(state: State, repository: Repository) -> str:
    """Where people look at a repository."""
    return f"{state.url}/{repository.full_name}"


def repository_json(state: State, repository: Repository, viewer: User | None = None) -> Json:
    """Write a repository as it stands in lists, in pull requests and in webhooks."""
    url, page = repository_url(state, repository), repository_page(state, repository)
    open_issues = sum(issue.state == "open" for issue in repository.issues.values())
    shown: Json = {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": user_json(state, repository.owner),
        "html_url": page,
        "description": repository.description,
        "url": url,
        **{key: f"{url}{path}" for key, path in LINKS.items()},
        **NOTHING_YET,
        "git_url": f"git://{state.url.partition('://')[2]}/{repository.full_name}.git",
        "ssh_url": f"git@github.local:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "archived": repository.archived,
        "fork": repository.parent is not None,
        "has_issues": repository.has_issues,
        "open_issues_count": open_issues,
        "open_issues": open_issues,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "default_branch": repository.default_branch,
        "created_at": instant(repository.created_at),
        "updated_at": instant(repository.created_at),
        "pushed_at": instant(repository.pushed_at or repository.created_at),
    }
    if viewer is not None:
        shown["permissions"] = role_permissions(repository.role_of(viewer))
    return shown


def full_repository_json(state: State, repository: Repository, viewer: User | None = None) -> Json:
    """Write a repository as on its own address."""
    return repository_json(state, repository, viewer) | {
        "network_count": 0,
        "subscribers_count": 0,
        "allow_merge_commit": True,
        "allow_squash_merge": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "temp_clone_token": None,
    }


def label_json(state: State, repository: Repository, label: Label) -> Json:
    """Write a label."""
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": f"{repository_url(state, repository)}/labels/{quote(label.name, safe='')}",
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def collaborator_json(state: State, repository: Repository, user: User) -> Json:
    """Write a user together with what it may do in a repository."""
    role = repository.role_of(user)
    return user_json(state, user) | {
        "permissions": role_permissions(role),
        "role_name": role,
    }


def permission_json(state: State, repository: Repository, user: User) -> Json:
    """Write what a user may do: the old four words, and the fine role beside them."""
    role = repository.role_of(user)
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    return {
        "permission": coarse,
        "user": collaborator_json(state, repository, user),
        "role_name": role,
    }
