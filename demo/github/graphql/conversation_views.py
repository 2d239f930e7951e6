"""Issues, pull requests and comments as GraphQL shows them."""

from collections.abc import Callable
from typing import Any

from demo.github.diffs import FileDiff, file_diffs
from demo.github.git_commit import read_commit
from demo.github.graphql.asking import Asking, View, connection
from demo.github.graphql.git_views import commit_view, ref_view
from demo.github.graphql.people_views import actor_view, around, label_view, reaction_groups
from demo.github.graphql.review_views import review_view, threads_field
from demo.github.present.issues import issue_node_id, issue_page
from demo.github.present.people import association, instant, instant_or_none, node_id
from demo.github.present.pulls import PullRequest, mergeability
from demo.github.records import Comment, Issue, IssueEvent, Pull, Repository


def comment_view(asking: Asking, repository: Repository, issue: Issue, comment: Comment) -> View:
    """Show a comment of the conversation."""
    return {
        "__typename": "IssueComment",
        "id": node_id("IC", comment.id),
        "fullDatabaseId": str(comment.id),
        "author": actor_view(asking, comment.user),
        "authorAssociation": association(repository, comment.user),
        "body": comment.body,
        "bodyText": comment.body,
        "createdAt": instant(comment.created_at),
        "updatedAt": instant(comment.updated_at),
        "includesCreatedEdit": comment.updated_at > comment.created_at,
        "issue": lambda _info: issue_or_pull_view(asking, repository, issue),
        "isMinimized": comment.minimized_reason is not None,
        "minimizedReason": comment.minimized_reason,
        "viewerCanMinimize": True,
        "viewerDidAuthor": comment.user.id == asking.actor.user.id,
        "reactionGroups": lambda _info: reaction_groups(asking, comment.reactions),
        "url": f"{issue_page(asking.state, repository, issue)}#issuecomment-{comment.id}",
    }


def issue_or_pull_view(asking: Asking, repository: Repository, issue: Issue) -> View:
    """Show an issue, or a pull request when it is one."""
    shown: View = {
        "__typename": "Issue" if issue.pull is None else "PullRequest",
        "id": issue_node_id(issue),
        "databaseId": issue.id if issue.pull is None else issue.pull.id,
        "number": issue.number,
        "title": issue.title,
        "body": issue.body or "",
        "author": actor_view(asking, issue.user),
        "authorAssociation": association(repository, issue.user),
        "assignees": connection(issue.assignees, lambda each: actor_view(asking, each)),
        "labels": connection(issue.labels, label_view),
        "milestone": None,
        "locked": issue.locked,
        "closed": issue.state == "closed",
        "closedAt": instant_or_none(issue.closed_at),
        "createdAt": instant(issue.created_at),
        "updatedAt": instant(issue.updated_at),
        "lastEditedAt": instant_or_none(issue.edited_at),
        "timelineItems": connection(
            [(event, *event.rename) for event in issue.events if event.rename],
            lambda each: _renamed_view(asking, *each),
        ),
        "state": issue.state.upper(),
        "stateReason": issue.state_reason.upper() if issue.state_reason else None,
        "url": issue_page(asking.state, repository, issue),
        "repository": around(repository),
        "reactionGroups": lambda _info: reaction_groups(asking, issue.reactions),
        "comments": connection(
            issue.comments, lambda each: comment_view(asking, repository, issue, each)
        ),
    }
    if issue.pull is None:
        return shown
    return shown | _pull_fields(asking, PullRequest(repository, issue, issue.pull))


def _renamed_view(asking: Asking, event: IssueEvent, before: str, after: str) -> View:
    return {
        "__typename": "RenamedTitleEvent",
        "id": node_id("RTE", event.id),
        "actor": actor_view(asking, event.actor),
        "createdAt": instant(event.created_at),
        "previousTitle": before,
        "currentTitle": after,
    }


def _pull_fields(asking: Asking, request: PullRequest) -> View:
    repository, pull, git = request.repository, request.pull, request.repository.git

    def changed() -> list[FileDiff]:
        return file_diffs(git, request.range_start(), pull.head_sha)

    def files(count: Callable[[FileDiff], int]) -> Callable[..., int]:
        return lambda _info: sum(count(each) for each in changed())

    def commits(info: Any, **how: Any) -> View:
        shas = git.commits("--reverse", pull.head_sha, f"^{request.range_start()}")
        return connection(shas, commit)(info, **how)

    def commit(sha: str) -> View:
        shown = commit_view(asking, repository, read_commit(git, sha))
        return {"id": node_id("PRC", f"{pull.id}_{sha}"), "commit": shown}

    words = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}
    return {
        "state": pull_state(request.issue, pull),
        "isDraft": pull.draft,
        "isCrossRepository": pull.fork is not None,
        "baseRefName": pull.base_ref,
        "baseRefOid": pull.base_sha,
        "headRefName": pull.head_ref,
        "headRefOid": pull.head_sha,
        "baseRef": lambda _info: ref_view(asking, repository, f"refs/heads/{pull.base_ref}"),
        "headRef": lambda _info: ref_view(
            asking, pull.fork or repository, f"refs/heads/{pull.head_ref}"
        ),
        "headRepository": around(pull.fork or repository),
        "headRepositoryOwner": actor_view(asking, (pull.fork or repository).owner),
        "maintainerCanModify": pull.maintainer_can_modify,
        "mergeStateStatus": lambda _info: mergeability(request)[1].upper(),
        "mergeable": lambda _info: words[mergeability(request)[0]],
        "merged": pull.merged_at is not None,
        "mergedAt": instant_or_none(pull.merged_at),
        "additions": files(lambda each: each.additions),
        "deletions": files(lambda each: each.deletions),
        "changedFiles": files(lambda _each: 1),
        "commits": commits,
        "files": lambda info, **how: connection(changed(), _file_view)(info, **how),  # noqa: PLW0108 - not before it is asked for
        "reviewThreads": threads_field(asking, request),
        "reviews": connection(pull.reviews, lambda each: review_view(asking, request, each)),
        "reviewRequests": connection(
            pull.requested_reviewers,
            lambda each: {
                "id": node_id("RR", each.id),
                "requestedReviewer": actor_view(asking, each),
            },
        ),
    }


def _file_view(file: FileDiff) -> View:
    return {"path": file.path, "additions": file.additions, "deletions": file.deletions}


def pull_state(issue: Issue, pull: Pull) -> str:
    """Say how a pull request stands; merged is a state of its own here."""
    return "MERGED" if pull.merged_at is not None else issue.state.upper()
