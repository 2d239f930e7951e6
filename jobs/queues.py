"""The bell: what travels through Redis is an id and a queue's name, and all of it may get lost."""

import json
import re
import time
import uuid
import zlib
from dataclasses import dataclass
from typing import Literal

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QueueName = Literal["deliveries", "tasks"]

# The only two things that a worker does. The names are for people who look into Redis: they are
# compared, never imported.
FUNCTIONS: dict[QueueName, str] = {
    "deliveries": "jobs.handle_delivery.handle_delivery",
    "tasks": "jobs.run_task.run_task",
}

_DAY_S = 24 * 3600
_LARGEST_JOB = 4096


class BellSilent(Exception):
    """Redis is away; the clock will ring instead."""


class ForeignJob(Exception):
    """Something in the queue that none of ours put there."""


class Bell:
    """Wakes the workers: `Bell("redis://…")`.

    `patience_s` is short, since a webhook is answered behind it: a ring that got lost is made good
    by the clock, a late answer to GitHub is not. `start_s` is how long a worker may take from
    the queue to the start of a job before it counts as dead.
    """

    def __init__(self, redis_url: str, *, patience_s: float = 0.05, start_s: float = 10.0) -> None:
        self._redis = connect(redis_url, patience_s=patience_s)
        self._start_s = start_s
        self._first_seen: dict[str, float] = {}

    def ring_delivery(self, delivery_id: str) -> None:
        """Wake an intake worker for a delivery; BellSilent if Redis is away."""
        self._ring("deliveries", delivery_id)

    def ring_task(self, task_id: str) -> None:
        """Wake an agent worker for a task; BellSilent if Redis is away."""
        self._ring("tasks", task_id)

    def carried(self) -> set[str]:
        """Name the deliveries and tasks that a job in Redis is still on its way for.

        A started job is not on its way any more: whether somebody works is what the lease in the
        database says, and the dead leave their entries in Redis for a long time. Nothing is
        cleaned up here, unlike in RQ's own look at its registries.
        """
        try:
            waiting, popped = self._jobs_in_queues()
        except RedisError as error:
            raise BellSilent(str(error)) from error
        now = time.monotonic()
        self._first_seen = {job_id: self._first_seen.get(job_id, now) for job_id in popped}
        starting = {
            job_id for job_id, since in self._first_seen.items() if now - since < self._start_s
        }
        return {subject_of(job_id) for job_id in waiting | starting}

    def _ring(self, name: QueueName, subject: str) -> None:
        try:
            open_queue(name, self._redis).enqueue_call(
                FUNCTIONS[name],
                args=(subject,),
                job_id=job_id_for(subject),
                description=subject,
                timeout=-1,  # a task knows its own limits; RQ's would kill without a word
                ttl=_DAY_S,
                result_ttl=0,
                failure_ttl=0,
            )
        except RedisError as error:
            raise BellSilent(str(error)) from error

    def _jobs_in_queues(self) -> tuple[set[str], set[str]]:
        waiting: set[str] = set()
        popped: set[str] = set()
        for name in FUNCTIONS:
            queue = open_queue(name, self._redis)
            waiting |= _members(self._redis, queue.key)
            popped |= _members(self._redis, queue.intermediate_queue_key)
        return waiting, popped


def connect(redis_url: str, *, patience_s: float) -> Redis:
    """Connect to Redis without any retry of the client's own: each caller knows what to do."""
    return Redis.from_url(
        redis_url,
        socket_connect_timeout=min(patience_s, 0.05),
        socket_timeout=patience_s,
        retry=Retry(NoBackoff(), 0),
    )


@dataclass(frozen=True)
class RedisSettings:
    """What of a Redis's own settings matters here."""

    version: str
    append_only: bool
    eviction: str
    """Its `maxmemory-policy`: what goes when its memory is short."""


def settings_of_redis(redis_url: str) -> RedisSettings:
    """Ask a Redis how it is set up; BellSilent if it does not answer."""
    redis = connect(redis_url, patience_s=5.0)
    try:
        told = redis.info("server"), redis.info("persistence"), redis.info("memory")
    except RedisError as error:
        raise BellSilent(str(error)) from error
    finally:
        redis.close()
    server, persistence, memory = told
    return RedisSettings(
        version=str(server["redis_version"]),
        append_only=bool(persistence["aof_enabled"]),
        eviction=str(memory["maxmemory_policy"]),
    )


def open_queue(name: QueueName, redis: Redis) -> Queue:
    """Open one of the two queues, in JSON."""
    return Queue(name, connection=redis, serializer=JSONSerializer)


def job_id_for(subject: str) -> str:
    """Make a job id, never used before, from which the subject can be read again."""
    # RQ allows letters, digits, dashes and underscores.
    spelt = re.sub(r"[^A-Za-z0-9-]", lambda odd: f"_{odd[0].encode().hex()}_", subject)
    return f"{spelt}-{uuid.uuid4().hex}"


def subject_of(job_id: str) -> str:
    """Read the subject from a job id; whatever the id is, some text comes back."""
    spelt = job_id.rpartition("-")[0]
    return re.sub(
        r"_((?:[0-9a-f]{2})+)_",
        lambda odd: bytes.fromhex(odd[1]).decode("utf-8", "replace"),
        spelt,
    )


def read_job(name: QueueName, data: bytes | str | None) -> str:
    """Read the subject of a job as it lies in Redis; ForeignJob if it asks for anything else."""
    if not isinstance(data, bytes):
        raise ForeignJob("nothing there")
    try:
        plain = zlib.decompressobj().decompress(data, _LARGEST_JOB)
        match json.loads(plain):
            case [function, None, [str(subject)], dict(keywords)] if (
                function == FUNCTIONS[name] and not keywords
            ):
                return subject
            case [function, *_]:
                raise ForeignJob(f"function {str(function)[:100]!r}")
            case _:
                raise ForeignJob("not a job")
    except (ValueError, zlib.error, RecursionError) as error:
        raise ForeignJob(f"not readable: {error}") from error


def as_words(value: bytes | str) -> str:
    """Read what Redis gives, whatever bytes somebody put there."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _members(redis: Redis, key: str) -> set[str]:
    return {as_words(member) for member in redis.lrange(key, 0, -1)}
