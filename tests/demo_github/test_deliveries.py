"""Webhooks as they reach a bot: signed, once and in order, unless a test wants them otherwise."""

import hashlib
import hmac
import uuid
from collections.abc import Iterator

import pytest

from demo.github import deliveries
from tests.demo_github.conftest import World
from tests.demo_github.receiver import Receiver, receiver


@pytest.fixture
def bot(world: World) -> Iterator[Receiver]:
    with receiver() as received:
        world.github.set_webhook("patchbay", received.url)
        yield received


def test_a_delivery_is_signed_over_its_bytes(world: World, bot: Receiver) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug", "Prices are wrong ✓")
    (came,) = bot.wait_for(1)
    expected = "sha256=" + hmac.new(b"s" * 40, came.body, hashlib.sha256).hexdigest()
    assert came.headers["X-Hub-Signature-256"] == expected
    assert came.headers["X-GitHub-Event"] == "issues"
    assert str(uuid.UUID(came.headers["X-GitHub-Delivery"])) == came.headers["X-GitHub-Delivery"]
    assert came.headers["X-GitHub-Hook-Installation-Target-ID"] == str(world.app_id)
    assert came.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert came.headers["Content-Type"] == "application/json"
    body = came.json
    assert (body["action"], body["issue"]["title"]) == ("opened", "Bug")
    assert body["installation"]["id"] == world.installation_id
    assert body["sender"]["login"] == "ann"


def test_what_happens_is_told_in_the_order_in_which_it_happened(
    world: World, bot: Receiver
) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.comment("ann/shop", 1, "reader", "/agent fix")
    world.github.add_label("ann/shop", 1, "sorter", "agent:fix")
    world.github.close_issue("ann/shop", 1, "ann")
    what = [each.what for each in bot.wait_for(4)]
    assert what == ["issues.opened", "issue_comment.created", "issues.labeled", "issues.closed"]
    assert bot.requests[2].json["label"]["name"] == "agent:fix"


def test_an_app_hears_only_of_its_repositories_and_its_events(world: World, bot: Receiver) -> None:
    world.github.state.installation(world.installation_id).events.remove("issue_comment")
    world.github.open_issue("ann/other", "ann", "Elsewhere")
    world.github.open_issue("ann/shop", "ann", "Here")
    world.github.comment("ann/shop", 1, "ann", "unheard")
    world.github.close_issue("ann/shop", 1, "ann")
    what = [each.what for each in bot.wait_for(2)]
    assert what == ["issues.opened", "issues.closed"]


def test_a_failed_delivery_is_not_tried_again_but_can_be_asked_for(
    world: World, bot: Receiver
) -> None:
    bot.status = 500
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.wait_for_deliveries()
    listed = world.call("GET", "/app/hook/deliveries", world.jwt()).json()
    assert [each["status_code"] for each in listed if each["event"] == "issues"] == [500]
    failed = next(each for each in listed if each["event"] == "issues")
    assert len(bot.requests) == 1

    bot.status = 202
    path = f"/app/hook/deliveries/{failed['id']}"
    assert world.call("POST", f"{path}/attempts", world.jwt()).status_code == 202
    first, second = bot.wait_for(2)
    assert second.headers["X-GitHub-Delivery"] == first.headers["X-GitHub-Delivery"]
    assert second.body == first.body
    world.github.wait_for_deliveries()
    again = world.call("GET", "/app/hook/deliveries", world.jwt()).json()[0]
    assert (again["redelivery"], again["status"], again["guid"]) == (True, "OK", failed["guid"])
    shown = world.call("GET", path, world.jwt()).json()
    assert shown["request"]["payload"]["issue"]["title"] == "Bug"
    assert shown["response"]["payload"] == "thanks"


def test_a_bot_that_is_away_misses_deliveries_until_they_are_asked_for(world: World) -> None:
    with receiver() as gone:
        pass
    world.github.set_webhook("patchbay", gone.url)
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.wait_for_deliveries()
    (missed,) = world.github.deliveries("issues")
    assert (missed["status"], missed["status_code"]) == ("failed to connect to host", 502)
    with receiver() as back:
        world.github.set_webhook("patchbay", back.url)
        world.github.redeliver(missed["id"])
        assert back.wait_for(1)[0].headers["X-GitHub-Delivery"] == missed["guid"]


def test_a_bot_that_takes_too_long_is_given_up(
    world: World, bot: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deliveries.PATIENCE_S == 10
    monkeypatch.setattr(deliveries, "PATIENCE_S", 0.3)
    bot.may_answer.clear()
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.wait_for_deliveries()
    (slow,) = world.github.deliveries("issues")
    assert (slow["status"], slow["status_code"]) == ("timed out", 504)


def test_deliveries_can_come_twice(world: World, bot: Receiver) -> None:
    world.github.plan_deliveries(times=2)
    world.github.open_issue("ann/shop", "ann", "Bug")
    first, second = bot.wait_for(2)
    assert first.headers["X-GitHub-Delivery"] == second.headers["X-GitHub-Delivery"]
    assert first.body == second.body


def test_deliveries_can_come_late(world: World, bot: Receiver) -> None:
    world.github.plan_deliveries(delay_s=0.4)
    world.github.open_issue("ann/shop", "ann", "Late")
    world.github.plan_deliveries()
    world.github.comment("ann/shop", 1, "ann", "early")
    what = [each.what for each in bot.wait_for(2)]
    assert what == ["issue_comment.created", "issues.opened"]
    assert bot.requests[1].at - bot.requests[0].at > 0.2


def test_deliveries_can_come_out_of_order(world: World, bot: Receiver) -> None:
    world.github.plan_deliveries(hold=3)
    world.github.open_issue("ann/shop", "ann", "Bug")
    world.github.comment("ann/shop", 1, "ann", "/agent fix")
    world.github.close_issue("ann/shop", 1, "ann")
    world.github.comment("ann/shop", 1, "ann", "after")
    what = [each.what for each in bot.wait_for(4)]
    assert what[:3] == ["issues.closed", "issue_comment.created", "issues.opened"]


def test_deliveries_can_be_lost(world: World, bot: Receiver) -> None:
    world.github.plan_deliveries(drop=True)
    world.github.open_issue("ann/shop", "ann", "Lost")
    world.github.plan_deliveries()
    world.github.comment("ann/shop", 1, "ann", "found")
    assert [each.what for each in bot.wait_for(1)] == ["issue_comment.created"]
    assert world.github.deliveries("issues")[0]["status_code"] == 502


def test_the_bots_own_writes_come_back_with_a_bot_as_sender(world: World, bot: Receiver) -> None:
    world.github.open_issue("ann/shop", "ann", "Bug")
    path = "/repos/ann/shop/issues/1/comments"
    assert world.call("POST", path, world.token(), {"body": "On it"}).status_code == 201
    came = bot.wait_for(2)[1]
    assert came.what == "issue_comment.created"
    assert (came.json["sender"]["login"], came.json["sender"]["type"]) == ("patchbay[bot]", "Bot")
    assert came.json["comment"]["performed_via_github_app"]["slug"] == "patchbay"
