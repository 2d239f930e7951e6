"""Reviews as people give them: a verdict, comments on lines, answers in threads."""

from collections.abc import Iterator

from flask import Blueprint, request
from werkzeug.wrappers import Response

from demo.github.acts.reviews import (
    NewReviewComment,
    add_review,
    add_review_comment,
    find_review_comment,
    reply,
    resolve_thread,
    submit_review,
)
from demo.github.errors import GitHubError
from demo.github.pages.issue_pages import place
from demo.github.pages.pull_pages import HERE, find
from demo.github.pages.site import Site
from demo.github.present.pulls import PullRequest
from demo.github.records import Actor, Review


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.post(f"{HERE}/reviews")
    def create_review(owner: str, name: str, number: int) -> Response:
        with site.state.lock:
            pull = PullRequest(*find(site, owner, name, number))
            actor = site.actor(pull.repository)
            review = _review(site, pull, actor, tuple(_line_comments()))
            anchor = f"#pullrequestreview-{review.id}"
            return site.done(place(pull.repository, pull.issue) + anchor, actor.user)

    @pages.post(f"{HERE}/replies/<int:comment_id>")
    def create_reply(owner: str, name: str, number: int, comment_id: int) -> Response:
        with site.state.lock:
            pull = PullRequest(*find(site, owner, name, number))
            actor = site.actor(pull.repository)
            said = reply(site.state, pull, actor, comment_id, request.form.get("body", ""))
            anchor = f"#discussion_r{said.id}"
            return site.done(place(pull.repository, pull.issue) + anchor, actor.user)

    @pages.post(f"{HERE}/threads/<int:comment_id>/<any(resolve, unresolve):what>")
    def resolve(owner: str, name: str, number: int, comment_id: int, what: str) -> Response:
        with site.state.lock:
            pull = PullRequest(*find(site, owner, name, number))
            actor = site.actor(pull.repository, "write")
            root = find_review_comment(pull, comment_id)
            resolve_thread(site.state, pull, actor, root, resolved=what == "resolve")
            anchor = f"#thread-{root.id}"
            return site.done(place(pull.repository, pull.issue) + anchor, actor.user)


def _line_comments() -> Iterator[NewReviewComment]:
    """Read the comments on lines: the name of each field says where it stands."""
    for field, text in request.form.items():
        kind, _, where = field.partition(":")
        if kind == "line" and text.strip():
            side, line, path = where.split(":", 2)
            yield NewReviewComment(text, path, line=int(line), side=side)


def _review(
    site: Site, pull: PullRequest, actor: Actor, comments: tuple[NewReviewComment, ...]
) -> Review:
    text, event = request.form.get("body", ""), request.form.get("event", "COMMENT")
    if not comments:
        return add_review(site.state, pull, actor, text, event)
    if event != "COMMENT" and actor.user.id == pull.issue.user.id:
        raise GitHubError(422, "Nobody can approve or refuse a pull request of their own.")
    # As on GitHub's page: a review is begun, gets its comments, and goes out whole.
    review = add_review(site.state, pull, actor, text, "")
    for each in comments:
        add_review_comment(site.state, pull, actor, each, review)
    submit_review(site.state, pull, actor, review, event)
    return review
