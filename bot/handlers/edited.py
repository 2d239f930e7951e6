"""Answers an edit: a ticked box is a command, and a changed command is still the one it was."""

import hashlib
from collections.abc import Callable

from bot.commands import Answer, type_of_command
from bot.comments.edits import (
    as_it_was_comment,
    edit_starts_nothing_comment,
    no_longer_valid_comment,
    several_ticks_comment,
)
from bot.events import CommentEdited
from bot.github_errors import NotFound
from bot.grammar import parse, read
from bot.request import Outcome, Request, UserError
from records.deliveries import DeliveryState

type_of_give = Callable[[type_of_command, Request], Outcome]


def comment_edited(event: CommentEdited, request: Request, give: type_of_give) -> Outcome:
    """Answer the edit of a comment; `give` does what a command says, if the sender may give it."""
    if event.author.id == request.conversation.repository.bot_id:
        return _own_comment_edited(event, request, give)
    return text_edited(request, f"comment:{event.comment_id}", event.before, event.body)


def _own_comment_edited(event: CommentEdited, request: Request, give: type_of_give) -> Outcome:
    """Take ticks as commands, and put the comment back as the bot wrote it."""
    own = _restored(event, request)
    # What somebody wrote in a moment ago for others to tick was never the bot's offer.
    boxes = request.conversation.boxes
    ticked = boxes.newly_ticked(event.before, event.body)
    wanted = _wanted(tuple(command for command in ticked if command in boxes.offered(own)), request)
    if wanted is None:
        _check_seals(event, own, request)
        return Outcome(DeliveryState.HANDLED, "put a comment of the bot's back as it was")
    return give(wanted, request)


def _check_seals(event: CommentEdited, own: str, request: Request) -> None:
    """Refuse the tick of a box that the bot's own text has without a valid MAC; UserError."""
    boxes = request.conversation.boxes
    ticked = boxes.newly_ticked(event.before, event.body, sealed=False)
    if boxes.offered(own, sealed=False).intersection(ticked):
        words = no_longer_valid_comment(request.context.command)
        raise UserError(words, why="a box that is no longer valid", once=request.strangers_key())


def _wanted(ticked: tuple[str, ...], request: Request) -> type_of_command | None:
    """Return what the ticks say; of several, only answers go together: UserError for others."""
    commands = [read(words) for words in ticked]
    answers = [command for command in commands if isinstance(command, Answer)]
    if len(commands) > len(answers) and len(commands) > 1:
        words = several_ticks_comment(request.context.command, ticked)
        raise UserError(words, why="several boxes at once", once=request.strangers_key())
    if answers:
        return Answer(choices=tuple(choice for answer in answers for choice in answer.choices))
    return commands[0] if commands else None


def _restored(event: CommentEdited, request: Request) -> str:
    """Put back what the bot wrote, unless it has written something newer by now; return it.

    After quick edits one upon another, the text before the later is not the bot's. So each edit's
    text is filed with the bot's own under it.
    """
    conversation = request.conversation
    scope = conversation.scope

    def filed(text: str, own: str) -> str:
        key = f"edit:{event.comment_id}:{hashlib.sha256(text.encode()).hexdigest()}"
        done = request.context.effects.once(scope, key, do=lambda: {"own": own}, look=lambda: None)
        return str(done["own"])

    own = filed(event.before, event.before)
    filed(event.body, own)
    try:
        if conversation.repository.comment_body(event.comment_id) == event.body:
            conversation.repository.edit_comment(event.comment_id, own)
    except NotFound:
        pass  # somebody deleted it
    return own


def text_edited(request: Request, key: str, before: str, after: str) -> Outcome:
    """Say, where an edit was meant to change or to start something, that it does not.

    `key` is that of the event by which the text was told first; UserError with the words.
    """
    word = request.context.command
    was, is_now = parse(before, word), parse(after, word)
    if was == is_now:
        return Outcome(DeliveryState.IGNORED, "no command was changed")
    task = request.context.tasks.of_request(key)
    once = request.strangers_key() or f"as it was:{key}"
    if task is not None and not task.state.ended:
        words = as_it_was_comment(word, task, request.context.task_url(task.id))
        raise UserError(words, why=f"task {task.id} uses the text as it was", once=once)
    if is_now is None:
        return Outcome(DeliveryState.IGNORED, "a command was taken out")
    sender = request.event.sender
    once = request.strangers_key() or f"edited:{sender.id}:{request.today()}"
    words = edit_starts_nothing_comment(word)
    raise UserError(words, why="an edit starts nothing", once=once)
