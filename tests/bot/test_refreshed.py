"""What a person writes into a pull request's text while a round renews it, is not lost."""

import pytest

from bot.comments.rounds import evidence_part, with_evidence
from bot.conversation import scope_of
from bot.handlers.refreshed import PERMISSIONS, text_key
from bot.request import Outcome
from tests.bot.conftest import REPOSITORY
from tests.bot.own_pull import OnPullRequest, on_pull

__all__ = ["on_pull"]

BOT = "patchbay-demo[bot]"
OLD = f"Refs #1\n\n{evidence_part('1 failed')}\n"
MINE = f"Refs #1, and read this first.\r\n\r\n{evidence_part('1 failed')}\n"
NEW = with_evidence(OLD, "4 passed")


def body(on_pull: OnPullRequest) -> str:
    door = on_pull.door
    repository = door.app.kept_repository(door.installation_id, door.repository_id, PERMISSIONS)
    return repository.reviews(on_pull.number).opened().body


def write(on_pull: OnPullRequest, text: str, *, of_round: bool = True) -> None:
    """Replace the text as a round does, which read it some time ago."""
    door = on_pull.door
    if of_round:
        scope = scope_of(door.repository_id, on_pull.number)
        door.context.effects.once(scope, text_key(text), do=dict, look=lambda: None)
    repository = door.app.kept_repository(door.installation_id, door.repository_id, PERMISSIONS)
    repository.update_pull_request_body(on_pull.number, text)


def edited(on_pull: OnPullRequest) -> Outcome:
    """Handle the bot's next edit of the text."""
    while True:
        event, delivery = on_pull.door.next(BOT)
        outcome = on_pull.door.answer(event, delivery)
        if event == "pull_request" and b'"action":"edited"' in delivery.replace(b" ", b""):
            return outcome


@pytest.fixture
def renewed(on_pull: OnPullRequest) -> OnPullRequest:
    """Let a round have read the text, and a person have changed it since."""
    write(on_pull, OLD, of_round=False)
    assert edited(on_pull).detail == "a bot's doing"
    on_pull.door.github.edit_issue(REPOSITORY, on_pull.number, "maria", body=MINE)
    return on_pull


def test_what_a_person_wrote_meanwhile_is_put_back_with_the_new_evidence(
    renewed: OnPullRequest,
) -> None:
    write(renewed, NEW)
    assert edited(renewed).detail == "put back what somebody had written meanwhile"
    assert body(renewed) == with_evidence(MINE, "4 passed")
    assert edited(renewed).detail == "a bot's doing", "what is put back is not put back again"
    assert body(renewed) == with_evidence(MINE, "4 passed")


def test_a_text_that_was_edited_since_is_left_alone(renewed: OnPullRequest) -> None:
    write(renewed, NEW)
    renewed.door.github.edit_issue(REPOSITORY, renewed.number, "maria", body="Mine alone.")
    assert edited(renewed).detail == "somebody has edited the text since"
    assert body(renewed) == "Mine alone."


def test_what_no_round_wrote_is_nobodys_loss(renewed: OnPullRequest) -> None:
    write(renewed, NEW, of_round=False)
    assert edited(renewed).detail == "a bot's doing"
    assert body(renewed) == NEW
