"""What a person writes into a pull request's text while a round renews it, is not lost."""

import pytest

from bot.comments.frame import LONGEST
from bot.comments.rounds import evidence_part, with_evidence
from bot.conversation import scope_of
from bot.events import IssueCommented
from bot.github_repository import GitHubRepository
from bot.handlers.refreshed import PERMISSIONS, text_key
from bot.payloads import parse
from bot.request import Outcome
from records.deliveries import DeliveryState
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


CLOSES = f"Closes #1\n\n{evidence_part('4 passed')}\n"


def meanwhile(on_pull: OnPullRequest, monkeypatch: pytest.MonkeyPatch, mine: str) -> None:
    """Let a person replace the text between the bot's next reading and writing of it."""
    write_body = GitHubRepository.update_pull_request_body

    def late(repository: GitHubRepository, number: int, text: str) -> None:
        monkeypatch.setattr(GitHubRepository, "update_pull_request_body", write_body)
        on_pull.door.github.edit_issue(REPOSITORY, number, "maria", body=mine)
        write_body(repository, number, text)

    monkeypatch.setattr(GitHubRepository, "update_pull_request_body", late)


@pytest.fixture
def closing(on_pull: OnPullRequest) -> OnPullRequest:
    """Let the pull request close its issue, with clean evidence."""
    write(on_pull, CLOSES, of_round=False)
    edited(on_pull)
    return on_pull


def test_what_a_person_wrote_while_something_was_undone_is_put_back_and_closes_nothing(
    closing: OnPullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(closing, monkeypatch, f"Read this first.\n\n{CLOSES}")
    closing.door.command(closing.number, "maria", "/agent undo tax.py")
    assert edited(closing).detail == "put back what somebody had written meanwhile"
    text = body(closing)
    assert text.startswith("Read this first.\n\nRefs #1")
    assert "The evidence is of" in text
    assert edited(closing).detail == "a bot's doing", "what is put back is not put back again"


def test_an_undo_takes_nothing_away_where_nobody_wrote(closing: OnPullRequest) -> None:
    closing.door.command(closing.number, "maria", "/agent undo tax.py")
    assert edited(closing).detail == "nothing was taken away"
    assert body(closing).startswith("Refs #1")


def test_an_undo_is_said_though_github_takes_no_new_text(closing: OnPullRequest) -> None:
    closing.door.github.fault("pulls/update", status=422, count=None)
    closing.door.command(closing.number, "maria", "/agent undo tax.py")
    assert "Taken back in" in closing.words()[-1]
    last = closing.door.last_comment_of(closing.number, "maria")
    assert closing.door.reactions(last) == ["hooray"]


def test_a_long_text_is_fitted(closing: OnPullRequest) -> None:
    write(closing, CLOSES + "A long line.\n" * 5_030, of_round=False)
    closing.door.command(closing.number, "maria", "/agent undo tax.py")
    assert "The evidence is of" in body(closing)
    assert len(body(closing)) <= LONGEST


def test_an_undo_of_an_earlier_version_is_only_said_again(closing: OnPullRequest) -> None:
    door = closing.door
    door.github.comment(REPOSITORY, closing.number, "maria", "/agent undo last")
    event, delivery = door.next("maria")
    told, scope = parse(event, delivery), scope_of(door.repository_id, closing.number)
    assert isinstance(told, IssueCommented)
    old = {"sha": closing.head, "paths": ["tax.py"]}
    door.context.effects.once(scope, f"undo:{told.key}", do=lambda: old, look=lambda: None)
    assert door.answer(event, delivery).state is DeliveryState.HANDLED
    assert "Taken back in" in closing.words()[-1]
