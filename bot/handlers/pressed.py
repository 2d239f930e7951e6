"""Takes the buttons of the bot's check run for the commands that they stand for."""

from bot.check_events import AGAIN
from bot.commands import Address, Approve, Ci, Reject, Retry, Stop, type_of_command
from bot.comments import checks

BUTTONS: dict[str, type_of_command] = {
    checks.STOP: Stop(),
    checks.ADDRESS: Address(),
    checks.CI: Ci(),
    checks.RETRY: Retry(),
    AGAIN: Retry(),
    checks.APPROVE: Approve(""),
    checks.REJECT: Reject(),
}
"""What each button says; whoever presses it needs the same role as for the command."""
