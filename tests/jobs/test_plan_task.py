"""What the job of a plan does once people have spoken, and what is handed in as one."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from jobs.checkout import Base
from jobs.job import Job
from jobs.plans.approved import with_plan
from jobs.plans.handed import DEFAULTS, STEPS, Check, tidied
from jobs.plans.plan import plan
from jobs.reading.citations import Places
from jobs.services import Services
from records.actions import RESULT
from records.task import Task, TaskState
from records.waits import NewWait, WaitKind
from tests.records.given import new_task

PLAN: dict[str, Any] = {
    **DEFAULTS,
    "problem": "Half a cent is cut off.",
    "cause": "`tax.py:1` cuts.",
    "steps": [{"do": "Round", "files": [{"path": "tax.py"}, {"path": "new.py", "new": True}]}],
    "tests": ["half a cent"],
}
MakeJob = Callable[..., Job]


class Commit:
    """One file, of one line."""

    def paths(self) -> list[str]:
        return ["tax.py", "shop/stock.py"]

    def text(self, path: str) -> str | None:
        return "RATE = 0.19\n" if path in self.paths() else None


CHECK = Check(Places(Commit()), frozenset(Commit().paths()))


@pytest.fixture
def planned(make_job: MakeJob) -> Job:
    """The job of a plan that has been made already, and of which nobody has said a word."""
    job = make_job(replace(new_task(), verb="plan"))
    asked = {"digest": "7fd1c0de" * 8, "revision": 1, "issue": "", "plan": tidied(PLAN)}
    job.services.tasks.waits.ask(job.lease, NewWait("plan:1", WaitKind.PLAN, asked, 60.0))
    return job


def decide(job: Job, **said: Any) -> None:
    waits = job.services.tasks.waits
    wait = waits.latest(job.task.id)
    assert wait is not None
    assert waits.answer(wait, said, "li")


def base_of(job: Job) -> Base:
    return Base(job.services.mirrors.open(job.task.repository_id), "d" * 40, "main")


def test_a_job_that_finds_its_plan_open_waits_for_the_same(planned: Job) -> None:
    end = plan(planned, base_of(planned))
    assert isinstance(end, NewWait)
    assert (end.key, end.kind) == ("plan:1", WaitKind.PLAN)
    planned.services.tasks.waits.ask(planned.lease, end)
    assert len(planned.services.tasks.waits.all(planned.task.id)) == 1


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ({"decision": "approve"}, TaskState.SUCCEEDED, "Plan 7fd1c0de was approved by li."),
        ({"decision": "reject"}, TaskState.STOPPED, "Plan 7fd1c0de was rejected by li."),
        (
            {"decision": "reject", "words": "too large"},
            TaskState.STOPPED,
            "Plan 7fd1c0de was rejected by li: too large",
        ),
    ],
)
def test_what_people_decide_ends_it(
    planned: Job, said: dict[str, str], state: TaskState, words: str
) -> None:
    decide(planned, **said)
    end = plan(planned, base_of(planned))
    assert not isinstance(end, NewWait)
    assert (end.state, end.reason) == (state, "")
    assert end.explanation.startswith(words)


def test_a_deadline_that_passes_drops_it(make_job: MakeJob) -> None:
    job = make_job(replace(new_task(), verb="plan"))
    asked = {"digest": "7fd1c0de" * 8, "revision": 1, "plan": tidied(PLAN)}
    job.services.tasks.waits.ask(job.lease, NewWait("plan:1", WaitKind.PLAN, asked, -1.0))
    assert job.services.tasks.waits.expire() == [job.task.id]
    end = plan(job, base_of(job))
    assert not isinstance(end, NewWait)
    assert (end.state, end.explanation) == (
        TaskState.STOPPED,
        "Nobody decided on plan 7fd1c0de in time, so it was dropped.",
    )


def test_a_plan_is_made_anew_for_one_commit_whichever_job_makes_it(
    planned: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, made = iter(["a" * 40, "b" * 40]), list[str]()
    mirror = planned.services.mirrors.open(planned.task.repository_id)

    def fetch(_services: Services, task: Task) -> Base:
        return Base(mirror, task.base_sha or next(heads), task.base_branch or "main")

    def make(_job: Job, base: Base, _said: object) -> NoReturn:
        made.append(base.sha)
        raise InterruptedError

    monkeypatch.setattr("jobs.plans.plan.fetch_base", fetch)
    monkeypatch.setattr("jobs.plans.plan._made", make)
    decide(planned, decision="revise", words="smaller")
    for _ in range(2):
        with pytest.raises(InterruptedError):
            plan(planned, base_of(planned))
    assert made == ["a" * 40] * 2
    assert planned.services.tasks.get(planned.task.id).base_sha == "a" * 40


def test_the_log_says_who_wanted_a_plan_made_anew(
    planned: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = SimpleNamespace(at=lambda _: Commit())
    fresh = SimpleNamespace(mirror=mirror, sha="a" * 40, branch="main")
    monkeypatch.setattr("jobs.plans.plan._fresh", lambda *_: fresh)
    monkeypatch.setattr("jobs.plans.plan.read", lambda *_: SimpleNamespace(handed_in=PLAN))
    issue = {"title": "Tax", "body": "Half a cent."}
    decide(planned, decision="revise", words="smaller, `please`", issue=issue)
    again = plan(planned, base_of(planned))
    assert isinstance(again, NewWait)
    (entry,) = [content for kind, content in planned.log.entries() if kind == RESULT]
    assert entry["title"].startswith("plan r2 `")
    assert entry["title"].endswith("` for li: `smaller, 'please'`")


def test_a_plan_without_a_fault_has_none() -> None:
    assert CHECK(PLAN) == ()
    folder = {"do": "Look", "files": [{"path": "shop/"}]}
    assert CHECK({**PLAN, "steps": [folder]}) == ()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"problem": " "}, "`problem` is empty"),
        ({"steps": []}, "`steps` has nothing to do"),
        ({"steps": [{"do": "x", "files": []}] * (STEPS + 1)}, f"there are {STEPS + 1} steps"),
        ({"cause": "tax.py:7 cuts"}, "tax.py:7: tax.py has 1 lines"),
        (
            {"steps": [{"do": "x", "files": [{"path": "stock.py"}]}]},
            "stock.py: there is no such file",
        ),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(more: dict[str, Any], fault: str) -> None:
    [said] = CHECK({**PLAN, **more})
    assert said.startswith(fault)


def test_what_is_not_there_is_named_beside_the_plan() -> None:
    steps = [{"do": "see gone.py:3", "files": [{"path": "stock.py"}]}]
    assert CHECK.missing({**PLAN, "steps": steps}) == ["gone.py:3", "stock.py"]


def test_a_plan_is_kept_within_its_bounds() -> None:
    kept = tidied(
        {
            **PLAN,
            "steps": [{"do": " ", "files": []}, *PLAN["steps"]],
            "risks": ["", "x" * 5_000],
            "estimate": {"tool_calls": -3, "minutes": 10**9},
        }
    )
    assert [step["do"] for step in kept["steps"]] == ["Round"]
    assert [len(risk) for risk in kept["risks"]] == [600]
    assert (kept["tool_calls"], kept["minutes"]) == (0, 600)


def test_the_agent_of_the_fix_is_told_the_plan_and_who_approved_it(make_job: MakeJob) -> None:
    task = make_job().task
    assert with_plan(task) == task.instruction
    approved = replace(task, instruction="", brief={"plan": {"plan": tidied(PLAN), "by": "li"}})
    told = with_plan(approved)
    assert told.startswith("li has approved this plan. Carry it out.")
    assert "1. Round (tax.py, new.py)" in told
    assert "Tests to add:\n- half a cent" in told
    assert "Risks" not in told
