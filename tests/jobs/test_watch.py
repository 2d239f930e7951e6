"""A job hears within a moment that it has to end, and why; what it holds is let go."""

import threading
import time

import pytest

from jobs.job import Job
from jobs.services import Services
from jobs.watch import Halt, Watch
from records.task import LeaseLost
from tests.jobs.conftest import MakeJob

SOON_S = 5.0
UNTIL_THE_NEXT_RENEWAL_S = 15.0


def test_a_job_that_nobody_disturbs_goes_on(make_job: MakeJob) -> None:
    with make_job().watch as watch:
        assert not watch.halted.wait(0.7)
    assert watch.why is None
    assert not watch.leaving.is_set()


def test_a_wish_to_stop_is_heard_and_the_sandbox_let_go(make_job: MakeJob) -> None:
    job, gone, closed = make_job(), threading.Event(), threading.Event()

    def fail() -> None:
        raise RuntimeError("the engine is away")

    with job.watch as watch, watch.at_halt(fail), watch.at_halt(gone.set):
        with watch.at_halt(closed.set):
            pass
        job.services.tasks.request_stop(job.task.id, "maria")
        assert watch.halted.wait(SOON_S)
        assert gone.wait(SOON_S)
        assert watch.why is Halt.STOPPED
        assert not watch.leaving.is_set()  # its last words are still its own to say
        assert not closed.is_set()  # what is over already is left alone
        late = threading.Event()
        with watch.at_halt(late.set):
            assert late.is_set()


def shut_down(job: Job) -> threading.Event:
    """The event that the worker sets when it is asked to end."""
    return job.watch._shutting_down


def test_a_shutdown_is_heard(make_job: MakeJob) -> None:
    job = make_job()
    with job.watch as watch:
        shut_down(job).set()
        assert watch.leaving.wait(SOON_S)
        assert watch.why is Halt.SHUTTING_DOWN


def test_a_shutdown_during_the_last_words_of_a_stopped_task_is_heard_too(
    make_job: MakeJob,
) -> None:
    job = make_job()
    with job.watch as watch:
        job.services.tasks.request_stop(job.task.id, "maria")
        assert watch.halted.wait(SOON_S)
        shut_down(job).set()
        assert watch.leaving.wait(SOON_S)
        assert watch.why is Halt.STOPPED


def test_a_job_that_lost_its_lease_ends_and_writes_no_more(make_job: MakeJob) -> None:
    job = make_job(lease_s=-1.0)
    again = job.services.tasks.take(job.task.id, "another job", 30.0)
    assert again is not None
    with job.watch as watch:
        assert watch.leaving.wait(UNTIL_THE_NEXT_RENEWAL_S)
        assert watch.halted.is_set()
        assert watch.why is Halt.LEASE_LOST
    with pytest.raises(LeaseLost):
        job.log.event("a word too late")


def test_a_lease_is_kept_while_the_job_works(make_job: MakeJob, services: Services) -> None:
    job = make_job(lease_s=6.0)
    until = services.tasks.get(job.task.id).lease_expires_at
    with job.watch:
        deadline = time.monotonic() + UNTIL_THE_NEXT_RENEWAL_S
        while services.tasks.get(job.task.id).lease_expires_at <= until:
            assert time.monotonic() < deadline, "the lease was not renewed"
            threading.Event().wait(0.2)
    assert services.tasks.take(job.task.id, "another job", 30.0) is None


def test_a_watch_that_is_over_hears_nothing_more(services: Services, make_job: MakeJob) -> None:
    job = make_job()
    watch = Watch(services.tasks, job.lease, shutting_down=threading.Event())
    with watch:
        pass
    services.tasks.request_stop(job.task.id, "maria")
    assert not watch.halted.wait(0.7)
