"""Who may start something, and who only seems to: what outsiders, bots and look-alikes try."""

import json
from dataclasses import replace

import pytest

from bot.github_app import GitHubApp
from records.deliveries import DeliveryState
from records.pacing import Pace, Pacing
from tests.bot.conftest import REPOSITORY, FrontDoor
from tests.bot.own_pull import OnPullRequest
from tests.bot.project_repository import say
from tests.bot.test_retry import failed

BOT = "patchbay-demo[bot]"


@pytest.mark.parametrize("association", ["OWNER", "MEMBER", "COLLABORATOR"])
def test_az02_what_somebody_is_said_to_be_is_not_what_they_may(
    front_door: FrontDoor, association: str
) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "read", "/agent fix")
    event, body = front_door.next("read")
    payload = json.loads(body)
    payload["comment"]["author_association"] = association
    payload["issue"]["author_association"] = association
    outcome = front_door.answer(event, json.dumps(payload).encode())
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.woken == []


@pytest.mark.parametrize("login", ["none", "stranger"])
def test_az04_a_label_that_a_form_sets_for_an_outsider_starts_nothing(
    front_door: FrontDoor, login: str
) -> None:
    front_door.github.set_repository(REPOSITORY, private=False)
    if login == "stranger":
        front_door.github.create_user(login)
    number = front_door.github.open_issue(REPOSITORY, login, "Tax", "See.")
    front_door.next_outcome(login)
    # Whatever sets the label at opening does it in the name of whoever opens.
    front_door.github.add_label(REPOSITORY, number, "maria", "agent:fix")
    event, body = front_door.next("maria")
    payload = json.loads(body)
    payload["sender"] = front_door.github.user(login)
    outcome = front_door.answer(event, json.dumps(payload).encode())
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_az06_two_bots_do_not_talk_to_each_other(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.create_user("other[bot]", kind="Bot")
    front_door.github.add_collaborator(REPOSITORY, "other[bot]", "admin")
    for _ in range(3):
        for login in ("other[bot]", BOT):
            outcome = front_door.command(number, login, "/agent help")
            assert outcome.state is DeliveryState.IGNORED
    assert len(front_door.github.comments(REPOSITORY, number)) == 6
    assert front_door.woken == []


def test_az06_a_tick_of_a_bot_is_none(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    comment = front_door.last_comment_of(number, BOT)
    front_door.github.edit_comment(REPOSITORY, comment, BOT, "- [ ] Stop <!-- do:stop -->")
    front_door.next_outcome(BOT)
    front_door.github.tick(REPOSITORY, comment, BOT, "do:stop")
    assert front_door.next_outcome(BOT).state is DeliveryState.IGNORED
    assert not front_door.context.tasks.get(front_door.woken[0]).stop_requested_by


@pytest.mark.parametrize("login", ["Maria", "MARIA"])
def test_az09_an_account_is_its_number_however_it_is_written(
    front_door: FrontDoor, login: str
) -> None:
    """The sender's login in other letters is the same account; another number is another one."""
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    other = front_door.github.user("read")["id"]
    payload = json.loads(body)
    payload["sender"] |= {"login": login, "id": other}
    outcome = front_door.answer(event, json.dumps(payload).encode())
    assert outcome.state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_what_a_role_is_called_counts_no_further_than_what_it_is(front_door: FrontDoor) -> None:
    """A role of an organisation's own may be called admin, and be built on read."""
    number = front_door.issue()
    front_door.github.fault(
        "repos/get-collaborator-permission-level",
        status=200,
        body=json.dumps(
            {
                "permission": "read",
                "role_name": "maintain",
                "user": front_door.github.user("read"),
            }
        ),
        count=None,
    )
    assert front_door.command(number, "read", "/agent fix").state is DeliveryState.REFUSED
    assert front_door.woken == []


def test_the_role_of_each_is_its_own(front_door: FrontDoor) -> None:
    number = front_door.issue()
    say(front_door, "version: 1\nwho:\n  each: write\n  batch: admin\n")
    assert front_door.command(number, "write", "/agent each").detail != "write has write access"
    assert front_door.command(number, "maintain", "/agent batch #1").detail.endswith("access")


def test_to_try_again_takes_the_role_of_what_is_tried_again(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.command(number, "maria", "/agent fix")
    failed(front_door, number)
    say(front_door, "version: 1\nwho:\n  fix: maintain\n")
    outcome = front_door.command(number, "write", "/agent retry")
    assert (outcome.state, outcome.detail) == (DeliveryState.REFUSED, "write has write access")
    assert front_door.command(number, "maintain", "/agent retry").state is DeliveryState.HANDLED


def test_nobody_may_what_a_file_with_mistakes_may_ask_more_for(on_pull: OnPullRequest) -> None:
    door = on_pull.door
    say(door, "version: 1\nwho:\n  autofix: nobody\n")
    outcome = door.command(on_pull.number, "maria", "/agent autofix off")
    assert outcome.detail == ".github/agent.yml has mistakes"
    assert door.context.tasks.pulls.get(door.repository_id, on_pull.number).autofix is None
    assert "line 3" in on_pull.words()[-1]
    assert door.command(on_pull.number, "maria", "/agent config").state is DeliveryState.HANDLED


def test_who_may_much_is_told_of_each_verb(front_door: FrontDoor) -> None:
    number = front_door.issue()
    for command in ("/agent batch #1", "/agent budget +$1", "/agent batch #2"):
        front_door.command(number, "write", command)
        front_door.command(number, "read", command)
    # Two for the writer, and one for whoever may only read.
    assert len(front_door.bot_comments(number)) == 3


@pytest.mark.parametrize("text", ["/agent fix", "/agent help"])
def test_az01_an_outsider_does_not_use_up_the_writes_that_the_work_needs(
    front_door: FrontDoor, text: str
) -> None:
    pace = Pace(apart_s=0.0, a_minute=1_000, an_hour=12)
    app = front_door.app
    paced = GitHubApp(
        app._app_id,
        app._private_key,
        front_door.github.api_url,
        pacing=Pacing(front_door.context.effects._database, pace),
    )
    front_door.context = replace(front_door.context, github=paced)
    number = front_door.issue()
    reactions = []
    for _ in range(12):
        front_door.command(number, "read", text)
        comment = front_door.last_comment_of(number, "read")
        reactions += front_door.reactions(comment)
    assert 0 < len(reactions) < 9
    assert front_door.command(number, "maria", "/agent fix").state is DeliveryState.HANDLED
    assert front_door.reactions(front_door.last_comment_of(number, "maria")) == ["eyes"]
    assert "### ⏳ Queued" in front_door.bot_comments(number)[-1]
