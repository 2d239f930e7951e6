"""What a job lets its agent ask of people, and how a word that steers is acknowledged."""

from dataclasses import replace
from typing import Any

import pytest

from bot.project import Planning, ProjectLimits
from jobs.agent.abilities import PeoplePort
from jobs.agent.task import Budget, Ending, Outcome
from jobs.ending import TaskEnd
from jobs.job import Job
from jobs.solve import solve
from jobs.status_comment import StatusComment
from jobs.waiting.day import day_pause
from jobs.waiting.people import people_of, told_of_more, was_granted, with_changes
from records.heard import Remark
from records.task import Progress, TaskState
from records.waits import NewWait, WaitKind
from tests.jobs.conftest import MakeJob
from tests.jobs.desk import REPOSITORY, Desk
from tests.records.given import new_task

BUDGET = Budget(tokens=100, usd=2.0)
NO_LIMITS = ProjectLimits()
MORE = [("money", True), ("tokens", True), ("turns", True), ("time", True), ("context", False)]


def people(job: Job, budget: Budget = BUDGET, **planning: Any) -> PeoplePort:
    found = people_of(job, Planning(**planning), budget)
    assert found
    return found


def test_a_question_has_the_deadline_and_the_end_that_the_project_says(make_job: MakeJob) -> None:
    job = make_job()
    wait = people(job, question_timeout_s=60.0, at_deadline="stop").question("call:1", {})
    assert (wait.kind, wait.seconds) == (WaitKind.QUESTION, 60.0)
    assert wait.asked == {"at_deadline": "stop"}
    assert not people(job, ask_questions=False).may_ask


def test_only_a_fix_in_one_attempt_waits_for_people(make_job: MakeJob) -> None:
    job = make_job()
    assert people_of(replace(job, attempts=2), Planning(), BUDGET) is None


@pytest.mark.parametrize("verb", ["plan", "ask", "review", "address", "ci", "sync"])
def test_whoever_steers_another_verb_is_told_the_step_but_asked_nothing(
    verb: str, make_job: MakeJob
) -> None:
    job = make_job(replace(new_task(), verb=verb))
    found = people(job)
    assert not found.may_ask
    assert found.more("money") is None
    assert not found.pauses


@pytest.mark.parametrize(("which", "pauses"), MORE)
def test_more_is_asked_for_what_people_can_give(
    which: str, pauses: bool, make_job: MakeJob
) -> None:
    assert bool(people(make_job()).more(which)) is pauses


def test_more_is_asked_for_once_and_again_after_some_was_given(make_job: MakeJob) -> None:
    job = make_job()
    waits = job.services.tasks.waits
    first = people(job).more("money")
    assert first
    asked = waits.ask(job.lease, first)
    assert people(job).more("money") == first, "nobody has answered yet"
    waits.answer(asked, {"expired": True}, "")
    assert people(job).more("money") is None
    assert people(job, replace(BUDGET, usd=3.0)).more("money")


def test_a_job_that_goes_on_with_more_tells_the_agent_so(make_job: MakeJob) -> None:
    job = make_job()
    waits, budget = job.services.tasks.waits, Budget(turns=220, seconds=3900.0)
    pause = people(job).more("turns")
    assert pause
    wait = waits.ask(job.lease, pause)
    assert told_of_more(job, budget) == ""
    waits.answer(wait, {"granted": True}, "maria")
    assert "220 turns and 65 minutes in all" in told_of_more(job, budget)


def test_an_operator_can_have_tasks_end_instead(make_job: MakeJob) -> None:
    job = make_job()
    settings = job.services.settings.model_copy(update={"at_budget_end": "end"})
    ending = replace(job, services=replace(job.services, settings=settings))
    assert people(ending).more("money") is None


def test_what_was_granted_meanwhile_is_not_asked_for(make_job: MakeJob) -> None:
    job = make_job()
    ending = Ending(Outcome.WAITING, None, "", wait=people(job).more("money"))
    assert not was_granted(job, ending, BUDGET, NO_LIMITS)
    assert was_granted(job, ending, replace(BUDGET, usd=3.0), NO_LIMITS)
    ended = Ending(Outcome.BUDGET, None, "")
    assert not was_granted(job, ended, replace(BUDGET, usd=3.0), NO_LIMITS)


def spent(job: Job, usd: float, **limits: Any) -> NewWait | None:
    job.services.tasks.write(job.lease, progress=Progress(cost_usd=usd))
    return day_pause(job, ProjectLimits(**limits))


def test_a_task_pauses_when_its_repository_has_used_up_the_day_and_others_count(
    make_job: MakeJob,
) -> None:
    job = make_job()
    tasks = job.services.tasks
    assert spent(job, 9.0) is None, "nobody set a limit"
    other, _ = tasks.create(replace(new_task(), semantic_key="comment:2", issue_number=8))
    lease = tasks.take(other.id, "another", 60.0)
    assert lease
    tasks.write(lease, progress=Progress(cost_usd=1.0))
    assert spent(job, 0.9, usd_day=2.0) is None
    pause = spent(job, 1.1, usd_day=2.0)
    assert pause
    assert pause.kind is WaitKind.BUDGET
    assert pause.asked["until"] == pytest.approx(job.task.created_at + 86_400)
    assert (pause.asked["usd"], pause.asked["spent"]) == (2.0, pytest.approx(2.1))
    assert pause.seconds == pytest.approx(86_400, abs=60)
    ending = Ending(Outcome.WAITING, None, "", wait=pause)
    assert not was_granted(job, ending, BUDGET, ProjectLimits(usd_day=2.0))
    asked = tasks.waits.ask(job.lease, pause)
    tasks.waits.grant(job.task.id, NewWait("grant:1", WaitKind.BUDGET, {}), {"usd": 1.0}, "ann")
    assert was_granted(job, ending, BUDGET, ProjectLimits(usd_day=2.0))
    tasks.waits.answer(asked, {"granted": True}, "ann")
    again = spent(job, 2.1, usd_day=2.0)
    assert again
    assert again.key != pause.key


def test_a_task_rests_for_a_days_money_three_times_and_then_ends(make_job: MakeJob) -> None:
    job = make_job()
    waits = job.services.tasks.waits
    for number in range(1, 5):
        asked = waits.ask(job.lease, NewWait(f"day:{number}", WaitKind.BUDGET, {"what": "day"}))
        assert people(job).pauses
        how = {"granted": True} if number == 1 else {"expired": True}
        waits.answer(asked, how, "ann" if number == 1 else "")
    assert not people(job).pauses
    assert people(job).more("money"), "its own money is another matter"


def test_no_sandbox_is_started_where_the_days_money_is_used_up(desk: Desk) -> None:
    told = {"repository_usd_a_day": 2.0, "model": "gpt-5"}
    settings = desk.job.services.settings.model_copy(update=told)
    job = replace(desk.job, services=replace(desk.job.services, settings=settings))
    job.services.tasks.write(job.lease, progress=Progress(cost_usd=2.5))
    ending = solve(job, desk.base).ending
    assert ending.outcome is Outcome.WAITING
    assert ending.wait
    assert (ending.wait.key, ending.wait.asked["spent"]) == ("day:1", 2.5)


def test_what_people_give_does_not_go_beyond_the_operators_day(make_job: MakeJob) -> None:
    job = make_job()
    settings = job.services.settings.model_copy(update={"repository_usd_a_day": 2.0})
    job = replace(job, services=replace(job.services, settings=settings))
    grant = NewWait("grant:1", WaitKind.BUDGET, {})
    job.services.tasks.waits.grant(job.task.id, grant, {"usd": 1.0}, "ann")
    pause = spent(job, 2.0, usd_day=3.0)
    assert pause
    assert pause.asked["source"] == "a limit of whoever runs this bot"


def test_a_change_that_cannot_be_read_is_no_reason_not_to_ask() -> None:
    pause = NewWait("budget:1", WaitKind.BUDGET, {"what": "money"})
    assert with_changes(pause, b"no change at all").asked == {"what": "money", "changed": []}
    question = NewWait("call:1", WaitKind.QUESTION, {})
    assert with_changes(question, b"") == question


def test_a_word_that_steers_is_acknowledged_once_in_the_log_and_on_the_comment(desk: Desk) -> None:
    number = desk.job.task.issue_number
    comment = desk.github.comment(REPOSITORY, number, "maria", "/agent steer Use `Decimal`.")
    heard = desk.job.services.tasks.heard
    for one in (comment, -5):
        heard.add(desk.job.task.id, Remark(one, "maria", "Use `Decimal`.", steers=True))
    port = people(desk.job)
    for remark in (*heard.of(desk.job.task.id), *heard.of(desk.job.task.id)):
        port.took(remark, 4)
    events = [content for kind, content in desk.job.log.entries() if kind == "event"]
    assert [(one["title"], one["result"]) for one in events] == [
        ("steer by maria: `Use 'Decimal'.`", "taken at step 4")
    ] * 2
    found = desk.github.reactions(REPOSITORY, comment_id=comment)
    assert [one["content"] for one in found] == ["rocket"]
    assert [one.taken_at for one in heard.of(desk.job.task.id)] == [4, 4]


def test_a_word_that_came_too_late_is_said_to_have_been(desk: Desk) -> None:
    heard, number = desk.job.services.tasks.heard, desk.job.task.issue_number
    for comment, taken in ((101, True), (102, False)):
        heard.add(desk.job.task.id, Remark(comment, "maria", "Use `Decimal`.", steers=True))
        if taken:
            heard.took(desk.job.task.id, comment, 4)
    heard.add(desk.job.task.id, Remark(103, "maria", "By the way."))
    StatusComment(desk.job).conclude(TaskEnd(TaskState.NO_CHANGE_NEEDED, "", "Fine."))
    said = [one["body"] for one in desk.github.comments(REPOSITORY, number)]
    (late,) = [body for body in said if "came to its end before" in body]
    assert "1 word to it, by @<!-- -->maria" in late
    assert "`/agent fix …`" in late
