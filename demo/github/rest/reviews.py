"""Reviews of pull requests, and comments on their diffs with the replies."""

from typing import Any

from demo.github.acts import reviews as acts
from demo.github.errors import Forbidden, Invalid, NotFound
from demo.github.permissions import may
from demo.github.present.pulls import PullRequest, review_comment_json, review_json
from demo.github.records import Review, ReviewComment
from demo.github.rest.needs import OPEN_PULLS, READ_PULLS, WRITE_PULLS
from demo.github.rest.pulls import PULL, PULLS, pull_request
from demo.github.routes import Answer, Call, Routes

routes = Routes()
COMMENT = f"{PULLS}/comments/<int:review_comment_id>"
REVIEW = f"{PULL}/reviews/<int:review_id>"


def _review(call: Call) -> Review:
    for review in pull_request(call).pull.reviews:
        if review.id == call.path["review_id"]:
            return review
    raise NotFound


@routes.on("GET", f"{PULL}/reviews", "pulls/list-reviews", READ_PULLS)
def list_reviews(call: Call) -> Answer:
    """List the reviews of a pull request, oldest first."""
    request = pull_request(call)
    shown = call.page(request.pull.reviews)
    return Answer(200, [review_json(call.state, request, each) for each in shown])


@routes.on("POST", f"{PULL}/reviews", "pulls/create-review", OPEN_PULLS)
def create_review(call: Call) -> Answer:
    """Write a review, with comments on the diff if there are any."""
    request, body = pull_request(call), call.body
    event = body.get("event", "")
    text = body.get("body") or ""
    comments = [_new_comment(each) for each in body.get("comments") or []]
    review = acts.add_review(call.state, request, call.actor, text, event)
    for each in comments:
        acts.add_review_comment(call.state, request, call.actor, each, review)
    return Answer(200, review_json(call.state, request, review))


def _new_comment(asked: dict[str, object]) -> acts.NewReviewComment:
    known = ("line", "side", "start_line", "start_side", "subject_type")
    path, text = asked.get("path"), asked.get("body")
    if not isinstance(path, str) or not isinstance(text, str):
        raise Invalid("PullRequestReviewComment", "path", "missing_field")
    more = {key: asked[key] for key in known if asked.get(key) is not None}
    return acts.NewReviewComment(text, path, **more)  # type: ignore[arg-type]


@routes.on("GET", REVIEW, "pulls/get-review", READ_PULLS)
def get_review(call: Call) -> Answer:
    """Give a review."""
    return Answer(200, review_json(call.state, pull_request(call), _review(call)))


@routes.on("POST", f"{REVIEW}/events", "pulls/submit-review", OPEN_PULLS)
def submit_review(call: Call) -> Answer:
    """Let others see a review that was begun."""
    review = _review(call)
    review.body = call.body.get("body") or review.body
    event = call.text("PullRequestReview", "event")
    acts.submit_review(call.state, pull_request(call), call.actor, review, event)
    return get_review(call)


@routes.on("PUT", f"{REVIEW}/dismissals", "pulls/dismiss-review", WRITE_PULLS)
def dismiss_review(call: Call) -> Answer:
    """Take the weight from a review."""
    acts.dismiss_review(call.state, pull_request(call), call.actor, _review(call))
    return get_review(call)


def _shown(call: Call, request: PullRequest, comment: ReviewComment) -> dict[str, Any]:
    """Write a comment on the diff; an outdated one has no line, which GitHub describes so."""
    shown = review_comment_json(call.state, request, comment)
    return {k: v for k, v in shown.items() if k not in {"line", "position"} or v is not None}


@routes.on("GET", f"{REVIEW}/comments", "pulls/list-comments-for-review", READ_PULLS)
def list_comments_of_review(call: Call) -> Answer:
    """List the comments on the diff that belong to a review."""
    request, review = pull_request(call), _review(call)
    mine = [each for each in request.pull.review_comments if each.review_id == review.id]
    plain = ("line", "original_line", "start_line", "original_start_line")
    shown = [_shown(call, request, each) for each in call.page(mine)]
    return Answer(200, [{k: v for k, v in e.items() if k not in plain or v} for e in shown])


@routes.on("GET", f"{PULL}/comments", "pulls/list-review-comments", READ_PULLS)
def list_review_comments(call: Call) -> Answer:
    """List the comments on the diff, oldest first."""
    request = pull_request(call)
    seen = [each for thread in acts.threads(request) for each in thread]
    shown = call.page(sorted(seen, key=lambda each: each.id))
    return Answer(200, [_shown(call, request, each) for each in shown])


@routes.on("POST", f"{PULL}/comments", "pulls/create-review-comment", OPEN_PULLS)
def create_review_comment(call: Call) -> Answer:
    """Comment on a line of the diff, or answer such a comment."""
    request, body = pull_request(call), call.body
    if body.get("in_reply_to"):
        text = call.text("PullRequestReviewComment", "body")
        comment = acts.reply(call.state, request, call.actor, body["in_reply_to"], text)
    else:
        call.text("PullRequestReviewComment", "commit_id")
        new = _new_comment(body)
        comment = acts.add_review_comment(call.state, request, call.actor, new)
    shown = _shown(call, request, comment)
    return Answer(201, shown, {"Location": shown["url"]})


@routes.on(
    "POST",
    f"{PULL}/comments/<int:review_comment_id>/replies",
    "pulls/create-reply-for-review-comment",
    OPEN_PULLS,
)
def create_reply(call: Call) -> Answer:
    """Answer a comment on the diff."""
    request, text = pull_request(call), call.text("PullRequestReviewComment", "body")
    parent = call.path["review_comment_id"]
    comment = acts.reply(call.state, request, call.actor, parent, text)
    return Answer(201, _shown(call, request, comment))


def _found(call: Call) -> tuple[PullRequest, ReviewComment]:
    for issue in call.repository.issues.values():
        for comment in issue.pull.review_comments if issue.pull else ():
            if issue.pull is not None and comment.id == call.path["review_comment_id"]:
                return PullRequest(call.repository, issue, issue.pull), comment
    raise NotFound


@routes.on("GET", COMMENT, "pulls/get-review-comment", READ_PULLS)
def get_review_comment(call: Call) -> Answer:
    """Give a comment on the diff."""
    return Answer(200, _shown(call, *_found(call)))


def _demand_own(call: Call, comment: ReviewComment) -> None:
    if comment.user.id != call.user.id and not may(call.caller, call.repository, WRITE_PULLS):
        raise Forbidden("Must have write access to the repository.")


@routes.on("PATCH", COMMENT, "pulls/update-review-comment", OPEN_PULLS)
def update_review_comment(call: Call) -> Answer:
    """Change what a comment on the diff says."""
    request, comment = _found(call)
    _demand_own(call, comment)
    text = call.text("PullRequestReviewComment", "body")
    acts.edit_review_comment(call.state, request, call.actor, comment, text)
    return get_review_comment(call)


@routes.on("DELETE", COMMENT, "pulls/delete-review-comment", OPEN_PULLS)
def delete_review_comment(call: Call) -> Answer:
    """Remove a comment on the diff."""
    request, comment = _found(call)
    _demand_own(call, comment)
    acts.delete_review_comment(call.state, request, call.actor, comment)
    return Answer(204)


@routes.on("GET", f"{PULLS}/comments", "pulls/list-review-comments-for-repo", READ_PULLS)
def list_all_review_comments(call: Call) -> Answer:
    """List the comments on all diffs of a repository."""
    found = [
        (PullRequest(call.repository, issue, issue.pull), comment)
        for issue in call.repository.issues.values()
        if issue.pull is not None
        for comment in issue.pull.review_comments
    ]
    return Answer(200, [review_comment_json(call.state, *each) for each in call.page(found)])
