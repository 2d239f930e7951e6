"""Runs again, alone, what newly fails on a change: a test that passes then is called flaky."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from jobs.evidence.cases import Cases, as_flaky
from jobs.evidence.check import Check
from jobs.evidence.evidence import CaseState, Verdict
from jobs.evidence.outcome import Outcome, State
from jobs.evidence.probe import LEAST_S, Box, Probe
from jobs.evidence.recipe import alone

MOST_TESTS = 10
"""So many that fail at once are no accident, and are not run again."""
MOST_S = 120.0
"""Where single tests cannot be asked for, no check that took longer is run again."""
_SHORTEST_S = 30.0
_NAMED = 3


@dataclass
class SecondRun:
    """The second runs of one change: each command once, in a box that nothing ran in."""

    open: Callable[[], AbstractContextManager[Box]]
    deadline: float
    _seen: dict[str, Outcome] = field(default_factory=dict)

    def look(
        self, check: Check, first: Outcome, cases: Cases | None, note: str
    ) -> tuple[Verdict, str, Cases | None]:
        """Return what is to be said of a newly failing check after a second run, if it gets one."""
        unchanged = Verdict.NEWLY_FAILING, note, cases
        group = (cases or {}).get(Verdict.NEWLY_FAILING)
        if first.state is not State.FAILED or (group and group.count > MOST_TESTS):
            return unchanged
        if group is None or cases is None:
            again = self._run(check, check.command, first)
            if again is None or again.state is not State.PASSED:
                return unchanged
            return Verdict.FLAKY, "it failed, and passed when it was run again", cases
        again = self._run(check, alone(check, group.names) or check.command, first)
        ended = again.cases if again else {}
        passed = [name for name in group.names if ended.get(name) is CaseState.PASSED]
        if not passed:
            return unchanged
        cases = as_flaky(cases, passed)
        if Verdict.NEWLY_FAILING in cases:
            return Verdict.NEWLY_FAILING, note, cases
        more = f" and {len(passed) - _NAMED} more" if len(passed) > _NAMED else ""
        return Verdict.FLAKY, f"failed, and passed alone: {', '.join(passed[:_NAMED])}{more}", cases

    def _run(self, check: Check, command: str, first: Outcome) -> Outcome | None:
        """Run a command unless it was, or would take too long."""
        left = self.deadline - time.monotonic()
        if left < LEAST_S or (command == check.command and first.side.seconds > MOST_S):
            return None
        if command not in self._seen:
            most_s = min(check.timeout_s, max(_SHORTEST_S, 2 * first.side.seconds))
            with self.open() as box:
                probe = Probe(box, self.deadline)
                self._seen[command] = probe.run(replace(check, command=command, timeout_s=most_s))
        return self._seen[command]
