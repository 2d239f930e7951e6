"""What a task came to goes where it belongs, also where the work or GitHub let it down."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import NoReturn

import pytest

from bot.comments.failures import Failure
from jobs.agent.task import Ending, Outcome, Submission
from jobs.ending import TaskEnd, TaskFailed
from jobs.handing_in import give_up, hand_in, stop
from jobs.harvest import ENDING, Harvest
from jobs.job import Job
from jobs.measurement import Measurement
from jobs.repository.change import Change, ChangedFile, FileMode, serialise
from jobs.sandbox import SandboxError, SandboxLost
from jobs.setup.environment import Environment
from jobs.solution import Solution
from jobs.solve import solve
from jobs.workplace import Workplace
from records.task import Task, TaskState
from tests.jobs.desk import EDIT, REPOSITORY, Desk

WORKFLOW = ChangedFile(".github/workflows/x.yml", FileMode.REGULAR, b"on: push\n")
SCRATCH = ChangedFile("repro.py", FileMode.REGULAR, b"1\n")
OUT_OF_TURNS = Ending(Outcome.BUDGET, None, "The limit of 9 turns was reached.", "turns")


def save(desk: Desk, *files: ChangedFile) -> None:
    """Leave a checkpoint as an agent at work does."""
    job, base = desk.job, desk.base
    job.services.tasks.write(job.lease, base_sha=base.sha, base_branch=base.branch)
    job.save_checkpoint(base.sha, serialise(Change(files or (EDIT,))))


def task_of(job: Job) -> Task:
    return job.services.tasks.get(job.task.id)


def branches(desk: Desk) -> list[str]:
    return desk.git("for-each-ref", "--format=%(refname:short)", "refs/heads/agent/").split()


def without_access(desk: Desk) -> None:
    desk.github.add_collaborator(REPOSITORY, "maria", "read")


def test_a_stop_brings_what_was_saved_to_a_branch(desk: Desk) -> None:
    save(desk)
    desk.job.services.tasks.request_stop(desk.job.task.id, "maria")
    end = stop(desk.job)
    assert (end.state, end.reason, end.explanation) == (
        TaskState.STOPPED,
        "stopped",
        "maria stopped it.",
    )
    task = task_of(desk.job)
    assert branches(desk) == [task.branch]
    assert desk.git("show", "--format=%s", "--name-only", str(task.branch)).split("\n") == [
        "Unfinished: Total is wrong",
        "",
        "tax.py",
    ]
    assert desk.pull_requests() == []
    assert task.evidence
    assert "nobody handed the change in" in task.evidence["why_not_clean"]


def test_half_of_a_merge_is_not_kept(desk: Desk) -> None:
    save(desk)
    with closing(sqlite3.connect(desk.job.services.settings.data_dir / "records.db")) as records:
        records.execute("UPDATE tasks SET verb = 'sync'")
        records.commit()
    assert stop(desk.job).explanation == "Somebody stopped it."
    assert branches(desk) == []


def test_a_stop_before_anything_was_changed_makes_nothing(desk: Desk) -> None:
    assert stop(desk.job).explanation == "Somebody stopped it."
    save(desk, replace(EDIT, content=b"RATE = 0.19\n"))
    assert stop(desk.job).state is TaskState.STOPPED


def test_of_several_attempts_a_stop_keeps_the_one_that_was_at_work_last(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.job.services.settings.data_dir / "records.db")) as records:
        records.execute("UPDATE tasks SET wanted_attempts = 3")
        records.commit()
    for attempt in (2, 1):
        content = f"RATE = {attempt}\n".encode()
        at_work = replace(desk, job=replace(desk.job, attempt=attempt))
        save(at_work, replace(EDIT, content=content))
    stop(desk.job)
    assert desk.git("show", f"{task_of(desk.job).branch}:tax.py") == "RATE = 1"


def test_a_stop_stays_a_stop_where_its_work_cannot_be_kept(desk: Desk) -> None:
    save(desk)
    without_access(desk)
    end = stop(desk.job)
    assert end.state is TaskState.STOPPED
    assert "could not be kept on a branch: maria has read access now." in end.explanation
    assert branches(desk) == []


def test_a_task_that_never_ends_gives_its_work_up_as_partial(desk: Desk) -> None:
    save(desk, EDIT, SCRATCH)
    end = give_up(desk.job, Failure.INTERNAL, "It was started 5 times.")
    assert (end.state, end.reason) == (TaskState.PARTIAL, "internal")
    [opened] = desk.pull_requests()
    assert opened["title"] == "Partial: Total is wrong"
    assert "It was started 5 times." in opened["body"]
    assert "nothing left over? No: repro.py looks like a scratch file" in opened["body"]
    assert "Nothing was measured: the work could not go on." in opened["body"]
    assert opened["body"].startswith("Refs #")


@pytest.mark.parametrize("files", [(), (WORKFLOW,)])
def test_a_task_that_gives_up_without_anything_to_show_has_failed(
    desk: Desk, files: tuple[ChangedFile, ...]
) -> None:
    if files:
        save(desk, *files)
    end = give_up(desk.job, Failure.INTERNAL, "It was started 5 times.")
    assert (end.state, end.reason) == (TaskState.FAILED, "internal")
    assert desk.pull_requests() == []


def test_a_task_that_gives_up_while_github_is_away_has_failed(desk: Desk) -> None:
    save(desk)
    desk.github.fault("apps/create-installation-access-token", status=502, count=9)
    end = give_up(desk.job, Failure.INTERNAL, "It was started 5 times.")
    desk.github.clear_faults()
    assert (end.state, end.reason) == (TaskState.FAILED, "internal")


def test_partial_work_that_github_does_not_take_says_both(desk: Desk) -> None:
    without_access(desk)
    with pytest.raises(TaskFailed) as failed:
        hand_in(desk.job, desk.base, Solution(OUT_OF_TURNS, Change((EDIT,))))
    assert failed.value.failure is Failure.PERMISSION_LOST
    assert str(failed.value) == "The limit of 9 turns was reached. maria has read access now."


def test_an_answer_is_kept_apart_from_what_lies_about(desk: Desk) -> None:
    said = Submission(Outcome.NOT_REPRODUCIBLE, "It works.", "Works", unverified="On Windows.")
    ending = Ending(Outcome.NOT_REPRODUCIBLE, said, "It could not be seen.")
    end = hand_in(desk.job, desk.base, Solution(ending, Change((EDIT,))))
    assert isinstance(end, TaskEnd)
    assert (end.state, end.reason) == (TaskState.CANNOT_REPRODUCE, "")
    assert len(branches(desk)) == 1
    assert desk.pull_requests() == []
    assert task_of(desk.job).summary == "It works.\n\nNot checked: On Windows."


def test_nothing_is_published_for_a_job_that_has_to_end(desk: Desk) -> None:
    desk.job.watch.halted.set()
    end = hand_in(desk.job, desk.base, Solution(OUT_OF_TURNS, Change((EDIT,))))
    assert isinstance(end, TaskEnd)
    assert end.state is TaskState.STOPPED
    assert branches(desk) == []


class Broken:
    """A view of a sandbox that is gone."""

    def collect(self) -> Change:
        raise SandboxLost("the sandbox is gone")


def test_a_sandbox_that_is_lost_while_it_is_asked_gives_what_was_saved(desk: Desk) -> None:
    save(desk)
    solution = Harvest(desk.job, desk.base).living(OUT_OF_TURNS, Broken())  # type: ignore[arg-type]
    assert solution.change.paths() == ["tax.py"]
    assert solution.ending == OUT_OF_TURNS


class NoEngine:
    """Stands where no sandbox can be had."""

    def __getattr__(self, name: str) -> NoReturn:
        raise SandboxError(f"no engine to {name} with")


def test_an_end_is_on_record_and_the_next_job_goes_on_from_there(desk: Desk) -> None:
    """Its services know no model and no engine: the agent does not work on."""
    save(desk)
    services = replace(desk.job.services, sandboxes=NoEngine())
    desk.job = replace(desk.job, services=services)
    Harvest(desk.job, desk.base).saved(OUT_OF_TURNS)
    [noted] = [entry for kind, entry in desk.job.log.entries() if kind == ENDING]
    assert noted["result"] == "budget, turns"
    solution = solve(desk.job, desk.base)
    assert (solution.ending, solution.change.paths()) == (OUT_OF_TURNS, ["tax.py"])
    assert solution.evidence
    assert "no sandbox could be had for it" in solution.evidence.why_not_clean
    assert [kind for kind, _ in desk.job.log.entries()].count(ENDING) == 1


def test_a_stop_leaves_the_end_open(desk: Desk) -> None:
    save(desk)
    desk.job.watch.halted.set()
    harvest = Harvest(desk.job, desk.base)
    harvest.saved(Ending(Outcome.STOPPED, None, "Somebody asked to stop."))
    assert harvest.recorded_end() is None


def test_what_was_measured_of_another_change_is_not_shown_for_this_one(desk: Desk) -> None:
    old = {"rows": [], "clean": True, "why_not_clean": "", "of": "another change"}
    desk.job.keep_evidence(old)
    Harvest(desk.job, desk.base).saved(OUT_OF_TURNS)
    assert task_of(desk.job).evidence is None
    save(desk)
    solution = Harvest(desk.job, desk.base).saved(OUT_OF_TURNS)
    assert solution.evidence
    assert not solution.evidence.clean
    assert task_of(desk.job).evidence == solution.evidence.to_json()


class Nowhere(Workplace):
    """A workplace without an engine."""

    environment = Environment("none")


def test_work_that_was_cut_short_is_measured_in_less_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def no_sandbox(*_: object, total_s: float, **__: object) -> NoReturn:
        given.append(total_s)
        raise SandboxLost("it is gone")

    save(desk)
    monkeypatch.setattr("jobs.measurement.gather", no_sandbox)
    place = Nowhere(desk.job, desk.base)
    measure = Measurement(desk.job, place, desk.base.detection())
    solution = Harvest(desk.job, desk.base, measure).saved(OUT_OF_TURNS)
    assert given == [300.0]
    assert solution.evidence
    assert solution.evidence.why_not_clean == (
        "Nothing was measured: no sandbox could be had for it (it is gone)."
    )
