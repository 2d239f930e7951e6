"""The worker, as a process, with a real Redis that fails in the ways a Redis does."""

import os
import pickle
import signal
import zlib
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.queues import Bell
from records.actions import Actions
from records.database import Database, migrate, open_database
from records.tasks import Tasks, TaskState
from tests.fixtures.redis_server import RedisServer
from tests.queues.conftest import Workers, ends, until
from tests.records.given import new_task


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here: which database keeps the leases is the records' tests' matter."""
    address = f"sqlite:///{tmp_path}/records.db"
    migrate(address)
    return address


@pytest.fixture
def records(url: str) -> Database:
    return open_database(url)


def _task(records: Database, *, issue_number: int = 3) -> str:
    asked = new_task(f"comment:{issue_number}", issue_number=issue_number)
    return Tasks(records).create(asked)[0].id


def _bell(redis_url: str) -> Bell:
    """A bell with more patience than a webhook has: here the machine may be busy."""
    return Bell(redis_url, patience_s=5.0)


def test_a_ring_runs_the_job_and_leaves_nothing_in_redis(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=redis_url, database_url=url)
    task_id = _task(records)
    workers.finish()
    _bell(redis_url).ring_task(task_id)
    assert workers.wait_for("ended", task_id) != worker.pid
    with Redis.from_url(redis_url) as redis:
        until(lambda: not redis.keys("rq:job:*"), "the job is forgotten")
        assert not redis.keys("rq:execution*")
        assert not redis.keys("rq:wip:*")
        assert not redis.keys("*intermediate")


def test_a_killed_workers_horse_dies_with_it(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=redis_url, database_url=url)
    task_id = _task(records)
    _bell(redis_url).ring_task(task_id)
    horse = workers.wait_for("began", task_id)
    worker.kill()
    assert ends(horse, within_s=5.0)


def test_a_killed_workers_task_goes_on_in_another_from_where_it_was(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    first = workers.start("tasks", redis_url=redis_url, database_url=url)
    task_id = _task(records)
    bell = _bell(redis_url)
    bell.ring_task(task_id)
    workers.wait_for("began", task_id)
    until(lambda: Actions(records).all(task_id), "the first job writes")
    first.kill()
    workers.start("tasks", redis_url=redis_url, database_url=url)
    tasks = Tasks(records)
    until(lambda: tasks.unattended() == [task_id], "the lease runs out")
    bell.ring_task(task_id)
    workers.wait_for("began", task_id, times=2)
    workers.finish()
    workers.wait_for("ended", task_id)
    epochs = [entry.content["epoch"] for entry in Actions(records).all(task_id)]
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}
    assert tasks.get(task_id).attempts == 2


def test_a_killed_horse_does_not_end_its_worker(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    workers.start("tasks", redis_url=redis_url, database_url=url)
    task_id, bell = _task(records), _bell(redis_url)
    bell.ring_task(task_id)
    os.kill(workers.wait_for("began", task_id), signal.SIGKILL)
    workers.wait_for_log("killed by SIGKILL")
    until(lambda: Tasks(records).unattended() == [task_id], "the lease runs out")
    bell.ring_task(task_id)
    workers.wait_for("began", task_id, times=2)


def test_redis_killed_in_the_middle_of_a_job_neither_ends_nor_repeats_it(
    workers: Workers, mortal_redis: RedisServer, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=mortal_redis.url, database_url=url)
    task_id, bell = _task(records), _bell(mortal_redis.url)
    bell.ring_task(task_id)
    workers.wait_for("began", task_id)
    mortal_redis.kill()
    workers.wait_for_log("redis_away")  # a heartbeat has failed
    mortal_redis.start()
    bell.ring_task(task_id)  # as the clock would, had it looked at the wrong moment
    workers.finish()
    workers.wait_for("ended", task_id)
    workers.wait_for("refused", task_id)
    # Both were watched to their end, one after the other.
    until(lambda: (workers.folder / "log").read_text().count("job.ended") == 2, "both ended")
    assert [word for word, of, _ in workers.notes() if of == task_id] == [
        "began",
        "ended",
        "refused",
    ]
    assert worker.poll() is None
    assert len(workers.noted("began", task_id)) == 1
    assert Tasks(records).get(task_id).state is TaskState.SUCCEEDED


def test_redis_killed_at_the_end_of_a_job_does_not_end_the_worker(
    workers: Workers, mortal_redis: RedisServer, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=mortal_redis.url, database_url=url)
    first, second = _task(records), _task(records, issue_number=4)
    _bell(mortal_redis.url).ring_task(first)
    workers.wait_for("began", first)
    mortal_redis.kill()
    workers.finish()
    workers.wait_for("ended", first)
    workers.wait_for_log("redis_away")
    mortal_redis.start()
    _bell(mortal_redis.url).ring_task(second)
    workers.wait_for("ended", second)
    assert worker.poll() is None


@pytest.mark.parametrize("queue", ["tasks", "deliveries"])
def test_an_idle_worker_waits_for_redis_to_come_back(
    workers: Workers, mortal_redis: RedisServer, url: str, records: Database, queue: str
) -> None:
    worker = workers.start(queue, redis_url=mortal_redis.url, database_url=url)
    mortal_redis.kill()
    workers.wait_for_log("redis_away")
    mortal_redis.start()
    task_id, bell = _task(records), _bell(mortal_redis.url)
    ring = bell.ring_task if queue == "tasks" else bell.ring_delivery
    ring(task_id)
    workers.wait_for("began", task_id)
    assert worker.poll() is None


def test_a_worker_starts_without_redis(workers: Workers, tmp_path: Path) -> None:
    worker = workers.start("deliveries", redis_url=f"unix://{tmp_path}/none.sock")
    workers.wait_for_log("redis_away")
    assert worker.poll() is None


@pytest.mark.parametrize("beats", [False, True], ids=["at rest", "between two heartbeats"])
def test_a_worker_whose_redis_was_emptied_registers_again(
    workers: Workers, redis_url: str, *, beats: bool
) -> None:
    workers.start("deliveries", redis_url=redis_url)
    with Redis.from_url(redis_url) as redis:
        until(lambda: redis.exists("rq:workers"), "the worker registers")
        [worker] = redis.smembers("rq:workers")
        redis.flushall()
        if beats:
            redis.hset(worker, "last_heartbeat", "2026-11-22T00:00:00Z")
        until(lambda: redis.exists("rq:workers"), "the worker registers again")
        _bell(redis_url).ring_delivery("guid")
    workers.wait_for("began", "guid")


@pytest.mark.parametrize("queue", ["tasks", "deliveries"])
def test_a_job_that_raises_does_not_end_the_worker(
    workers: Workers, redis_url: str, url: str, records: Database, queue: str
) -> None:
    (workers.folder / "raise").touch()
    worker = workers.start(queue, redis_url=redis_url, database_url=url)
    task_id, bell = _task(records), _bell(redis_url)
    ring = bell.ring_task if queue == "tasks" else bell.ring_delivery
    ring(task_id)
    workers.wait_for_log("this job fails")
    (workers.folder / "raise").unlink()
    ring(task_id)
    workers.wait_for("began", task_id)
    assert worker.poll() is None


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._command = f"touch {marker}"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self._command,)


def test_what_a_stranger_put_into_redis_is_refused(
    workers: Workers, redis_url: str, tmp_path: Path
) -> None:
    marker = tmp_path / "pwned"
    workers.start("deliveries", redis_url=redis_url)
    with Redis.from_url(redis_url) as redis:
        queue = Queue("deliveries", connection=redis, serializer=JSONSerializer)
        queue.enqueue("os.system", f"touch {marker}")
        queue.enqueue("jobs.handle_delivery.handle_delivery", "a", "b")
        pickled = Queue("deliveries", connection=redis).enqueue("os.system", f"touch {marker}")
        trapped = {"data": pickle.dumps(Trap(marker)), "meta": pickle.dumps(Trap(marker))}
        redis.hset(pickled.key, mapping=trapped)
        for name in ("no such job", b"\xff\xfe", "a b"):
            redis.lpush(queue.key, name)
        ours = b'["jobs.handle_delivery.handle_delivery", null, ["x"], {}]'
        redis.hset("rq:job:a b", "data", zlib.compress(ours))
        _bell(redis_url).ring_delivery("guid")
        workers.wait_for("began", "guid")
        assert redis.llen(queue.key) == 0
        assert not redis.exists(queue.intermediate_queue_key)
    workers.wait_for_log("function 'os.system'")
    assert not marker.exists()
    assert workers.noted("began", "x") == []


def test_an_idle_worker_ends_soon_when_asked(workers: Workers, redis_url: str, url: str) -> None:
    for queue in ("tasks", "deliveries"):
        worker = workers.start(queue, redis_url=redis_url, database_url=url)
        until((workers.folder / "log").read_text, "it logs")
        worker.terminate()
        assert worker.wait(20) == 0


def test_a_running_job_is_told_of_the_end_and_gives_its_task_back(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=redis_url, database_url=url)
    task_id = _task(records)
    _bell(redis_url).ring_task(task_id)
    workers.wait_for("began", task_id)
    worker.terminate()
    workers.wait_for("released", task_id, within_s=15)
    assert worker.wait(20) == 0
    assert Tasks(records).unattended() == [task_id]


def test_a_job_that_does_not_fork_is_told_too(workers: Workers, redis_url: str) -> None:
    (workers.folder / "hold").touch()
    worker = workers.start("deliveries", redis_url=redis_url)
    _bell(redis_url).ring_delivery("guid")
    workers.wait_for("began", "guid")
    worker.terminate()
    workers.wait_for("told", "guid", within_s=15)
    assert worker.wait(20) == 0


def test_a_job_near_its_end_may_finish_before_the_worker_ends(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    worker = workers.start("tasks", redis_url=redis_url, database_url=url, stubborn=True)
    task_id = _task(records)
    _bell(redis_url).ring_task(task_id)
    workers.wait_for("began", task_id)
    worker.terminate()
    workers.finish()
    assert worker.wait(10) == 0
    assert workers.noted("ended", task_id)


def test_a_job_that_will_not_end_is_killed_after_the_grace(
    workers: Workers, redis_url: str, url: str, records: Database
) -> None:
    worker = workers.start(
        "tasks", redis_url=redis_url, database_url=url, stubborn=True, grace_s=0.5
    )
    task_id = _task(records)
    _bell(redis_url).ring_task(task_id)
    horse = workers.wait_for("began", task_id)
    worker.terminate()
    assert ends(horse, within_s=15)
    assert worker.wait(20) == 0
