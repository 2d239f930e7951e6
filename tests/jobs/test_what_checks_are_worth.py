"""What makes a project's checks worthless is said wherever their results are read."""

import subprocess
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from jobs.agent.prompt import first_message
from jobs.agent.task import Outcome, Submission
from jobs.checkout import Base, agent_task
from jobs.job import Job
from jobs.measurement import Measurement
from jobs.project_file.nodes import PROJECT_FILE
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.setup.environment import Environment
from jobs.solve import solve
from jobs.workplace import Workplace
from tests.evidence.folder_box import box
from tests.jobs.conftest import MakeJob

PROBLEM = f"`{PROJECT_FILE}`, line 2: `verify.ful` is not known; known are quick, full, lint"
MISTAKEN = {PROJECT_FILE: "verify:\n  ful: python3 -m pytest\n", "shop.py": "x = 1\n"}
STEERED = {PROJECT_FILE: "verify: 'true'\n", "shop.py": "x = 1\n"}
DONE = Submission(Outcome.RESOLVED, "It is done.", "Do it")


def base_with(files: dict[str, str], folder: Path) -> Base:
    """A base commit with these files, in a mirror of our own."""
    origin = folder / "origin"
    for name, text in files.items():
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_text(text)
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*who, "commit", "-q", "-m", "Start"],
    ):
        subprocess.run(["git", *words], cwd=origin, check=True)
    mirror = Mirrors(folder / "ours", Git(allow_file=True)).open(1)
    return Base(mirror, mirror.fetch(f"file://{origin}", "main"), "main")


def changed(path: str) -> Change:
    return Change((ChangedFile(path, FileMode.REGULAR, b"x = 2\n"),))


class InFolders(Measurement):
    """Measures in plain folders; the projects of these tests are our own."""

    folder = Path()
    made = 0

    def _open(self) -> Any:
        self.made += 1
        return nullcontext(box(self.folder / f"box {self.made}", STEERED, "/usr/bin:/bin"))


class Nowhere(Workplace):
    """A workplace without an engine."""

    environment = Environment("none")


def measured(job: Job, base: Base, change: Change, folder: Path) -> dict[str, Any]:
    measurement = InFolders(job, Nowhere(job, base), base.detection())
    measurement.folder = folder
    measurement(change, DONE)
    stored = job.services.tasks.get(job.task.id).evidence
    assert stored is not None
    return stored


def test_mistakes_in_the_projects_settings_keep_the_evidence_from_being_clean(
    make_job: MakeJob, tmp_path: Path
) -> None:
    stored = measured(make_job(), base_with(MISTAKEN, tmp_path), changed("shop.py"), tmp_path)
    assert (stored["clean"], stored["rows"]) == (False, [])
    assert PROBLEM in stored["why_not_clean"]


def test_mistakes_in_the_projects_settings_are_told_to_the_agent(
    make_job: MakeJob, tmp_path: Path
) -> None:
    base = base_with(MISTAKEN, tmp_path)
    assert PROBLEM in first_message(agent_task(make_job().task, base, base.detection()))


def test_mistakes_in_the_projects_settings_stand_in_the_log_once(
    make_job: MakeJob, tmp_path: Path
) -> None:
    job, base = make_job(), base_with(MISTAKEN, tmp_path)
    for _ in range(2):
        with pytest.raises(AssertionError, match="no model"):  # it comes to no work here
            solve(job, base)
    [event] = [one for kind, one in job.log.entries() if kind == "event"]
    assert "has mistakes" in event["title"]
    assert event["result"] == PROBLEM


@pytest.mark.parametrize(("path", "clean"), [("shop.py", True), ("conftest.py", False)])
def test_a_change_that_steers_the_tests_is_not_clean(
    path: str, clean: bool, make_job: MakeJob, tmp_path: Path
) -> None:
    stored = measured(make_job(), base_with(STEERED, tmp_path), changed(path), tmp_path)
    assert [row["verdict"] for row in stored["rows"]] == ["passes"]
    assert stored["clean"] is clean
    assert ("alters how tests are run: conftest.py" in stored["why_not_clean"]) is not clean
