"""Says of a check that failed on the bot's commit what kind of failure it is; touches nothing.

In this order: it fails on the base too; something other than the code broke; it may be chance, so
it is run again once; else the code is to blame.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.github_checks import ACTIONS, CheckRun


class Kind(StrEnum):
    """Why a check failed."""

    KNOWN = "already failing on base"
    OUTSIDE = "infrastructure"
    CHANCE = "flaky"
    CODE = "code"


@dataclass(frozen=True)
class Failure:
    """A check that failed, why, and what tells so."""

    run: CheckRun
    kind: Kind
    why: str


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the run that failed."""

    on_base: Collection[str]
    """The names of the checks that fail on the commit that the change is based on."""
    on_head: Sequence[CheckRun]
    """Every run on the same commit, those that were run again too."""
    said: Callable[[CheckRun], str]
    """Gives the remarks of a run and the end of its log; text that nobody has checked."""
    flaky_tests: Collection[str] = ()
    """Tests that were seen to fail and to pass on the same code, when the bot ran them."""
    clean: bool = False
    """Whether the bot's own run of the project's checks on this very change was clean."""
    may_run_again: bool = False
    """Whether the App may run workflows again."""


_NOT_RUN = frozenset({"cancelled", "startup_failure", "stale", "action_required"})
"""Conclusions of a check that never came to judge the code."""
_OUTSIDE = re.compile(
    r"the job was not started because|spending limit|recent account payments|billing"
    r"|runner has received a shutdown signal|lost communication with the server"
    r"|no space left on device|the hosted runner|runner .{0,60} was (?:lost|terminated)"
    r"|failed to download action|unable to resolve action|service unavailable",
    re.IGNORECASE,
)
_NETWORK = re.compile(
    r"could not resolve host|temporary failure in name resolution|eai_again|econnreset|etimedout"
    r"|connection (?:reset by peer|timed out)|tls handshake timeout|429 too many requests",
    re.IGNORECASE,
)
_SHORTEST_NAME = 6
MOST_READ = 10
"""Logs that are read to answer one event; the intake has others waiting."""


def failures(runs: Sequence[CheckRun], around: Surroundings) -> tuple[Failure, ...]:
    """Judge every run that failed, and read the logs of ten at most: each takes a second or so.

    The others are the code's fault where one of those is, and else nothing is said of them.
    """
    found, unread = list[Failure](), list[CheckRun]()
    left = MOST_READ
    for run in (run for run in runs if run.failed):
        if one := _by_its_name(run, around):
            found.append(one)
        elif left:
            left -= 1
            found.append(_by_its_log(run, around))
        else:
            unread.append(run)
    if worst(found) is Kind.CODE:
        why = f"it fails too, and I read the logs of {MOST_READ} checks only"
        found += [Failure(run, Kind.CODE, why) for run in unread]
    return tuple(found)


def worst(found: Sequence[Failure]) -> Kind | None:
    """Return what is to be done about all of them; None where nothing failed."""
    kinds = {one.kind for one in found}
    return next(
        (kind for kind in (Kind.CODE, Kind.CHANCE, Kind.OUTSIDE, Kind.KNOWN) if kind in kinds), None
    )


def _by_its_name(run: CheckRun, around: Surroundings) -> Failure | None:
    if run.name in around.on_base:
        return Failure(run, Kind.KNOWN, "it fails on the base as well")
    if run.conclusion in _NOT_RUN:
        return Failure(run, Kind.OUTSIDE, f"it ended as `{run.conclusion}`")
    return None


def _by_its_log(run: CheckRun, around: Surroundings) -> Failure:
    said = around.said(run)
    if found := _OUTSIDE.search(said):
        return Failure(run, Kind.OUTSIDE, f"it says “{found[0]}”")
    if why := _chance(run, said, around):
        return Failure(run, Kind.CHANCE, why)
    again = " again, after it was run once more" if _was_repeated(run, around) else ""
    return Failure(run, Kind.CODE, f"it fails{again}, and did not on the base")


def _chance(run: CheckRun, said: str, around: Surroundings) -> str:
    """Return what speaks for chance, or nothing; what was run again is beyond that."""
    if _was_repeated(run, around):
        return ""
    others = [one for one in around.on_head if (one.name, one.app) == (run.name, run.app)]
    if any(one.conclusion == "success" for one in others):
        return "it has passed on the same commit"
    for test in around.flaky_tests:
        if len(test) >= _SHORTEST_NAME and test in said:
            return "it names a test that passes and fails on the same code"
    if found := _NETWORK.search(said):
        return f"it says “{found[0]}”"
    if around.clean and around.may_run_again and run.app == ACTIONS:
        return "the bot's own run of the checks on this commit was clean"
    return ""


def _was_repeated(run: CheckRun, around: Surroundings) -> bool:
    same = [
        one
        for one in around.on_head
        if (one.name, one.app, one.suite_id) == (run.name, run.app, run.suite_id)
    ]
    return len(same) > 1
