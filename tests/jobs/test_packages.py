"""A job hands the packages that people allowed to the set-up, and shows what came of them."""

from dataclasses import replace

import pytest

from bot.comments.packages import PACKAGES
from bot.project import Planning
from jobs import workplace
from jobs.job import Job
from jobs.setup.environment import Environment
from jobs.setup.wanted import Came, Wanted
from jobs.status_comment import StatusComment, surroundings
from jobs.waiting.packages import allowed_packages, note_packages, packages_port
from jobs.waiting.people import people_of
from jobs.waiting.rest import rest
from records.waits import NewWait, WaitKind
from tests.jobs.conftest import MakeJob
from tests.jobs.desk import Desk
from tests.jobs.test_people import BUDGET
from tests.jobs.test_waiting import said

SIX = {"manager": "pip", "name": "six", "version": "1.16.0"}
NEWER = {**SIX, "version": "1.17.0"}
JQ = {"manager": "apt", "name": "jq", "version": ""}


def decide(job: Job, key: str, allowed: bool | None, *packages: dict[str, str]) -> None:
    asked = {"packages": list(packages), "reason": "Needed."}
    wait = job.services.tasks.waits.ask(job.lease, NewWait(key, WaitKind.PACKAGES, asked, 60.0))
    if allowed is not None:
        job.services.tasks.waits.answer(wait, {"allowed": allowed}, "maintain")


def test_only_what_was_allowed_is_set_up_and_the_later_version_counts(make_job: MakeJob) -> None:
    job = make_job()
    assert allowed_packages(job) == ()
    decide(job, "call:1", True, SIX, JQ)
    decide(job, "call:2", False, {**JQ, "name": "nmap"})
    decide(job, "call:3", True, NEWER)
    decide(job, "call:4", None, {**JQ, "name": "netcat"})
    assert set(allowed_packages(job)) == {Wanted("pip", "six", "1.17.0"), Wanted("apt", "jq")}


def test_the_set_up_of_the_task_gets_what_was_allowed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(desk.job, "call:1", True, SIX)
    given: list[object] = []

    class Seen:
        def __init__(self, *arguments: object) -> None:
            given.extend(arguments)

        def environment(self) -> Environment:
            return Environment("image")

    monkeypatch.setattr(workplace, "Setup", Seen)
    assert workplace.Workplace(desk.job, desk.base).environment.image == "image"
    assert given[-1] == (Wanted("pip", "six", "1.16.0"),)


def test_packages_are_asked_for_where_something_is_set_up_and_people_are_asked(
    make_job: MakeJob,
) -> None:
    job = make_job()
    port = packages_port(job, Planning(question_timeout_s=60.0), ())
    assert port
    wait = port.ask("call:1", {"packages": [SIX], "reason": "x"})
    assert (wait.key, wait.kind, wait.seconds) == ("call:1", WaitKind.PACKAGES, 60.0)
    assert packages_port(job, Planning(ask_questions=False), ()) is None
    settings = job.services.settings.model_copy(update={"setup": "off"})
    off = replace(job, services=replace(job.services, settings=settings))
    assert packages_port(off, Planning(), ()) is None
    plans = people_of(replace(job, task=replace(job.task, verb="plan")), Planning(), BUDGET)
    assert plans
    assert plans.packages is None


def test_what_came_of_packages_is_put_down_once_and_shown(desk: Desk) -> None:
    job = desk.job
    decide(job, "call:1", True, SIX)
    decide(job, "call:2", False, JQ)
    came = (Came("six 1.16.0 (pip)", installed=True, changes=("uv.lock: +9 -0 lines",)),)
    for _ in range(2):
        note_packages(job, came)
    entries = [content for kind, content in job.log.entries() if kind == PACKAGES]
    assert [(one["title"], one["result"]) for one in entries] == [
        ("packages: six 1.16.0 (pip)", "allowed by maintain, 1 of 1 installed"),
        ("packages: jq (newest) (apt)", "refused by maintain"),
    ]
    assert len(surroundings(job).packages) == 2


def test_the_request_stands_on_the_issue_with_its_boxes(desk: Desk) -> None:
    asked = {"packages": [SIX, JQ], "reason": "Ask @maria."}
    wanted = NewWait("call:1", WaitKind.PACKAGES, asked, 3600.0)
    rest(desk.job, StatusComment(desk.job), wanted)
    body = said(desk)
    assert "### 📦 I ask for 2 packages — `fix`" in body
    assert "- `six` `1.16.0`, from PyPI" in body
    assert "- `jq` in its newest version, from Debian" in body
    assert "@<!-- -->maria" in body
    assert "- [ ] Install exactly these <!-- do:packages 1 -->" in body
    assert "- [ ] Go on without them <!-- do:packages no -->" in body
    assert "`/agent packages yes`" in body
