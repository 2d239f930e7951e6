"""Judges what tests came to: solved is what passes by every rule, and by no less."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.gold import Gold
from evaluation.reports import Status, Statuses
from evaluation.results import Ran

_FILE = re.compile(r"[\w./-]+\.(?:py|[cm]?[jt]sx?|go)")
_NAMED = 20


@dataclass(frozen=True)
class Verdict:
    """Whether a task is solved, and why not; `invalid` says that the run proves nothing."""

    resolved: bool
    invalid: bool
    why: str
    fail_to_pass: str = ""
    """How many of them passed, as `3/3`."""
    pass_to_pass: str = ""
    not_passed: tuple[str, ...] = ()
    """Names of those that should have, the first of them."""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


def judge(gold: Gold, runs: Sequence[Ran]) -> Verdict:
    """Say whether everything that had to come to pass did, and nothing else was lost."""
    if why := _proves_nothing(gold, runs):
        return Verdict(resolved=False, invalid=True, why=why)
    statuses: Statuses = {}
    for ran in runs:
        statuses |= ran.statuses
    wanted = [one for one in gold.fail_to_pass if not came_to_pass(one, statuses)]
    kept = [one for one in gold.pass_to_pass if not stayed(one, statuses)]
    why = "" if not (wanted or kept) else _why(wanted, kept)
    return Verdict(
        resolved=not (wanted or kept),
        invalid=False,
        why=why,
        fail_to_pass=_share(gold.fail_to_pass, wanted),
        pass_to_pass=_share(gold.pass_to_pass, kept),
        not_passed=tuple([*wanted, *kept][:_NAMED]),
    )


def came_to_pass(name: str, statuses: Statuses) -> bool:
    """Say whether a test passed; of a file, all of its tests. Skipped is not passed."""
    found = _results(name, statuses)
    return bool(found) and all(status is Status.PASSED for status in found)


def stayed(name: str, statuses: Statuses) -> bool:
    """Say whether a test, or all of a file's, ran and did not fail."""
    found = _results(name, statuses)
    return bool(found) and Status.FAILED not in found


def _results(name: str, statuses: Statuses) -> list[Status]:
    if name in statuses:
        return [statuses[name]]
    if not _FILE.fullmatch(name):
        return []
    return [status for test, status in statuses.items() if test.partition("::")[0] == name]


def _proves_nothing(gold: Gold, runs: Sequence[Ran]) -> str:
    if not gold.fail_to_pass:
        return "the task names no test that has to come to pass"
    for ran in runs:
        if ran.timed_out:
            return f"`{ran.command}` came to no end within its time"
        if not ran.statuses:
            return f"`{ran.command}` left no report of any test (exit code {ran.exit_code})"
        failed = Status.FAILED in ran.statuses.values()
        if failed and ran.exit_code == 0:
            return f"`{ran.command}` reports a failed test and ended with exit code 0"
        if not failed and ran.exit_code != 0:
            return (
                f"`{ran.command}` reports no failed test and ended with exit code {ran.exit_code}"
            )
    return "" if runs else "nothing was run"


def _why(wanted: list[str], kept: list[str]) -> str:
    parts = [f"{len(wanted)} that should have come to pass did not"] if wanted else []
    parts += [f"{len(kept)} that passed before did not"] if kept else []
    return "; ".join(parts)


def _share(names: Sequence[str], missing: Sequence[str]) -> str:
    return f"{len(names) - len(missing)}/{len(names)}"
