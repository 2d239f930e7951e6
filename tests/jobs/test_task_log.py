"""What is written down about a task is clean, numbered, and knows how far the task is."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from records.task import LeaseLost, PlanStep, Progress
from tests.jobs.conftest import SECRET, MakeJob

TOKEN = f"ghs_10001_{'eyJ' + 'a' * 240}.{'b' * 240}.{'c' * 40}"


@pytest.mark.parametrize("secret", [SECRET, TOKEN], ids=["known by value", "known by form"])
def test_no_secret_is_written_down(make_job: MakeJob, tmp_path: Path, secret: str) -> None:
    job = make_job()
    job.log.event(f"title {secret}", f"result {secret}", f"text\n{secret}\n")
    content = {
        "items": [{"role": "tool", "content": [{"text": f"a {secret}"}]}],
        "text": json.dumps({"token": secret}),
        secret: 1,
    }
    taken: list[dict[str, Any]] = []

    def take(kept: dict[str, Any]) -> Progress:
        taken.append(kept)
        return Progress(doing="reading")

    job.log.record("observation", content, take)
    assert taken == [job.log.entries()[-1][1]], "who goes on reads what the first one took in"
    entries = json.dumps(job.log.entries())
    assert "[removed]" in entries
    with closing(sqlite3.connect(tmp_path / "records.db")) as database:
        written = "\n".join(database.iterdump())
    for places in (entries, written):
        assert secret not in places
        assert secret[12:60] not in places


def test_entries_are_numbered_and_come_back_in_order(make_job: MakeJob) -> None:
    job = make_job()
    for number in range(1, 4):
        job.log.event(f"step {number}")
        assert job.log.number == number
    assert [content["title"] for _, content in job.log.entries()] == ["step 1", "step 2", "step 3"]
    assert job.services.actions.verify(job.task.id)
    assert job.log.head() == job.services.actions.head(job.task.id)


def test_what_the_bot_does_is_what_the_task_is_doing(make_job: MakeJob) -> None:
    job = make_job()
    plan = (PlanStep("see it fail", "in_progress"),)
    job.log.record("plan", {}, lambda _: Progress(doing="planning", plan=plan, turns=3))
    job.log.event("measure")
    progress = job.services.tasks.get(job.task.id).progress
    assert (progress.doing, progress.plan, progress.turns) == ("measure", plan, 3)


def test_the_time_of_the_first_sandbox_stays(make_job: MakeJob) -> None:
    job = make_job()
    job.log.sandbox_ready()
    job.log.event("start a sandbox")
    first = job.services.tasks.get(job.task.id).progress.sandbox_ready_at
    job.log.record("reply", {}, lambda _: Progress(turns=1))
    job.log.sandbox_ready()
    job.log.event("start another")
    assert first
    assert job.services.tasks.get(job.task.id).progress.sandbox_ready_at == first


def test_a_job_that_was_followed_by_another_writes_nothing(make_job: MakeJob) -> None:
    old = make_job(lease_s=-1.0)
    make_job()
    with pytest.raises(LeaseLost):
        old.log.event("a word too late")
    assert old.log.entries() == []
