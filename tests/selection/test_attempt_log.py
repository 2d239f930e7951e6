"""The attempts of a task write one log, each reads its own, and what they use is added up."""

import threading
from dataclasses import replace

from jobs.attempts.log import AttemptLog, Board
from jobs.job import Job
from records.task import LimitMet, Progress
from tests.jobs.conftest import MakeJob, database, make_job, services

__all__ = ["database", "make_job", "services"]


def logs(job: Job, count: int = 2, so_far: Progress | None = None) -> list[AttemptLog]:
    board = Board(job.log, so_far or Progress())
    services = job.services
    return [
        AttemptLog(services.actions, job.lease, redactor=services.redactor, board=board, attempt=n)
        for n in range(1, count + 1)
    ]


def test_each_reads_its_own_entries_and_the_chain_holds_all(make_job: MakeJob) -> None:
    job = make_job()
    job.log.event("fetch")
    first, second = logs(job)
    first.event("one")
    second.event("two")
    first.keep("evidence", {"evidence": None})
    assert [content.get("title") for _, content in first.entries()] == ["one", None]
    assert [content["title"] for _, content in second.entries()] == ["two"]
    assert len(job.log.entries()) == 4
    assert job.services.actions.verify(job.task.id)
    assert (first.number, second.number) == (4, 3)


def test_what_all_have_used_is_the_tasks(make_job: MakeJob) -> None:
    job = make_job()
    first, second = logs(job)
    limit = LimitMet("out of memory", 2)
    first.record("reply", {}, lambda _: Progress(doing="a", turns=3, cost_usd=0.5, steps=1))
    second.record(
        "reply", {}, lambda _: Progress(doing="b", turns=4, input_tokens=9, limits=(limit,))
    )
    first.record("reply", {}, lambda _: Progress(doing="c", turns=5, limits=(limit,)))
    progress = job.services.tasks.get(job.task.id).progress
    assert (progress.turns, progress.input_tokens) == (9, 9)
    assert progress.doing == "attempt 1: c"
    assert [step.step for step in progress.plan] == ["Attempt 1: c", "Attempt 2: b"]
    assert progress.limits == (LimitMet("out of memory", 4),)
    job.log.event("compare")
    after = job.services.tasks.get(job.task.id).progress
    assert (after.turns, after.doing) == (9, "compare")


def test_no_figure_goes_back_when_a_job_follows_another(make_job: MakeJob) -> None:
    job = make_job()
    first, _ = logs(job, so_far=Progress(turns=40, input_tokens=900, cost_usd=1.0))
    first.record("message", {}, lambda _: Progress(turns=21, input_tokens=500, cost_usd=0.6))
    progress = job.services.tasks.get(job.task.id).progress
    assert (progress.turns, progress.input_tokens, progress.cost_usd) == (40, 900, 1.0)


def test_many_may_write_at_once(make_job: MakeJob) -> None:
    job = make_job()
    each = logs(job, 3)
    threads = [
        threading.Thread(target=lambda log=log: [log.event(f"{n}") for n in range(20)], name="log")
        for log in each
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert job.services.actions.verify(job.task.id)
    assert [[content["title"] for _, content in log.entries()] for log in each] == [
        [str(number) for number in range(20)]
    ] * 3


def test_each_attempt_has_its_own_checkpoint_and_evidence(make_job: MakeJob) -> None:
    job = make_job()
    first, second = (
        replace(job, log=log, attempt=number) for number, log in enumerate(logs(job), 1)
    )
    first.save_checkpoint("abc", b"one")
    second.keep_evidence({"rows": []})
    assert (checkpoint := first.checkpoint()) is not None
    assert checkpoint.content == b"one"
    assert second.checkpoint() is None
    assert job.checkpoint() is None
    assert job.services.tasks.get(job.task.id).evidence is None
    assert second.log.entries()[-1][1]["evidence"] == {"rows": []}
