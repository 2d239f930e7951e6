"""Comments and reactions on issues and pull requests."""

import re
from typing import Protocol

from demo.github.acts.announce import announce
from demo.github.acts.issues import check_text
from demo.github.errors import Forbidden, Invalid
from demo.github.present.issues import CONTENTS, comment_json, issue_json
from demo.github.records import Actor, Comment, Issue, Reaction, Repository, User
from demo.github.state import State

BOX = re.compile(r"(?P<list>[\s>]*(?:[-*+]|\d+[.)])\s+)\[(?P<sign>[ xX])\](?=\s)")
MAY_SPEAK_WHEN_LOCKED = frozenset({"triage", "write", "maintain", "admin"})


class Reactable(Protocol):
    """Whatever can carry reactions."""

    reactions: list[Reaction]


def add_comment(
    state: State, repository: Repository, issue: Issue, actor: Actor, body: object
) -> Comment:
    """Write a comment."""
    if not isinstance(body, str) or not body.strip():
        raise Invalid("IssueComment", "body", "missing_field", "Body cannot be blank")
    check_text("IssueComment", body)
    role = repository.role_of(actor.user)
    if issue.locked and actor.app is None and role not in MAY_SPEAK_WHEN_LOCKED:
        raise Forbidden("Unable to create comment because issue is locked.")
    now = state.now()
    comment = Comment(state.next_comment_id(), actor.user, body, now, now, actor.app)
    issue.comments.append(comment)
    issue.updated_at = now
    _announce(state, repository, issue, comment, actor, {"action": "created"})
    return comment


def edit_comment(
    state: State, repository: Repository, issue: Issue, comment: Comment, actor: Actor, body: object
) -> None:
    """Change what a comment says."""
    if not isinstance(body, str) or not body.strip():
        raise Invalid("IssueComment", "body", "missing_field", "Body cannot be blank")
    check_text("IssueComment", body)
    before, comment.body = comment.body, body
    comment.updated_at = issue.updated_at = state.now()
    changes: dict[str, object] = {"changes": {"body": {"from": before}}}
    _announce(state, repository, issue, comment, actor, {"action": "edited"} | changes)


def ticked(body: str, words: str) -> str:
    """Tick the one open box whose line has these words; raises Invalid where there is not one."""
    boxes = ((number, BOX.match(line), line) for number, line in enumerate(body.split("\n")))
    found = [n for n, box, line in boxes if box and box["sign"] == " " and words in line]
    if len(found) != 1:
        raise Invalid("IssueComment", "body", "custom", f"{len(found)} open boxes say {words!r}")
    return toggled(body, found[0])


def toggled(body: str, number: int) -> str:
    """Tick the box on a line of a text, counted from 0, or take its tick away."""
    lines = body.split("\n")
    box = BOX.match(lines[number]) if 0 <= number < len(lines) else None
    if box is None:
        raise Invalid("IssueComment", "body", "custom", f"there is no box on line {number}")
    sign = "x" if box["sign"] == " " else " "
    lines[number] = f"{box['list']}[{sign}]{lines[number][box.end() :]}"
    return "\n".join(lines)


def delete_comment(
    state: State, repository: Repository, issue: Issue, comment: Comment, actor: Actor
) -> None:
    """Remove a comment."""
    issue.comments.remove(comment)
    _announce(state, repository, issue, comment, actor, {"action": "deleted"})


def _announce(
    state: State,
    repository: Repository,
    issue: Issue,
    comment: Comment,
    actor: Actor,
    details: dict[str, object],
) -> None:
    more = {
        "issue": issue_json(state, repository, issue),
        "comment": comment_json(state, repository, issue, comment),
    }
    announce(state, repository, "issue_comment", actor, details | more)


def react(state: State, thing: Reactable, user: User, content: object) -> tuple[Reaction, bool]:
    """React; one user has one reaction of a kind, and doing it again gives the old one."""
    if content not in CONTENTS:
        raise Invalid("Reaction", "content", "invalid")
    for reaction in thing.reactions:
        if reaction.user.id == user.id and reaction.content == content:
            return reaction, False
    reaction = Reaction(state.next_id(), user, str(content), state.now())
    thing.reactions.append(reaction)
    return reaction, True


def unreact(thing: Reactable, reaction_id: int, user: User) -> bool:
    """Take a reaction of one's own back; False when there is none with this id."""
    for reaction in thing.reactions:
        if reaction.id == reaction_id:
            if reaction.user.id != user.id:
                raise Forbidden
            thing.reactions.remove(reaction)
            return True
    return False
