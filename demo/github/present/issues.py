"""Issues, comments, reactions and what happened to an issue, as GitHub's JSON."""

from typing import Any

from demo.github.present.apps import app_or_none_json
from demo.github.present.people import (
    association,
    instant,
    instant_or_none,
    node_id,
    user_json,
    user_or_none_json,
)
from demo.github.present.repositories import label_json, repository_page, repository_url
from demo.github.records import Comment, Issue, IssueEvent, Reaction, Repository
from demo.github.state import State

Json = dict[str, Any]

CONTENTS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def issue_url(state: State, repository: Repository, issue: Issue) -> str:
    """Where an issue is in the REST API."""
    return f"{repository_url(state, repository)}/issues/{issue.number}"


def issue_page(state: State, repository: Repository, issue: Issue) -> str:
    """Where people look at an issue or a pull request."""
    kind = "issues" if issue.pull is None else "pull"
    return f"{repository_page(state, repository)}/{kind}/{issue.number}"


def rollup_json(url: str, reactions: list[Reaction]) -> Json:
    """Count reactions by kind."""
    counts = {each: sum(r.content == each for r in reactions) for each in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def reaction_json(state: State, reaction: Reaction) -> Json:
    """Write one reaction."""
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": user_json(state, reaction.user),
        "content": reaction.content,
        "created_at": instant(reaction.created_at),
    }


def issue_json(state: State, repository: Repository, issue: Issue) -> Json:
    """Write an issue, or the issue side of a pull request."""
    url, page = issue_url(state, repository, issue), issue_page(state, repository, issue)
    shown: Json = {
        "url": url,
        "repository_url": repository_url(state, repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": page,
        "id": issue.id,
        "node_id": issue_node_id(issue),
        "number": issue.number,
        "title": issue.title,
        "user": user_json(state, issue.user),
        "labels": [label_json(state, repository, label) for label in issue.labels],
        "state": issue.state,
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "assignee": user_json(state, issue.assignees[0]) if issue.assignees else None,
        "assignees": [user_json(state, each) for each in issue.assignees],
        "milestone": None,
        "comments": len(issue.comments),
        "created_at": instant(issue.created_at),
        "updated_at": instant(issue.updated_at),
        "closed_at": instant_or_none(issue.closed_at),
        "closed_by": user_or_none_json(state, issue.closed_by),
        "author_association": association(repository, issue.user),
        "body": issue.body,
        "reactions": rollup_json(url, issue.reactions),
        "performed_via_github_app": app_or_none_json(state, issue.app),
    }
    if issue.pull is None:
        shown["sub_issues_summary"] = {"total": 0, "completed": 0, "percent_completed": 0}
        shown["type"] = None
    else:
        shown["draft"] = issue.pull.draft
        shown["pull_request"] = _pull_links(state, repository, issue)
    return shown


def issue_node_id(issue: Issue) -> str:
    """Give the GraphQL id of an issue or a pull request."""
    return node_id("I", issue.id) if issue.pull is None else node_id("PR", issue.pull.id)


def _pull_links(state: State, repository: Repository, issue: Issue) -> Json:
    page = issue_page(state, repository, issue)
    return {
        "url": f"{repository_url(state, repository)}/pulls/{issue.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": instant_or_none(issue.pull.merged_at if issue.pull else None),
    }


def comment_json(state: State, repository: Repository, issue: Issue, comment: Comment) -> Json:
    """Write a comment of the conversation."""
    url = f"{repository_url(state, repository)}/issues/comments/{comment.id}"
    return {
        "url": url,
        "html_url": f"{issue_page(state, repository, issue)}#issuecomment-{comment.id}",
        "issue_url": issue_url(state, repository, issue),
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": user_json(state, comment.user),
        "created_at": instant(comment.created_at),
        "updated_at": instant(comment.updated_at),
        "author_association": association(repository, comment.user),
        "body": comment.body,
        "reactions": rollup_json(url, comment.reactions),
        "performed_via_github_app": app_or_none_json(state, comment.app),
    }


def event_json(state: State, repository: Repository, event: IssueEvent) -> Json:
    """Write something that happened to an issue."""
    shown: Json = {
        "id": event.id,
        "node_id": node_id("EV", event.id),
        "url": f"{repository_url(state, repository)}/issues/events/{event.id}",
        "actor": user_json(state, event.actor),
        "event": event.kind,
        "commit_id": event.commit_sha,
        "commit_url": (
            f"{repository_url(state, repository)}/commits/{event.commit_sha}"
            if event.commit_sha
            else None
        ),
        "created_at": instant(event.created_at),
        "performed_via_github_app": app_or_none_json(state, event.app),
    }
    if event.label is not None:
        shown["label"] = {"name": event.label.name, "color": event.label.color}
    if event.assignee is not None:
        shown["assignee"] = user_json(state, event.assignee)
        shown["assigner"] = user_json(state, event.actor)
    if event.rename is not None:
        shown["rename"] = {"from": event.rename[0], "to": event.rename[1]}
    return shown
