"""Pull requests and reviews, changed through GraphQL."""

from typing import Any

from demo.github.acts import issues, pulls, reviews
from demo.github.graphql.asking import Asking, View, unresolved
from demo.github.graphql.conversation_views import issue_or_pull_view
from demo.github.graphql.issue_mutations import repository_of
from demo.github.graphql.review_views import review_view
from demo.github.present.pulls import PullRequest
from demo.github.rest.needs import OPEN_PULLS, WRITE_CONTENTS, WRITE_PULLS


def create_pull(asking: Asking, asked: dict[str, Any]) -> View:
    """Open a pull request."""
    repository = repository_of(asking, asked["repositoryId"])
    asking.allow(repository, OPEN_PULLS)
    new = pulls.NewPull(
        title=asked["title"],
        head=asked["headRefName"],
        base=asked["baseRefName"].removeprefix("refs/heads/"),
        body=asked.get("body"),
        draft=asked["draft"],
    )
    issue = pulls.open_pull(asking.state, repository, asking.actor, new)
    return {"pullRequest": issue_or_pull_view(asking, repository, issue)}


def _set_draft(asking: Asking, asked: dict[str, Any], *, draft: bool) -> View:
    found = asking.find(asked["pullRequestId"], WRITE_PULLS)
    pulls.set_draft(asking.state, found.repository, found.issue, asking.actor, draft=draft)
    return {"pullRequest": issue_or_pull_view(asking, found.repository, found.issue)}


def mark_ready(asking: Asking, asked: dict[str, Any]) -> View:
    """Make a draft ready for review."""
    return _set_draft(asking, asked, draft=False)


def convert_to_draft(asking: Asking, asked: dict[str, Any]) -> View:
    """Make a pull request a draft."""
    return _set_draft(asking, asked, draft=True)


def close_pull(asking: Asking, asked: dict[str, Any]) -> View:
    """Close a pull request without merging it."""
    found = asking.find(asked["pullRequestId"], WRITE_PULLS)
    issues.close_issue(asking.state, found.repository, found.issue, asking.actor)
    return {"pullRequest": issue_or_pull_view(asking, found.repository, found.issue)}


def merge_pull(asking: Asking, asked: dict[str, Any]) -> View:
    """Merge a pull request."""
    found = asking.find(asked["pullRequestId"], WRITE_CONTENTS)
    how = pulls.Merge(
        method=(asked.get("mergeMethod") or "MERGE").lower(),
        title=asked.get("commitHeadline"),
        message=asked.get("commitBody"),
        expected_head=asked.get("expectedHeadOid"),
    )
    pulls.merge_pull(asking.state, found.repository, found.issue, asking.actor, how)
    return {"pullRequest": issue_or_pull_view(asking, found.repository, found.issue)}


def revert_pull(asking: Asking, asked: dict[str, Any]) -> View:
    """Open a pull request that takes a merged one back."""
    found = asking.find(asked["pullRequestId"], WRITE_CONTENTS)
    made = pulls.revert_pull(asking.state, found.repository, found.issue, asking.actor)
    texts = {key: asked[key] for key in ("title", "body") if asked.get(key)}
    issues.edit_issue(asking.state, found.repository, made, asking.actor, texts)
    pulls.set_draft(asking.state, found.repository, made, asking.actor, draft=asked["draft"])
    return {
        "pullRequest": issue_or_pull_view(asking, found.repository, found.issue),
        "revertPullRequest": issue_or_pull_view(asking, found.repository, made),
    }


def add_review(asking: Asking, asked: dict[str, Any]) -> View:
    """Write a review."""
    found = asking.find(asked["pullRequestId"], OPEN_PULLS)
    if found.issue.pull is None:
        raise unresolved(asked["pullRequestId"])
    request = PullRequest(found.repository, found.issue, found.issue.pull)
    review = reviews.add_review(
        asking.state, request, asking.actor, asked.get("body") or "", asked.get("event") or ""
    )
    return {"pullRequestReview": review_view(asking, request, review)}
