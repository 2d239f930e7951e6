"""What GitHub could not deliver is fetched from it, once, and handled like all else."""

import json
import time
from pathlib import Path

import pytest

from jobs.handle_delivery import Intake, handle_delivery
from jobs.missed_deliveries import LOOKS_BACK_S, MissedDeliveries
from records.database import open_database
from records.deliveries import Deliveries, DeliveryState
from tests.bot.conftest import REPOSITORY, FrontDoor


class Bell:
    """A bell whose rings can be counted."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring_delivery(self, delivery_id: str) -> None:
        self.rung.append(delivery_id)


@pytest.fixture
def deliveries(front_door: FrontDoor, tmp_path: Path) -> Deliveries:
    del front_door  # it made the database
    return Deliveries(open_database(f"sqlite:///{tmp_path / 'records.db'}"))


@pytest.fixture
def bell() -> Bell:
    return Bell()


def _while_nobody_listens(front_door: FrontDoor, *texts: str) -> int:
    number = front_door.issue()
    front_door.github.plan_deliveries(drop=True)
    for text in texts:
        front_door.github.comment(REPOSITORY, number, "maria", text)
    front_door.github.plan_deliveries()
    return number


def test_commands_of_an_outage_are_carried_out_once_and_in_their_order(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    number = _while_nobody_listens(front_door, "/agent fix this", "/agent status")
    missed = MissedDeliveries(front_door.app, deliveries, bell)
    missed.sweep()
    missed.sweep()
    assert len(bell.rung) == len(set(bell.rung)) == 2
    intake = Intake(deliveries, front_door.context)
    for delivery_id in bell.rung:
        handle_delivery(delivery_id, intake)
    done = [deliveries.get(delivery_id) for delivery_id in bell.rung]
    assert [one.state for one in done if one] == [DeliveryState.HANDLED] * 2
    assert len(front_door.woken) == 1
    working, status = front_door.bot_comments(number)
    assert "### ⏳ Queued" in working
    assert front_door.woken[0] in status


def test_what_arrived_is_not_fetched(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    front_door.command(front_door.issue(), "maria", "/agent status")
    MissedDeliveries(front_door.app, deliveries, bell).sweep()
    assert bell.rung == []


def test_what_was_stored_before_the_answer_was_lost_is_not_fetched(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    _while_nobody_listens(front_door, "/agent fix")
    lost = front_door.github.state.deliveries[-1]
    assert deliveries.store(lost.guid, lost.event, lost.body)
    MissedDeliveries(front_door.app, deliveries, bell).sweep()
    assert bell.rung == []


def test_the_command_of_the_day_before_yesterday_is_left_alone(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    _while_nobody_listens(front_door, "/agent fix")
    later = time.time() + LOOKS_BACK_S + 60
    MissedDeliveries(front_door.app, deliveries, bell, now=lambda: later).sweep()
    assert bell.rung == []
    MissedDeliveries(front_door.app, deliveries, bell).sweep()
    assert len(bell.rung) == 1


def test_all_of_many_pages_are_fetched(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    _while_nobody_listens(front_door, *(f"Number {number}." for number in range(130)))
    MissedDeliveries(front_door.app, deliveries, bell).sweep()
    stored = [deliveries.get(delivery_id) for delivery_id in bell.rung]
    bodies = [json.loads(one.payload)["comment"]["body"] for one in stored if one]
    assert bodies == [f"Number {number}." for number in range(130)]


def test_while_github_is_away_nothing_counts_as_looked_at(
    front_door: FrontDoor, deliveries: Deliveries, bell: Bell
) -> None:
    _while_nobody_listens(front_door, "/agent fix")
    missed = MissedDeliveries(front_door.app, deliveries, bell)
    for operation in ("apps/get-webhook-delivery", "apps/list-webhook-deliveries"):
        front_door.github.fault(operation, status=403)
        missed.sweep()
        assert bell.rung == []
    missed.sweep()
    assert len(bell.rung) == 1
