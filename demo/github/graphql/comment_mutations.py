"""Comments and reactions, written through GraphQL."""

from typing import Any

from demo.github.acts import conversation
from demo.github.graphql.asking import Asking, Found, Refused, View, unresolved
from demo.github.graphql.conversation_views import comment_view, issue_or_pull_view
from demo.github.graphql.people_views import CONTENT_WORDS, reaction_view
from demo.github.records import Comment, Issue
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


def _reactable(asking: Asking, asked: dict[str, Any]) -> tuple[Found, Issue | Comment, str]:
    found = asking.find(asked["subjectId"], SPEAK)
    if not isinstance(found.thing, Issue | Comment):
        raise unresolved(asked["subjectId"])
    words = {word: content for content, word in CONTENT_WORDS.items()}
    return found, found.thing, words[asked["content"]]


def subject_view(asking: Asking, found: Found) -> View:
    """Show the thing that was found by its id."""
    if isinstance(found.thing, Comment):
        return comment_view(asking, found.repository, found.issue, found.thing)
    return issue_or_pull_view(asking, found.repository, found.issue)


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
    found = asking.find(asked["subjectId"], TRIAGE)
    comment = _comment(found, asked["subjectId"])
    comment.minimized_reason = asked["classifier"].lower().replace("_", "-")
    return {"minimizedComment": comment_view(asking, found.repository, found.issue, comment)}


def unminimize(asking: Asking, asked: dict[str, Any]) -> View:
    """Show a hidden comment again."""
    found = asking.find(asked["subjectId"], TRIAGE)
    comment = _comment(found, asked["subjectId"])
    comment.minimized_reason = None
    return {"unminimizedComment": comment_view(asking, found.repository, found.issue, comment)}
