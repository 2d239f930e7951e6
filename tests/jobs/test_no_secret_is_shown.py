"""No secret that the agent or a project's tests let slip reaches the records' shown parts."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobs.agent.task import Outcome, Submission
from jobs.checkout import Base
from jobs.evidence.check import DeclaredCheck
from jobs.evidence.detect import Detection
from jobs.evidence.evidence import Evidence, EvidenceRow, Side, Verdict
from jobs.measurement import Measurement
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.workplace import Workplace
from records.task import PlanStep, Progress
from tests.jobs.conftest import SECRET, MakeJob

TOKEN = f"ghs_10001_{'eyJ' + 'a' * 240}.{'b' * 240}.{'c' * 40}"
CHANGE = Change((ChangedFile("shop.py", FileMode.REGULAR, b"x = 1\n"),))
both_kinds = pytest.mark.parametrize("secret", [SECRET, TOKEN], ids=["by value", "by form"])


class Leaking(Measurement):
    """Measures as ever, but with runners that say whatever the test wants."""

    secret = ""

    def _measure(self, _: Change, declared: tuple[DeclaredCheck, ...]) -> Evidence:
        side = Side(1, f"said {self.secret}", (f"test[{self.secret}]",))
        [check] = declared
        row = EvidenceRow(check.shows, check.command, side, side, Verdict.STILL_FAILING, "a note")
        return Evidence((row,), clean=False, why_not_clean=f"{check.shows}: fails")


def written(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "records.db")) as database:
        return "\n".join(database.iterdump())


@both_kinds
def test_the_step_and_the_plan_are_clean(make_job: MakeJob, tmp_path: Path, secret: str) -> None:
    job = make_job()
    plan = (PlanStep(f"use {secret}", "in_progress"),)
    said = Progress(doing=f"run `curl -H {secret}`", plan=plan, turns=3)
    job.log.record("plan", {}, lambda _: said)
    progress = job.services.tasks.get(job.task.id).progress
    assert progress.doing == "run `curl -H [removed]`"
    assert progress.plan == (PlanStep("use [removed]", "in_progress"),)
    assert progress.turns == 3
    job.log.event(f"push {secret}")
    assert job.services.tasks.get(job.task.id).progress.doing == "push [removed]"
    assert secret not in written(tmp_path)


@both_kinds
def test_the_evidence_is_clean(make_job: MakeJob, tmp_path: Path, secret: str) -> None:
    job = make_job()
    base = Base(job.services.mirrors.open(1), "a" * 40, "main")
    measurement = Leaking(job, Workplace(job, base), Detection(()))
    measurement.secret = secret
    checks = (DeclaredCheck(f"curl -H '{secret}' localhost", f"shows {secret}"),)
    submission = Submission(Outcome.RESOLVED, "It is done.", "Do it", checks)
    told = measurement(CHANGE, submission)
    stored = job.services.tasks.get(job.task.id).evidence
    assert stored is not None
    assert stored["rows"][0]["command"] == "curl -H '[removed]' localhost"
    for place in (repr(told), json.dumps(stored), written(tmp_path)):
        assert "[removed]" in place
        assert secret not in place
    assert measurement.of(CHANGE, submission).to_json()["rows"] == stored["rows"]
