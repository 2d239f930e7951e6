"""Reviews of a pull request, comments on lines of its diff, and the threads that they open."""

from dataclasses import dataclass

from demo.github.acts.announce import announce
from demo.github.acts.issues import check_text
from demo.github.diffs import file_diffs
from demo.github.errors import GitHubError, Invalid, NotFound
from demo.github.present.people import node_id
from demo.github.present.pulls import PullRequest, pull_json, review_comment_json, review_json
from demo.github.records import Actor, Review, ReviewComment
from demo.github.state import State

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@dataclass(frozen=True)
class NewReviewComment:
    """What a comment on the diff is to be; `line` None is on the file as a whole."""

    body: str
    path: str
    commit_sha: str | None = None
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    in_reply_to: int | None = None
    subject_type: str = "line"
    parent: ReviewComment | None = None
    """For an answer: where the thread is, which may be no part of the diff any more."""


def add_review(state: State, request: PullRequest, actor: Actor, body: str, event: str) -> Review:
    """Write a review, or begin one when no event is given."""
    if event and event not in STATES:
        raise Invalid("PullRequestReview", "event", "invalid")
    if event in {"REQUEST_CHANGES", "COMMENT"} and not body:
        raise Invalid("PullRequestReview", "body", "missing_field")
    if event in {"APPROVE", "REQUEST_CHANGES"} and actor.user.id == request.issue.user.id:
        word = "approve" if event == "APPROVE" else "request changes on"
        raise GitHubError(422, "Unprocessable Entity", [f"Can not {word} your own pull request"])
    check_text("PullRequestReview", body)
    review = Review(
        id=state.next_id(),
        user=actor.user,
        body=body,
        state="PENDING",
        commit_sha=request.pull.head_sha,
        submitted_at=None,
        app=actor.app,
    )
    request.pull.reviews.append(review)
    if event:
        submit_review(state, request, actor, review, event)
    return review


def submit_review(
    state: State, request: PullRequest, actor: Actor, review: Review, event: str
) -> None:
    """Let others see a review with its comments; who was asked for one has given it."""
    if event not in STATES:
        raise Invalid("PullRequestReview", "event", "invalid")
    if event != "COMMENT" and actor.user.id == request.issue.user.id:
        word = "approve" if event == "APPROVE" else "request changes on"
        raise GitHubError(422, "Unprocessable Entity", [f"Can not {word} your own pull request"])
    review.state, review.submitted_at = STATES[event], state.now()
    asked = request.pull.requested_reviewers
    request.pull.requested_reviewers = [each for each in asked if each.id != actor.user.id]
    for comment in request.pull.review_comments:
        if comment.review_id == review.id:
            _announce(state, request, actor, comment, {"action": "created"})
    _announce_review(state, request, actor, review, "submitted")


def dismiss_review(state: State, request: PullRequest, actor: Actor, review: Review) -> None:
    """Take the weight from a review."""
    review.state = "DISMISSED"
    _announce_review(state, request, actor, review, "dismissed")


def _announce_review(
    state: State, request: PullRequest, actor: Actor, review: Review, action: str
) -> None:
    shown = review_json(state, request, review)
    shown["state"] = review.state.lower()
    shown["updated_at"] = shown["submitted_at"]
    details = {"action": action, "review": shown, "pull_request": pull_json(state, request)}
    announce(state, request.repository, "pull_request_review", actor, details)


def add_review_comment(
    state: State,
    request: PullRequest,
    actor: Actor,
    new: NewReviewComment,
    review: Review | None = None,
) -> ReviewComment:
    """Comment on the diff; without a review around it, it makes one of its own."""
    if not new.body.strip():
        raise Invalid("PullRequestReviewComment", "body", "missing_field")
    check_text("PullRequestReviewComment", new.body)
    if new.start_line is not None and new.line is not None and new.start_line >= new.line:
        said = "start_line must precede the end line"
        raise Invalid("PullRequestReviewComment", "start_line", "custom", said)
    hunk = _hunk(request, new.path, new.line) if new.parent is None else new.parent.diff_hunk
    around = review or _without_words(state, request, actor)
    now = state.now()
    comment = ReviewComment(
        id=state.next_comment_id(),
        user=actor.user,
        body=new.body,
        path=new.path,
        commit_sha=new.commit_sha or request.pull.head_sha,
        original_commit_sha=new.commit_sha or request.pull.head_sha,
        diff_hunk=hunk,
        created_at=now,
        updated_at=now,
        line=new.line,
        side=new.side,
        start_line=new.start_line,
        start_side=new.start_side,
        review_id=around.id,
        in_reply_to=new.in_reply_to,
        app=actor.app,
        subject_type=new.subject_type,
        original_line=new.parent.original_line if new.parent else new.line,
        original_start_line=new.parent.original_start_line if new.parent else new.start_line,
    )
    request.pull.review_comments.append(comment)
    if around.state != "PENDING":
        _announce(state, request, actor, comment, {"action": "created"})
    return comment


def _without_words(state: State, request: PullRequest, actor: Actor) -> Review:
    """Make the review that a comment alone is part of: it says nothing of its own."""
    review = add_review(state, request, actor, "", "")
    submit_review(state, request, actor, review, "COMMENT")
    return review


def threads(request: PullRequest) -> list[list[ReviewComment]]:
    """Give the threads of a pull request that everybody sees, each with its comments in order."""
    hidden = {each.id for each in request.pull.reviews if each.state == "PENDING"}
    seen = [each for each in request.pull.review_comments if each.review_id not in hidden]
    roots = [each for each in seen if each.in_reply_to is None]
    return [[root, *(each for each in seen if each.in_reply_to == root.id)] for root in roots]


def resolve_thread(
    state: State, request: PullRequest, actor: Actor, root: ReviewComment, *, resolved: bool = True
) -> None:
    """Close a thread, or open it again."""
    if (root.resolved_by is not None) == resolved:
        return
    root.resolved_by = actor.user if resolved else None
    said = next(each for each in threads(request) if each[0] is root)
    details = {
        "action": "resolved" if resolved else "unresolved",
        "thread": {
            "node_id": node_id("PRRT", root.id),
            "comments": [review_comment_json(state, request, each) for each in said],
        },
        "pull_request": pull_json(state, request),
    }
    announce(state, request.repository, "pull_request_review_thread", actor, details)


def _hunk(request: PullRequest, path: str, line: int | None) -> str:
    git = request.repository.git
    files = {e.path: e for e in file_diffs(git, request.range_start(), request.pull.head_sha)}
    if path not in files:
        raise Invalid("PullRequestReviewComment", "path", "invalid")
    patch = files[path].patch or "@@ -0,0 +0,0 @@"
    if line is None:
        return patch
    kept: list[str] = []
    number = 0
    for text in patch.split("\n"):
        if text.startswith("@@"):
            kept, number = [], int(text.split("+")[1].split(" ")[0].split(",")[0]) - 1
        elif not text.startswith("-"):
            number += 1
        kept.append(text)
        if number == line and not text.startswith("@@"):
            return "\n".join(kept)
    raise Invalid("PullRequestReviewComment", "line", "custom", "line must be part of the diff")


def reply(
    state: State, request: PullRequest, actor: Actor, parent_id: int, body: str
) -> ReviewComment:
    """Answer a comment on the diff, in its thread."""
    parent = find_review_comment(request, parent_id)
    new = NewReviewComment(
        body=body,
        path=parent.path,
        commit_sha=parent.commit_sha,
        line=parent.line,
        side=parent.side,
        start_line=parent.start_line,
        start_side=parent.start_side,
        in_reply_to=parent.in_reply_to or parent.id,
        subject_type=parent.subject_type,
        parent=parent,
    )
    return add_review_comment(state, request, actor, new)


def find_review_comment(request: PullRequest, comment_id: int) -> ReviewComment:
    """Find a comment on the diff by its id."""
    for comment in request.pull.review_comments:
        if comment.id == comment_id:
            return comment
    raise NotFound


def edit_review_comment(
    state: State, request: PullRequest, actor: Actor, comment: ReviewComment, body: str
) -> None:
    """Change what a comment on the diff says."""
    check_text("PullRequestReviewComment", body)
    before, comment.body = comment.body, body
    comment.updated_at = state.now()
    details: dict[str, object] = {"action": "edited", "changes": {"body": {"from": before}}}
    _announce(state, request, actor, comment, details)


def delete_review_comment(
    state: State, request: PullRequest, actor: Actor, comment: ReviewComment
) -> None:
    """Remove a comment on the diff."""
    request.pull.review_comments.remove(comment)
    _announce(state, request, actor, comment, {"action": "deleted"})


def _announce(
    state: State,
    request: PullRequest,
    actor: Actor,
    comment: ReviewComment,
    details: dict[str, object],
) -> None:
    more = {
        "comment": review_comment_json(state, request, comment),
        "pull_request": pull_json(state, request),
    }
    announce(state, request.repository, "pull_request_review_comment", actor, details | more)
