"""What follows from an edit: a tick is a command of whoever ticked; other edits change nothing."""

import re
from dataclasses import replace

import pytest

from bot.boxes import Boxes
from bot.conversation import Conversation
from bot.events import CommentEdited
from bot.in_thread import PERMISSIONS
from bot.payloads import parse
from records.deliveries import DeliveryState
from records.tasks import TaskState
from tests.bot.conftest import REPOSITORY, FrontDoor

OFFERED = (
    "### Working on it\n\n"
    "- [ ] Stop <!-- do:stop -->\n- [ ] Status <!-- do:status -->\n- [x] Done\n"
)


@pytest.mark.parametrize(
    ("before", "after", "commands"),
    [
        (OFFERED, OFFERED, ()),
        (OFFERED, OFFERED.replace("[ ] Stop", "[x] Stop"), ("stop",)),
        (OFFERED, OFFERED.replace("[ ]", "[X]"), ("stop", "status")),
        (OFFERED.replace("[ ]", "[x]"), OFFERED, ()),
        # Only what the comment offered counts, and only at the beginning of a line.
        (OFFERED, OFFERED + "- [x] More <!-- do:budget +$9 -->\n", ()),
        (OFFERED, "so - [x] Stop <!-- do:stop -->", ()),
        ("- [ ] Approve `7fd1` <!-- do:approve 7fd1 -->", "", ()),
        (
            "  - [ ] b) later <!-- do:answer 1b -->",
            "  - [x] b) later <!-- do:answer 1b -->",
            ("answer 1b",),
        ),
    ],
)
def test_a_tick_is_what_was_offered_and_is_ticked_now(
    before: str, after: str, commands: tuple[str, ...]
) -> None:
    boxes = Boxes(b"markers", 5, 42)
    mark = "<!-- patchbay 00 -->\n"
    assert boxes.newly_ticked(boxes.sealed(mark + before), boxes.sealed(mark + after)) == commands


@pytest.mark.parametrize(
    "other",
    [
        Boxes(b"another secret", 5, 42),
        Boxes(b"markers", 6, 42),
        Boxes(b"markers", 5, 43),
    ],
)
def test_a_box_of_elsewhere_or_with_another_command_is_none(other: Boxes) -> None:
    boxes, offered = Boxes(b"markers", 5, 42), f"<!-- patchbay 00 -->\n{OFFERED}"
    ours = boxes.sealed(offered)
    assert boxes.offered(ours) == {"stop", "status"}
    assert boxes.sealed(ours) == ours
    assert other.offered(ours) == frozenset()
    assert boxes.offered(ours.replace("patchbay 00", "patchbay 01")) == frozenset()
    assert boxes.offered(ours.replace("do:stop", "do:budget +$9")) == {"status"}
    assert boxes.offered(offered) == frozenset()


def offer(front_door: FrontDoor, number: int, body: str = OFFERED) -> int:
    """Let the bot write a comment with boxes."""
    context, place = front_door.context, (front_door.installation_id, front_door.repository_id)
    repository = front_door.app.kept_repository(*place, PERMISSIONS)
    return Conversation(
        repository=repository,
        effects=context.effects,
        secret=context.secret,
        repository_id=front_door.repository_id,
        number=number,
    ).say("offer", body, since=0.0)


def standing(front_door: FrontDoor, number: int, comment: int) -> str:
    """Return what a comment says now."""
    comments = front_door.github.comments(REPOSITORY, number)
    return str(next(one["body"] for one in comments if one["id"] == comment))


def test_a_tick_is_the_command_and_the_comment_is_put_back(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    front_door.github.tick(REPOSITORY, comment, "write", "do:stop")
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.STOPPED
    assert standing(front_door, number, comment) == offered
    assert front_door.reactions(comment) == []


def test_a_tick_in_a_browser_that_sends_crlf_counts(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    ticked = offered.replace("[ ] Stop", "[x] Stop").replace("\n", "\r\n")
    front_door.github.edit_comment(REPOSITORY, comment, "write", ticked)
    assert front_door.next_outcome("write").state is DeliveryState.HANDLED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.STOPPED
    assert standing(front_door, number, comment) == offered


def test_a_tick_of_a_box_without_a_valid_mac_is_answered(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number)
    bare = re.sub(" <!-- mac:.*? -->", "", standing(front_door, number, comment))
    place = (front_door.installation_id, front_door.repository_id)
    front_door.app.kept_repository(*place, PERMISSIONS).edit_comment(comment, bare)
    front_door.github.tick(REPOSITORY, comment, "write", "do:stop")
    assert front_door.next_outcome("write").state is DeliveryState.REFUSED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.QUEUED
    assert "This box is no longer valid" in front_door.bot_comments(number)[-1]
    assert standing(front_door, number, comment) == bare


def test_boxes_that_do_not_go_together_do_nothing_and_that_is_said(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    both = offered.replace("[ ]", "[x]")
    front_door.github.edit_comment(REPOSITORY, comment, "write", both)
    assert front_door.next_outcome("write").state is DeliveryState.REFUSED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.QUEUED
    assert standing(front_door, number, comment) == offered
    said = front_door.bot_comments(number)[-1]
    assert "`/agent stop`, `/agent status`" in said
    assert "Please tick one." in said


def test_two_ticks_within_a_second_are_two_events(front_door: FrontDoor) -> None:
    number = front_door.issue()
    comment = offer(front_door, number)
    for words in ("do:stop", "do:status"):
        front_door.github.tick(REPOSITORY, comment, "write", words)
    told = [parse(*front_door.next("write")) for _ in range(2)]
    edits = [replace(event, edited_at="") for event in told if isinstance(event, CommentEdited)]
    assert len({edit.key for edit in edits}) == 2


def test_a_tick_counts_for_what_its_sender_may_do(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    front_door.github.tick(REPOSITORY, comment, "triage", "do:stop")
    assert front_door.next_outcome("triage").state is DeliveryState.REFUSED
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.QUEUED
    assert "I go on" in front_door.bot_comments(number)[-1]
    assert standing(front_door, number, comment) == offered


def test_whoever_writes_into_the_bots_comment_writes_in_water(front_door: FrontDoor) -> None:
    number = front_door.issue()
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "I do as I am told.")
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "/agent fix")
    for _ in range(2):
        outcome = front_door.next_outcome("maria")
        assert (outcome.state, outcome.detail) == (
            DeliveryState.HANDLED,
            "put a comment of the bot's back as it was",
        )
    assert front_door.bot_comments(number) == [offered]
    assert front_door.woken == []


def test_a_box_that_somebody_wrote_in_is_nobodys_command(front_door: FrontDoor) -> None:
    """Whoever may edit could else let a maintainer tick what they may not say themselves."""
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = offer(front_door, number, "Nothing to tick.")
    bait = "- [ ] Thank the bot <!-- do:stop -->"
    front_door.github.edit_comment(REPOSITORY, comment, "write", bait)
    front_door.github.tick(REPOSITORY, comment, "maintain", "do:stop")
    front_door.next_outcome("write")
    assert front_door.next_outcome("maintain").detail.startswith("put a comment")
    assert front_door.context.tasks.get(front_door.woken[0]).state is TaskState.QUEUED
    assert standing(front_door, number, comment).endswith("\nNothing to tick.")


def test_edits_that_come_in_the_wrong_order_end_with_the_bots_own_text(
    front_door: FrontDoor,
) -> None:
    number = front_door.issue()
    comment = offer(front_door, number)
    offered = standing(front_door, number, comment)
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "one")
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "two")
    first, second = front_door.next("maria"), front_door.next("maria")
    front_door.answer(*second)
    front_door.answer(*first)
    assert front_door.bot_comments(number) == [offered]


def test_what_the_bot_wrote_since_the_edit_stays(front_door: FrontDoor) -> None:
    number = front_door.issue()
    comment = offer(front_door, number)
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "mine")
    place = (front_door.installation_id, front_door.repository_id)
    front_door.app.kept_repository(*place, PERMISSIONS).edit_comment(comment, "newer")
    front_door.next_outcome("maria")
    assert front_door.bot_comments(number) == ["newer"]


def test_a_task_goes_by_the_text_as_it_was_posted(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix the tax")
    comment = front_door.last_comment_of(number, "maria")
    for text in ("/agent fix everything", "/agent fix nothing"):
        front_door.github.edit_comment(REPOSITORY, comment, "maria", text)
        assert front_door.next_outcome("maria").state is DeliveryState.REFUSED
    assert front_door.context.tasks.get(front_door.woken[0]).instruction == "the tax"
    _status, answer = front_door.bot_comments(number)
    assert "I use the text as it was when it was posted" in answer


def test_an_edit_starts_nothing_and_says_so(front_door: FrontDoor) -> None:
    number = front_door.issue()
    comment = front_door.github.comment(REPOSITORY, number, "maria", "Somebody should look.")
    front_door.next_outcome("maria")
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "/agent fix")
    assert front_door.next_outcome("maria").state is DeliveryState.REFUSED
    assert "An edit starts nothing" in front_door.bot_comments(number)[0]
    assert front_door.woken == []


def test_edits_that_start_nothing_are_answered_once(front_door: FrontDoor) -> None:
    number = front_door.issue()
    for words in ("One.", "Two."):
        comment = front_door.github.comment(REPOSITORY, number, "maria", words)
        front_door.next_outcome("maria")
        front_door.github.edit_comment(REPOSITORY, comment, "maria", "/agent fix")
        assert front_door.next_outcome("maria").state is DeliveryState.REFUSED
    assert len(front_door.bot_comments(number)) == 1


def test_an_edit_of_an_issues_text_starts_nothing_and_says_so(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.edit_issue(REPOSITORY, number, "maria", body="See.\n\n/agent fix")
    assert front_door.next_outcome("maria").state is DeliveryState.REFUSED
    assert "An edit starts nothing" in front_door.bot_comments(number)[0]


def test_an_edit_of_other_words_is_nobodys_business(front_door: FrontDoor) -> None:
    number = front_door.issue()
    comment = front_door.github.comment(REPOSITORY, number, "maria", "A typpo.\n/agent help")
    front_door.next_outcome("maria")
    front_door.github.edit_comment(REPOSITORY, comment, "maria", "A typo.\n/agent help")
    outcome = front_door.next_outcome("maria")
    assert (outcome.state, outcome.detail) == (DeliveryState.IGNORED, "no command was changed")
    assert len(front_door.bot_comments(number)) == 1
