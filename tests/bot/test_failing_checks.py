"""Why a check fails: known on the base, something other than the code, chance, or the code."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bot.failing_checks import MOST_READ, Kind, Surroundings, failures, worst
from bot.github_api import GitHubApi
from bot.github_checks import ACTIONS, CheckRun, GitHubChecks

RED = "FAILED tests/test_tax.py::test_rounding - assert 1 == 2"
RUN = CheckRun(7, "test", ACTIONS, 3, "completed", "failure", "", "", "")


def kind(run: CheckRun = RUN, said: str = RED, *others: CheckRun, **more: object) -> Kind:
    around = Surroundings((), (run, *others), lambda _: said)
    (found,) = failures((run,), replace(around, **more))  # type: ignore[arg-type]
    return found.kind


def test_what_nothing_else_explains_is_the_codes_fault() -> None:
    assert kind() is Kind.CODE
    assert kind(said="") is Kind.CODE
    assert kind(replace(RUN, conclusion="timed_out")) is Kind.CODE


def test_a_check_that_fails_on_the_base_is_known() -> None:
    assert kind(on_base={"test"}) is Kind.KNOWN
    assert kind(on_base={"lint"}) is Kind.CODE


@pytest.mark.parametrize("conclusion", ["cancelled", "startup_failure", "stale", "action_required"])
def test_a_check_that_never_judged_the_code_is_outside(conclusion: str) -> None:
    assert kind(replace(RUN, conclusion=conclusion)) is Kind.OUTSIDE


@pytest.mark.parametrize(
    "said",
    [
        "The job was not started because recent account payments have failed",
        "The runner has received a shutdown signal.",
        "The hosted runner lost communication with the server.",
        "tar: write error: No space left on device",
        "Error: Failed to download action 'https://api.github.com/…'",
    ],
)
def test_runners_disks_and_accounts_that_give_out_are_outside(said: str) -> None:
    assert kind(said=f"{RED}\n{said}") is Kind.OUTSIDE


@pytest.mark.parametrize(
    "said", ["getaddrinfo EAI_AGAIN registry", "Could not resolve host: pypi.org", "ECONNRESET"]
)
def test_a_network_that_fails_is_chance(said: str) -> None:
    assert kind(said=said) is Kind.CHANCE


def test_what_passed_on_the_same_commit_is_chance() -> None:
    passed = replace(RUN, id=6, suite_id=2, conclusion="success")
    assert kind(RUN, RED, passed) is Kind.CHANCE
    assert kind(RUN, RED, replace(passed, name="lint")) is Kind.CODE


def test_a_test_that_was_seen_to_be_flaky_is_chance_if_the_log_names_it() -> None:
    assert kind(flaky_tests={"tests/test_tax.py::test_rounding"}) is Kind.CHANCE
    assert kind(flaky_tests={"tests/test_tax.py::test_other"}) is Kind.CODE
    assert kind(flaky_tests={"test"}) is Kind.CODE


def test_a_clean_run_of_the_bots_own_is_doubt_only_where_it_can_be_tried() -> None:
    assert kind(clean=True, may_run_again=True) is Kind.CHANCE
    assert kind(clean=True, may_run_again=False) is Kind.CODE
    assert kind(replace(RUN, app="other-ci"), clean=True, may_run_again=True) is Kind.CODE


def test_what_was_run_again_is_no_chance_any_more() -> None:
    before = replace(RUN, id=6)
    assert kind(RUN, "ECONNRESET", before, clean=True, may_run_again=True) is Kind.CODE


def test_of_several_failures_the_one_that_asks_for_most_counts() -> None:
    around = Surroundings({"lint"}, (), lambda _: RED)
    lint = replace(RUN, id=8, name="lint")
    found = failures((RUN, lint, replace(RUN, conclusion="success")), around)
    assert [one.kind for one in found] == [Kind.CODE, Kind.KNOWN]
    assert worst(found) is Kind.CODE
    assert worst(found[1:]) is Kind.KNOWN
    assert worst(()) is None


@pytest.mark.parametrize(
    ("said", "judged"), [(RED, {Kind.CODE: 60}), ("ECONNRESET", {Kind.CHANCE: MOST_READ})]
)
def test_of_very_many_failures_the_logs_of_a_few_are_read(
    said: str, judged: dict[Kind, int]
) -> None:
    read: list[str] = []

    def log_of(run: CheckRun) -> str:
        read.append(run.name)
        return said

    runs = [replace(RUN, id=number, name=f"test {number}") for number in range(60)]
    known = [replace(RUN, id=number, name="lint") for number in range(60, 90)]
    found = failures((*known, *runs), Surroundings({"lint"}, (), log_of))
    assert len(read) == MOST_READ
    assert Counter(one.kind for one in found) == judged | {Kind.KNOWN: 30}


def test_every_check_of_a_commit_is_looked_at_however_many_there_are() -> None:
    runs = [{"id": number, "name": f"job {number}"} for number in range(1, 151)]

    class Api(GitHubApi):
        def __init__(self) -> None:
            """Nothing of it but what is below is used."""

        def get(self, path: str, **asked: str | int) -> Any:
            assert path.endswith("/commits/main/check-runs")
            first = (int(asked["page"]) - 1) * 100
            return {"check_runs": runs[first : first + 100]}

    found = GitHubChecks(Api(), "/repos/acme/shop").of_commit("main")
    assert [run.id for run in found] == list(range(1, 151))
