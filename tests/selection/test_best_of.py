"""What becomes of a job whose attempts end, fail, are chosen already, or have to stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from jobs.agent import Budget, Outcome
from jobs.agent.task import Ending
from jobs.attempts.best_of import BestOf
from jobs.attempts.choice import CHOICE
from jobs.checkout import Base
from jobs.evidence.evidence import Evidence, Verdict
from jobs.job import Job
from jobs.repository.snapshot import Snapshot
from jobs.sandbox import SandboxError
from jobs.solution import Solution
from jobs.watch import Halt
from jobs.workplace import Workplace
from records.task import LeaseLost, Progress
from tests.agent.conftest import project
from tests.jobs.conftest import MakeJob, database, make_job, services
from tests.selection.given import change, evidence, row

__all__ = ["database", "make_job", "project", "services"]

Attempt = Callable[[Job], Solution]
PASSES = row(Verdict.PASSES)
BREAKS = row(Verdict.NEWLY_FAILING, "a")


class Place:
    """A workplace in which nothing is run."""

    environment = None

    def __init__(self, base: Snapshot) -> None:
        self.base = Base(base.mirror, base.sha, "main")

    def sandbox(self) -> Any:
        raise AssertionError("nothing was to be run")


def solution(text: str, measured: Evidence, outcome: Outcome = Outcome.RESOLVED) -> Solution:
    return Solution(Ending(outcome, None, "It is done."), change(text), evidence=measured)


@pytest.fixture
def best_of(make_job: MakeJob, project: Snapshot) -> Callable[..., Solution]:
    """Run attempts that the test decides, in a job of its own or in a later one of it."""

    def run(*attempts: Attempt, job: Job | None = None) -> Solution:
        given = job or make_job()
        given = replace(given, task=replace(given.task, wanted_attempts=len(attempts)))

        def attempt(one: Job) -> Solution:
            return attempts[one.attempt - 1](one)

        place = cast("Workplace", Place(project))
        return BestOf(given, place, attempt, Budget()).solve()

    return run


def gives(found: Solution) -> Attempt:
    return lambda _job: found


def fails(error: Exception) -> Attempt:
    def attempt(_job: Job) -> Solution:
        raise error

    return attempt


def test_what_was_measured_of_the_chosen_one_is_the_tasks(
    best_of: Callable[..., Solution], make_job: MakeJob
) -> None:
    job = make_job()
    good = solution("good\n", evidence(PASSES))
    found = best_of(gives(solution("bad\n", evidence(BREAKS))), gives(good), job=job)
    assert found is good
    stored = job.services.tasks.get(job.task.id).evidence
    assert stored
    assert stored["clean"]
    [choice] = [entry for kind, entry in job.log.entries() if kind == CHOICE]
    assert (choice["chosen"], choice["why"]) == (2, "it breaks the fewest tests")
    assert ["+bad" in one["diff"] for one in choice["candidates"]] == [True, False]


def test_the_same_patch_twice_needs_no_model(best_of: Callable[..., Solution]) -> None:
    other, same = (solution(text, evidence(PASSES)) for text in ("one\n", "two\n"))
    assert best_of(gives(other), gives(same), gives(same)) is same


def test_a_choice_on_record_is_not_made_again(
    best_of: Callable[..., Solution], make_job: MakeJob
) -> None:
    job = make_job()
    job.log.record(CHOICE, {"chosen": 2}, lambda _: Progress())
    good = solution("good\n", evidence(PASSES))
    assert best_of(fails(AssertionError("not this one")), gives(good), job=job) is good
    assert len([kind for kind, _ in job.log.entries() if kind == CHOICE]) == 1


@pytest.mark.parametrize("error", [SandboxError("the engine is away"), ValueError("a mistake")])
def test_one_that_fails_does_not_end_the_others(
    best_of: Callable[..., Solution], make_job: MakeJob, error: Exception
) -> None:
    job = make_job()
    good = solution("good\n", evidence(BREAKS))
    assert best_of(fails(error), gives(good), job=job) is good
    [choice] = [entry for kind, entry in job.log.entries() if kind == CHOICE]
    trouble = choice["candidates"][0]["why"]
    assert trouble.startswith("it failed: ")
    assert "mistake" not in trouble


def test_if_all_fail_the_job_fails_as_one(best_of: Callable[..., Solution]) -> None:
    with pytest.raises(SandboxError, match="away"):
        best_of(fails(SandboxError("away")), fails(SandboxError("away")))


def test_a_lost_lease_ends_the_job(best_of: Callable[..., Solution]) -> None:
    good = solution("good\n", evidence(PASSES))
    with pytest.raises(LeaseLost):
        best_of(gives(good), fails(LeaseLost("another has it")))


def test_a_stop_keeps_the_work_of_the_best(
    best_of: Callable[..., Solution], make_job: MakeJob
) -> None:
    job = make_job()

    def works(content: bytes) -> Attempt:
        def attempt(one: Job) -> Solution:
            one.save_checkpoint("abc", content)
            job.watch.why = Halt.STOPPED
            job.watch.halted.set()
            return Solution(Ending(Outcome.STOPPED, None, "Somebody asked to stop."))

        return attempt

    found = best_of(works(b"one"), works(b"two"), job=job)
    assert found.ending.outcome is Outcome.STOPPED
    saved = job.checkpoint()
    assert saved
    assert saved.content in {b"one", b"two"}
    assert not [kind for kind, _ in job.log.entries() if kind == CHOICE]


def test_each_sees_its_own_evidence_of_an_earlier_job(
    best_of: Callable[..., Solution], make_job: MakeJob
) -> None:
    job = make_job()
    seen: dict[int, Any] = {}

    def measures(one: Job) -> Solution:
        seen[one.attempt] = one.task.evidence
        one.keep_evidence({"of": f"attempt {one.attempt}"})
        raise SandboxError("away")

    for _ in range(2):
        with pytest.raises(SandboxError):
            best_of(measures, measures, job=job)
    assert seen == {1: {"of": "attempt 1"}, 2: {"of": "attempt 2"}}


def test_each_has_its_share(best_of: Callable[..., Solution]) -> None:
    shares: list[tuple[int, int]] = []

    def counts(one: Job) -> Solution:
        shares.append((one.attempt, one.attempts))
        return solution("good\n", evidence(PASSES))

    best_of(counts, counts, counts)
    assert sorted(shares) == [(1, 3), (2, 3), (3, 3)]
