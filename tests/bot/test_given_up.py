"""A command that nobody could answer, however often it was tried, is not passed over in silence."""

from jobs.handle_delivery import Intake, handle_delivery
from records.deliveries import Deliveries
from tests.bot.conftest import REPOSITORY, FrontDoor


def test_a_command_that_is_given_up_is_answered_once(front_door: FrontDoor) -> None:
    number = front_door.issue()
    front_door.github.comment(REPOSITORY, number, "maria", "/agent fix")
    event, body = front_door.next("maria")
    deliveries = Deliveries(front_door.context.tasks._database, hold_s=-1.0)
    deliveries.store("guid", event, body)
    for _ in range(5):
        assert deliveries.begin("guid"), "each time, its process ended"
    for _ in range(2):
        handle_delivery("guid", Intake(deliveries, front_door.context))
    (said,) = front_door.bot_comments(number)
    assert "something went wrong on my side" in said
    assert front_door.woken == []
