"""The bell: an id is all it carries, and its silence costs next to nothing."""

import os
import signal
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from jobs.queues import Bell, BellSilent, ForeignJob, job_id_for, read_job, subject_of
from tests.fixtures.redis_server import RedisServer

GUID = "7c3e1f40-0b5a-11ee-8000-0242ac120002"


def _popped(redis_url: str, queue: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.lmove(f"rq:queue:{queue}", f"rq:queue:{queue}:intermediate")


def test_what_was_rung_and_not_yet_begun_is_carried(redis_url: str) -> None:
    bell = Bell(redis_url)
    assert bell.carried() == set()
    bell.ring_delivery(GUID)
    bell.ring_task("k7m2")
    bell.ring_task("k7m2")
    assert bell.carried() == {GUID, "k7m2"}


def test_two_rings_for_one_task_are_two_jobs(redis_url: str) -> None:
    bell = Bell(redis_url)
    bell.ring_task("k7m2")
    bell.ring_task("k7m2")
    with Redis.from_url(redis_url) as redis:
        assert len(set(redis.lrange("rq:queue:tasks", 0, -1))) == 2


def test_what_a_worker_took_and_never_began_is_carried_no_longer(redis_url: str) -> None:
    patient, hasty = Bell(redis_url), Bell(redis_url, start_s=0.0)
    patient.ring_task("k7m2")
    _popped(redis_url, "tasks")
    assert patient.carried() == {"k7m2"}
    assert hasty.carried() == set()


def test_looking_changes_nothing_in_redis(redis_url: str) -> None:
    bell = Bell(redis_url)
    bell.ring_task("k7m2")
    bell.ring_task("p3q4")
    _popped(redis_url, "tasks")
    with Redis.from_url(redis_url) as redis:
        redis.zadd("rq:wip:tasks", {"dead:execution": 1.0})
        before = {key: redis.dump(key) for key in redis.scan_iter()}
        bell.carried()
        assert {key: redis.dump(key) for key in redis.scan_iter()} == before


def test_a_bell_without_redis_is_silent_at_once(tmp_path: Path) -> None:
    bell = Bell(f"unix://{tmp_path}/nothing.sock")
    began = time.monotonic()
    with pytest.raises(BellSilent):
        bell.ring_delivery(GUID)
    with pytest.raises(BellSilent):
        bell.carried()
    assert time.monotonic() - began < 0.1


def test_a_bell_with_a_redis_that_hangs_is_silent_soon(mortal_redis: RedisServer) -> None:
    bell = Bell(mortal_redis.url)
    bell.ring_task("k7m2")
    os.kill(mortal_redis.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(BellSilent):
        bell.ring_task("k7m2")
    took = time.monotonic() - began
    os.kill(mortal_redis.pid, signal.SIGCONT)
    assert took < 0.5


def test_a_bell_rings_again_when_redis_is_back(mortal_redis: RedisServer) -> None:
    bell = Bell(mortal_redis.url)
    bell.ring_task("k7m2")
    mortal_redis.kill()
    with pytest.raises(BellSilent):
        bell.ring_task("k7m2")
    mortal_redis.start()
    bell.ring_task("k7m2")
    assert bell.carried() == {"k7m2"}


@given(st.text(min_size=1, max_size=60))
def test_any_id_can_be_read_again_from_its_job(subject: str) -> None:
    subject = subject.encode("utf-8", "replace").decode()
    assert subject_of(job_id_for(subject)) == subject


@given(st.text(max_size=40))
def test_any_job_id_that_somebody_made_up_reads_as_some_text(job_id: str) -> None:
    assert isinstance(subject_of(job_id), str)


@given(st.binary(max_size=200))
def test_any_bytes_in_the_place_of_a_job_are_foreign(data: bytes) -> None:
    with pytest.raises(ForeignJob):
        read_job("tasks", data)


@pytest.mark.parametrize(
    "plain",
    [
        b'["os.system", null, ["true"], {}]',
        b'["jobs.handle_delivery.handle_delivery", null, ["k7m2"], {}]',
        b'["jobs.run_task.run_task", null, ["k7m2", "more"], {}]',
        b'["jobs.run_task.run_task", null, [7], {}]',
        b'["jobs.run_task.run_task", null, ["k7m2"], {"more": 1}]',
        b'["jobs.run_task.run_task", "instance", ["k7m2"], {}]',
        b"[" * 3000,
    ],
)
def test_a_job_that_is_not_exactly_ours_is_foreign(plain: bytes) -> None:
    with pytest.raises(ForeignJob):
        read_job("tasks", zlib.compress(plain))


@pytest.mark.parametrize("data", [None, "text", b"", zlib.compress(bytes(10_000_000))])
def test_what_is_no_job_at_all_is_foreign(data: bytes | str | None) -> None:
    with pytest.raises(ForeignJob):
        read_job("tasks", data)


def test_our_own_job_is_read() -> None:
    plain = b'["jobs.run_task.run_task", null, ["k7m2"], {}]'
    assert read_job("tasks", zlib.compress(plain)) == "k7m2"
