"""Pull requests, reviews and review comments as GitHub's JSON."""

from dataclasses import dataclass
from typing import Any

from demo.github.diffs import file_diffs
from demo.github.present.issues import issue_page, issue_url, rollup_json
from demo.github.present.people import (
    association,
    instant,
    instant_or_none,
    node_id,
    user_json,
    user_or_none_json,
)
from demo.github.present.repositories import label_json, repository_json, repository_url
from demo.github.records import Issue, Label, Pull, Repository, Review, ReviewComment
from demo.github.state import State

Json = dict[str, Any]


@dataclass(frozen=True)
class PullRequest:
    """A pull request together with the issue that carries its conversation."""

    repository: Repository
    issue: Issue
    pull: Pull

    def range_start(self) -> str:
        """Find the commit from which the branch parts from its base."""
        return self.repository.git.merge_base(self.pull.base_sha, self.pull.head_sha) or (
            self.pull.base_sha
        )


def _label(state: State, repository: Repository, label: Label) -> Json:
    """Write a label as pull requests have it: GitHub describes its description as text, always."""
    shown = label_json(state, repository, label)
    return {**shown, "description": shown["description"] or ""}


def _side(state: State, repository: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repository.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user_json(state, repository.owner),
        "repo": repository_json(state, repository),
    }


def _links(state: State, request: PullRequest) -> Json:
    base = repository_url(state, request.repository)
    url = f"{base}/pulls/{request.issue.number}"
    places = {
        "self": url,
        "html": issue_page(state, request.repository, request.issue),
        "issue": issue_url(state, request.repository, request.issue),
        "comments": f"{issue_url(state, request.repository, request.issue)}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{base}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{base}/statuses/{request.pull.head_sha}",
    }
    return {key: {"href": place} for key, place in places.items()}


def pull_json(state: State, request: PullRequest) -> Json:
    """Write a pull request as in lists."""
    repository, issue, pull = request.repository, request.issue, request.pull
    links = {key: each["href"] for key, each in _links(state, request).items()}
    return {
        "url": links["self"],
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "html_url": links["html"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        "issue_url": links["issue"],
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "title": issue.title,
        "user": user_json(state, issue.user),
        "body": issue.body,
        "labels": [_label(state, repository, label) for label in issue.labels],
        "milestone": None,
        "created_at": instant(issue.created_at),
        "updated_at": instant(issue.updated_at),
        "closed_at": instant_or_none(issue.closed_at),
        "merged_at": instant_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "assignee": user_json(state, issue.assignees[0]) if issue.assignees else None,
        "assignees": [user_json(state, each) for each in issue.assignees],
        "requested_reviewers": [user_json(state, each) for each in pull.requested_reviewers],
        "requested_teams": [],
        "head": _side(state, pull.fork or repository, pull.head_ref, pull.head_sha),
        "base": _side(state, repository, pull.base_ref, pull.base_sha),
        "_links": _links(state, request),
        "author_association": association(repository, issue.user),
        "auto_merge": None,
        "draft": pull.draft,
    }


def mergeability(request: PullRequest) -> tuple[bool | None, str]:
    """Say whether a pull request can be merged, and GitHub's word for its condition."""
    if request.issue.state == "closed":
        return None, "unknown"
    git = request.repository.git
    if git.merged_tree(request.pull.base_sha, request.pull.head_sha) is None:
        return False, "dirty"
    return True, "draft" if request.pull.draft else "clean"


def full_pull_json(state: State, request: PullRequest) -> Json:
    """Write a pull request as on its own address, with what it costs to compute."""
    pull, git = request.pull, request.repository.git
    start = request.range_start()
    files = file_diffs(git, start, pull.head_sha)
    mergeable, condition = mergeability(request)
    return pull_json(state, request) | {
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": condition,
        "merged_by": user_or_none_json(state, pull.merged_by),
        "comments": len(request.issue.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(git.commits(pull.head_sha, f"^{start}")),
        "additions": sum(each.additions for each in files),
        "deletions": sum(each.deletions for each in files),
        "changed_files": len(files),
    }


def review_json(state: State, request: PullRequest, review: Review) -> Json:
    """Write a review."""
    page = f"{issue_page(state, request.repository, request.issue)}#pullrequestreview-{review.id}"
    url = f"{repository_url(state, request.repository)}/pulls/{request.issue.number}"
    shown: Json = {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user_json(state, review.user),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": url,
        "author_association": association(request.repository, review.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "commit_id": review.commit_sha,
    }
    if review.submitted_at is not None:
        shown["submitted_at"] = instant(review.submitted_at)
    return shown


def review_comment_json(state: State, request: PullRequest, comment: ReviewComment) -> Json:
    """Write a comment on a line of the diff."""
    base = repository_url(state, request.repository)
    url = f"{base}/pulls/comments/{comment.id}"
    page = f"{issue_page(state, request.repository, request.issue)}#discussion_r{comment.id}"
    pull_url = f"{base}/pulls/{request.issue.number}"
    position = comment.diff_hunk.count("\n") or 1
    outdated = comment.line is None and comment.subject_type == "line"
    shown: Json = {
        "url": url,
        "pull_request_review_id": comment.review_id,
        "id": comment.id,
        "node_id": node_id("PRRC", comment.id),
        "diff_hunk": comment.diff_hunk,
        "path": comment.path,
        "position": None if outdated else position,
        "original_position": position,
        "commit_id": comment.commit_sha,
        "original_commit_id": comment.original_commit_sha,
        "user": user_json(state, comment.user),
        "body": comment.body,
        "created_at": instant(comment.created_at),
        "updated_at": instant(comment.updated_at),
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(request.repository, comment.user),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": pull_url},
        },
        "start_line": comment.start_line,
        "original_start_line": comment.original_start_line,
        "start_side": comment.start_side,
        "line": comment.line,
        "original_line": comment.original_line,
        "side": comment.side,
        "subject_type": comment.subject_type,
        "reactions": rollup_json(url, comment.reactions),
    }
    if comment.in_reply_to is not None:
        shown["in_reply_to_id"] = comment.in_reply_to
    return shown
