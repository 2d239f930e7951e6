"""The switches of a test: faults, the clock, and how deliveries go out."""

import time
from collections.abc import Callable
from typing import Any

from demo.github.acts.announce import redeliver, release
from demo.github.faults import Fault
from demo.github.present.apps import full_delivery_json
from demo.github.pull_handle import PullHandle

Json = dict[str, Any]
LOOK_AGAIN_S = 0.25


class Switches(PullHandle):
    """A hand that can also make things go wrong."""

    def fault(self, operation: str, **how: Any) -> None:
        """Make an operation fail: see `Fault` for what can go wrong."""
        self.state.faults.add(Fault(operation, **how))

    def faults(self) -> list[Json]:
        """Show the faults that nothing has met yet."""
        return self.state.faults.listed()

    def clear_faults(self) -> None:
        """Let everything work."""
        self.state.faults.clear()

    def advance_clock(self, seconds: float) -> None:
        """Move the clock of this GitHub, forwards or back; tokens run out by it."""
        with self.state.lock:
            self.state.clock_shift_s += seconds

    def lag_reads(self, seconds: float) -> None:
        """Let reads show a new or moved branch, pull request or comment this much later."""
        with self.state.lock:
            self.state.read_lag_s = seconds

    def plan_deliveries(
        self, *, times: int = 1, delay_s: float = 0.0, hold: int = 0, drop: bool = False
    ) -> None:
        """Let deliveries come several times, late, the next `hold` last first, or not at all."""
        with self.state.lock:
            plan = self.state.delivery_plan
            plan.times, plan.delay_s, plan.hold, plan.drop = times, delay_s, hold, drop

    def release_deliveries(self) -> None:
        """Send what is held back, last first."""
        with self.state.lock:
            release(self.state)

    def deliveries(self, event: str | None = None) -> list[Json]:
        """Show all deliveries with what was sent and answered, oldest first."""
        with self.state.lock:
            return [
                full_delivery_json(each)
                for each in self.state.deliveries
                if event in {None, each.event}
            ]

    def redeliver(self, delivery_id: int) -> int:
        """Send a delivery again under the same GUID, and give the new delivery's id."""
        with self.state.lock:
            found = next(each for each in self.state.deliveries if each.id == delivery_id)
            return redeliver(self.state, found).id

    def wait_for_deliveries(self, timeout_s: float = 15.0) -> None:
        """Wait until nothing is on its way."""

        def quiet() -> bool:
            held = self.state.delivery_plan.held
            return not any(
                each.status == "pending" and each not in held for each in self.state.deliveries
            )

        self.wait_until(quiet, timeout_s, "deliveries are still on their way")

    def wait_until(
        self, check: Callable[[], Any], timeout_s: float = 15.0, what: str = "it did not happen"
    ) -> Any:
        """Wait until a check gives something true, looking after every request and delivery."""
        deadline = time.monotonic() + timeout_s
        with self.state.changed:
            while True:
                found = check()
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{what} within {timeout_s:g} s")
                self.state.changed.wait(min(left, LOOK_AGAIN_S))
