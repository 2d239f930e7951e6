"""Reviews, the comments on a diff and their threads as GraphQL shows them."""

from collections.abc import Callable

from demo.github.acts.reviews import threads
from demo.github.graphql.asking import Asking, View, connection
from demo.github.graphql.people_views import actor_view, around, reaction_groups
from demo.github.present.issues import issue_page
from demo.github.present.people import association, instant, instant_or_none, node_id
from demo.github.present.pulls import PullRequest
from demo.github.records import Review, ReviewComment


def review_view(asking: Asking, request: PullRequest, review: Review) -> View:
    """Show a review."""
    page = issue_page(asking.state, request.repository, request.issue)
    at = review.submitted_at or request.issue.created_at
    mine = [each for each in request.pull.review_comments if each.review_id == review.id]
    return {
        "__typename": "PullRequestReview",
        "id": node_id("PRR", review.id),
        "fullDatabaseId": str(review.id),
        "author": actor_view(asking, review.user),
        "authorAssociation": association(request.repository, review.user),
        "body": review.body,
        "comments": connection(mine, lambda each: review_comment_view(asking, request, each)),
        "createdAt": instant(at),
        "isMinimized": review.minimized_reason is not None,
        "minimizedReason": review.minimized_reason,
        "viewerCanMinimize": True,
        "reactionGroups": lambda _info: reaction_groups(asking, review.reactions),
        "submittedAt": instant_or_none(review.submitted_at),
        "state": review.state,
        "url": f"{page}#pullrequestreview-{review.id}",
    }


def review_comment_view(asking: Asking, request: PullRequest, comment: ReviewComment) -> View:
    """Show a comment on the diff."""
    page = issue_page(asking.state, request.repository, request.issue)
    return {
        "__typename": "PullRequestReviewComment",
        "id": node_id("PRRC", comment.id),
        "fullDatabaseId": str(comment.id),
        "author": actor_view(asking, comment.user),
        "authorAssociation": association(request.repository, comment.user),
        "body": comment.body,
        "createdAt": instant(comment.created_at),
        "updatedAt": instant(comment.updated_at),
        "diffHunk": comment.diff_hunk,
        "path": comment.path,
        "line": comment.line,
        "startLine": comment.start_line,
        "originalLine": comment.original_line,
        "originalStartLine": comment.original_start_line,
        "outdated": _outdated(comment),
        "isMinimized": comment.minimized_reason is not None,
        "minimizedReason": comment.minimized_reason,
        "viewerCanMinimize": True,
        "viewerDidAuthor": comment.user.id == asking.actor.user.id,
        "pullRequestReview": lambda _info: _review_of(asking, request, comment),
        "replyTo": lambda _info: _parent_of(asking, request, comment),
        "reactionGroups": lambda _info: reaction_groups(asking, comment.reactions),
        "url": f"{page}#discussion_r{comment.id}",
    }


def _outdated(comment: ReviewComment) -> bool:
    return comment.line is None and comment.subject_type == "line"


def _review_of(asking: Asking, request: PullRequest, comment: ReviewComment) -> View | None:
    for review in request.pull.reviews:
        if review.id == comment.review_id:
            return review_view(asking, request, review)
    return None


def _parent_of(asking: Asking, request: PullRequest, comment: ReviewComment) -> View | None:
    for each in request.pull.review_comments:
        if each.id == comment.in_reply_to:
            return review_comment_view(asking, request, each)
    return None


def thread_view(asking: Asking, request: PullRequest, said: list[ReviewComment]) -> View:
    """Show a thread; its comments are given, the one that opened it first."""
    root = said[0]
    resolver = root.resolved_by
    return {
        "__typename": "PullRequestReviewThread",
        "id": node_id("PRRT", root.id),
        "comments": connection(said, lambda each: review_comment_view(asking, request, each)),
        "diffSide": root.side,
        "isCollapsed": resolver is not None,
        "isOutdated": _outdated(root),
        "isResolved": resolver is not None,
        "line": root.line,
        "startLine": root.start_line,
        "originalLine": root.original_line,
        "originalStartLine": root.original_start_line,
        "path": root.path,
        "pullRequest": lambda info: around(request.repository)(info)["pullRequest"](
            info, number=request.issue.number
        ),
        "repository": around(request.repository),
        # An App's bot is no User: GitHub names none then.
        "resolvedBy": actor_view(asking, resolver)
        if resolver and resolver.type == "User"
        else None,
        "startDiffSide": root.start_side,
        "subjectType": root.subject_type.upper(),
        "viewerCanReply": True,
        "viewerCanResolve": resolver is None,
        "viewerCanUnresolve": resolver is not None,
    }


def thread_of(asking: Asking, request: PullRequest, root: ReviewComment) -> View:
    """Show the thread that a comment opened."""
    said = next(each for each in threads(request) if each[0] is root)
    return thread_view(asking, request, said)


def threads_field(asking: Asking, request: PullRequest) -> Callable[..., View]:
    """Make the field that pages through the threads of a pull request."""
    return connection(threads(request), lambda each: thread_view(asking, request, each))
