"""Comments and reactions, written through GraphQL."""

from typing import Any

from demo.github.acts import conversation
from demo.github.graphql.asking import Asking, Found, Refused, View, unresolved
from demo.github.graphql.conversation_views import comment_view, issue_or_pull_view
from demo.github.graphql.people_views import CONTENT_WORDS, reaction_view
from demo.github.graphql.review_views import review_comment_view, review_view, thread_of
from demo.github.present.pulls import PullRequest
from demo.github.records import Comment, Issue, Review, ReviewComment
from demo.github.rest.needs import SPEAK, TRIAGE


def add_comment(asking: Asking, asked: dict[str, Any]) -> View:
    """Write a comment."""
    found = asking.find(asked["subjectId"], SPEAK)
    comment = conversation.add_comment(
        asking.state, found.repository, found.issue, asking.actor, asked["body"]
    )
    node = comment_view(asking, found.repository, found.issue, comment)
    subject = issue_or_pull_view(asking, found.repository, found.issue)
    return {"commentEdge": {"cursor": str(comment.id), "node": node}, "subject": subject}


def update_comment(asking: Asking, asked: dict[str, Any]) -> View:
    """Change what a comment says."""
    found = asking.find(asked["id"], SPEAK)
    comment = _comment(found, asked["id"])
    conversation.edit_comment(
        asking.state, found.repository, found.issue, comment, asking.actor, asked["body"]
    )
    return {"issueComment": comment_view(asking, found.repository, found.issue, comment)}


def _comment(found: Found, node_id: str) -> Comment:
    if not isinstance(found.thing, Comment):
        raise unresolved(node_id)
    return found.thing


def _reactable(asking: Asking, asked: dict[str, Any]) -> tuple[Found, conversation.Reactable, str]:
    found = asking.find(asked["subjectId"], SPEAK)
    if found.is_thread:
        raise unresolved(asked["subjectId"])
    words = {word: content for content, word in CONTENT_WORDS.items()}
    return found, found.thing, words[asked["content"]]


def subject_view(asking: Asking, found: Found) -> View:
    """Show the thing that was found by its id."""
    if isinstance(found.thing, Comment):
        return comment_view(asking, found.repository, found.issue, found.thing)
    if isinstance(found.thing, Issue) or found.issue.pull is None:
        return issue_or_pull_view(asking, found.repository, found.issue)
    request = PullRequest(found.repository, found.issue, found.issue.pull)
    if found.is_thread and isinstance(found.thing, ReviewComment):
        return thread_of(asking, request, found.thing)
    if isinstance(found.thing, Review):
        return review_view(asking, request, found.thing)
    return review_comment_view(asking, request, found.thing)


def add_reaction(asking: Asking, asked: dict[str, Any]) -> View:
    """React."""
    found, thing, content = _reactable(asking, asked)
    reaction, _ = conversation.react(asking.state, thing, asking.actor.user, content)
    return {"reaction": reaction_view(asking, reaction), "subject": subject_view(asking, found)}


def remove_reaction(asking: Asking, asked: dict[str, Any]) -> View:
    """Take a reaction of one's own back."""
    found, thing, content = _reactable(asking, asked)
    me = asking.actor.user
    for reaction in thing.reactions:
        if reaction.user.id == me.id and reaction.content == content:
            conversation.unreact(thing, reaction.id, me)
            return {
                "reaction": reaction_view(asking, reaction),
                "subject": subject_view(asking, found),
            }
    raise Refused("NOT_FOUND", "Could not resolve to a Reaction of this viewer.")


def minimize(asking: Asking, asked: dict[str, Any]) -> View:
    """Hide a comment."""
    found, said = _minimizable(asking, asked)
    said.minimized_reason = asked["classifier"].lower().replace("_", "-")
    return {"minimizedComment": subject_view(asking, found)}


def _minimizable(
    asking: Asking, asked: dict[str, Any]
) -> tuple[Found, Comment | Review | ReviewComment]:
    found = asking.find(asked["subjectId"], TRIAGE)
    if isinstance(found.thing, Issue) or found.is_thread:
        raise unresolved(asked["subjectId"])
    return found, found.thing


def unminimize(asking: Asking, asked: dict[str, Any]) -> View:
    """Show a hidden comment again."""
    found, said = _minimizable(asking, asked)
    said.minimized_reason = None
    return {"unminimizedComment": subject_view(asking, found)}
