"""The clock: what nobody carries is rung again, by one clock, through every loss of Redis."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from jobs.clock import Clock
from jobs.queues import Bell
from records.actions import Actions
from records.database import Database, migrate, open_database
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks, TaskState
from tests.fixtures.redis_server import RedisServer
from tests.queues.conftest import Workers, until
from tests.records.given import new_task, task


def _clock(
    database: Database, redis_url: str, *sweeps: Callable[[], object], lease_s: float = 10.0
) -> Clock:
    return Clock(
        deliveries=Deliveries(database),
        tasks=Tasks(database),
        leases=NamedLeases(database),
        bell=Bell(redis_url),
        sweeps=sweeps,
        every_s=0.1,
        lease_s=lease_s,
    )


def _left_alone(database: Database) -> str:
    """A task whose job died."""
    made = task(database)
    assert Tasks(database).take(made.id, "dead", -1.0)
    return made.id


def _queued(redis_url: str, queue: str) -> int:
    with Redis.from_url(redis_url) as redis:
        return len(redis.lrange(f"rq:queue:{queue}", 0, -1))


def test_a_task_that_nobody_works_on_is_rung_once(database: Database, redis_url: str) -> None:
    task_id, clock = _left_alone(database), _clock(database, redis_url)
    clock.sweep()
    clock.sweep()
    assert Bell(redis_url).carried() == {task_id}
    assert _queued(redis_url, "tasks") == 1


def test_a_task_that_somebody_works_on_is_left_alone(database: Database, redis_url: str) -> None:
    Tasks(database).take(task(database).id, "alive", 30.0)
    _clock(database, redis_url).sweep()
    assert _queued(redis_url, "tasks") == 0


def test_a_delivery_is_rung_when_it_has_waited(database: Database, redis_url: str) -> None:
    deliveries = Deliveries(database)
    deliveries.store("new", "ping", b"{}")
    deliveries.store("old", "ping", b"{}")
    with database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET received_at = received_at - 6 WHERE id = 'old'"
        )
    _clock(database, redis_url).sweep()
    assert Bell(redis_url).carried() == {"old"}


def test_of_two_clocks_one_works_and_the_other_takes_over(
    database: Database, redis_url: str
) -> None:
    first = _clock(database, redis_url)
    second = _clock(database, redis_url)
    assert first.sweep()
    assert not second.sweep()
    assert first.sweep()
    stopping = threading.Event()
    stopping.set()
    first.run(stopping)  # it ends, and says so
    assert second.sweep()
    assert not first.sweep()


def test_the_lease_of_a_dead_clock_runs_out(database: Database, redis_url: str) -> None:
    assert _clock(database, redis_url, lease_s=-1.0).sweep()
    assert _clock(database, redis_url).sweep()


def test_a_sweep_that_fails_does_not_keep_the_others_from_being_done(
    database: Database, redis_url: str
) -> None:
    done: list[str] = []

    def fails() -> None:
        raise RuntimeError("no docker today")

    clock = _clock(database, redis_url, fails, lambda: done.append("stray containers"))
    task_id = _left_alone(database)
    assert clock.sweep()
    assert done == ["stray containers"]
    assert Bell(redis_url).carried() == {task_id}


def test_every_clock_looks_after_its_own_machine(database: Database, redis_url: str) -> None:
    done: list[str] = []

    def clock(name: str) -> Clock:
        return Clock(
            deliveries=Deliveries(database),
            tasks=Tasks(database),
            leases=NamedLeases(database),
            bell=Bell(redis_url),
            sweeps=[lambda: done.append(f"all of {name}")],
            local_sweeps=[lambda: done.append(f"machine of {name}")],
        )

    first, second = clock("first"), clock("second")
    assert first.sweep()
    assert not second.sweep()
    assert done == ["machine of first", "all of first", "machine of second"]


def test_a_clock_goes_on_without_redis_and_rings_when_it_is_back(
    database: Database, mortal_redis: RedisServer
) -> None:
    task_id, clock = _left_alone(database), _clock(database, mortal_redis.url)
    mortal_redis.kill()
    assert clock.sweep()
    mortal_redis.start()
    clock.sweep()
    assert Bell(mortal_redis.url).carried() == {task_id}


def test_an_emptied_redis_is_filled_again_and_nothing_runs_twice_at_once(
    workers: Workers, mortal_redis: RedisServer, database: Database, database_url: str
) -> None:
    tasks, bell = Tasks(database), Bell(mortal_redis.url, patience_s=5.0)
    running = tasks.create(new_task("comment:1"))[0].id
    waiting = tasks.create(new_task("comment:2", issue_number=4))[0].id
    workers.start("tasks", redis_url=mortal_redis.url, database_url=database_url)
    bell.ring_task(running)
    workers.wait_for("began", running)
    bell.ring_task(waiting)
    mortal_redis.empty()
    workers.start("tasks", redis_url=mortal_redis.url, database_url=database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE tasks SET queued_at = queued_at - 60")
    stopping, clock = threading.Event(), _clock(database, mortal_redis.url)
    ticking = threading.Thread(target=clock.run, args=(stopping,))
    ticking.start()
    workers.wait_for("began", waiting)
    workers.finish()
    workers.wait_for("ended", running)
    workers.wait_for("ended", waiting)
    stopping.set()
    ticking.join()
    assert [tasks.get(name).attempts for name in (running, waiting)] == [1, 1]
    assert all(Actions(database).verify(name) for name in (running, waiting))
    assert tasks.get(running).state is TaskState.SUCCEEDED


def test_a_worker_killed_in_the_middle_is_replaced_without_anybodys_help(
    workers: Workers, redis_url: str, database: Database, database_url: str
) -> None:
    tasks, task_id = Tasks(database), task(database).id
    stopping, clock = threading.Event(), _clock(database, redis_url)
    ticking = threading.Thread(target=clock.run, args=(stopping,))
    ticking.start()
    first = workers.start("tasks", redis_url=redis_url, database_url=database_url)
    Bell(redis_url, patience_s=5.0).ring_task(task_id)
    workers.wait_for("began", task_id)
    workers.start("tasks", redis_url=redis_url, database_url=database_url)
    first.kill()
    workers.wait_for("began", task_id, times=2)
    workers.finish()
    workers.wait_for("ended", task_id)
    stopping.set()
    ticking.join()
    assert (tasks.get(task_id).attempts, tasks.get(task_id).epoch) == (2, 2)
    assert Actions(database).verify(task_id)


TICKING = """
import sys
from jobs.clock import Clock
from jobs.queues import Bell
from records.database import open_database
from records.deliveries import Deliveries
from records.named_leases import NamedLeases
from records.tasks import Tasks

url, redis_url = sys.argv[1:]
database = open_database(url)
Clock(
    deliveries=Deliveries(database), tasks=Tasks(database), leases=NamedLeases(database),
    bell=Bell(redis_url), every_s=60.0,
).run()
"""


def test_a_clock_ends_soon_when_asked_and_gives_its_lease_back(
    tmp_path: Path, redis_url: str
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    migrate(url)
    database = open_database(url)
    task_id = _left_alone(database)
    command = [sys.executable, "-c", TICKING, url, redis_url]
    clock = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."})
    until(lambda: Bell(redis_url).carried() == {task_id}, "it rings")
    clock.send_signal(signal.SIGTERM)
    assert clock.wait(5) == 0
    assert NamedLeases(database).take("clock", "another", 1.0)
    database.close()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> None:
    assert threading.active_count() == 1
