"""Reactions on issues, comments and review comments."""

from demo.github.acts.conversation import Reactable, react, unreact
from demo.github.errors import NotFound
from demo.github.present.issues import reaction_json
from demo.github.rest.needs import READ_ISSUES, SPEAK
from demo.github.routes import Answer, Call, Routes

routes = Routes()
ON_ISSUE = "/repos/<owner>/<repo>/issues/<int:number>/reactions"
ON_COMMENT = "/repos/<owner>/<repo>/issues/comments/<int:comment_id>/reactions"
ON_REVIEW_COMMENT = "/repos/<owner>/<repo>/pulls/comments/<int:review_comment_id>/reactions"


def _thing(call: Call) -> Reactable:
    path = call.path
    if "number" in path:
        return call.issue
    if "comment_id" in path:
        return call.state.comment(call.repository, path["comment_id"])[1]
    for issue in call.repository.issues.values():
        for comment in issue.pull.review_comments if issue.pull else ():
            if comment.id == path["review_comment_id"]:
                return comment
    raise NotFound


@routes.on("GET", ON_ISSUE, "reactions/list-for-issue", READ_ISSUES)
@routes.on("GET", ON_COMMENT, "reactions/list-for-issue-comment", READ_ISSUES)
@routes.on("GET", ON_REVIEW_COMMENT, "reactions/list-for-pull-request-review-comment", READ_ISSUES)
def list_reactions(call: Call) -> Answer:
    """List the reactions on a thing, of one kind or of all."""
    content = call.query.get("content")
    found = [each for each in _thing(call).reactions if content in {None, each.content}]
    return Answer(200, [reaction_json(call.state, each) for each in call.page(found)])


@routes.on("POST", ON_ISSUE, "reactions/create-for-issue", SPEAK)
@routes.on("POST", ON_COMMENT, "reactions/create-for-issue-comment", SPEAK)
@routes.on("POST", ON_REVIEW_COMMENT, "reactions/create-for-pull-request-review-comment", SPEAK)
def create_reaction(call: Call) -> Answer:
    """React: 201 for a new reaction, 200 for one that was there."""
    reaction, new = react(call.state, _thing(call), call.user, call.body.get("content"))
    return Answer(201 if new else 200, reaction_json(call.state, reaction))


@routes.on("DELETE", f"{ON_ISSUE}/<int:reaction_id>", "reactions/delete-for-issue", SPEAK)
@routes.on("DELETE", f"{ON_COMMENT}/<int:reaction_id>", "reactions/delete-for-issue-comment", SPEAK)
@routes.on(
    "DELETE",
    f"{ON_REVIEW_COMMENT}/<int:reaction_id>",
    "reactions/delete-for-pull-request-comment",
    SPEAK,
)
def delete_reaction(call: Call) -> Answer:
    """Take a reaction of one's own back."""
    if not unreact(_thing(call), call.path["reaction_id"], call.user):
        raise NotFound
    return Answer(204)
