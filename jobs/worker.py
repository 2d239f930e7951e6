"""The worker: takes ids from one queue and runs the one job that belongs to it.

An RQ worker of our own make. RQ's leaves its work-horse running when it is killed, ends itself
when Redis is away for a moment, and imports whatever function Redis names.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DequeueTimeout
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_registration import clean_worker_registry

from jobs.queues import ForeignJob, QueueName, as_words, connect, open_queue, read_job
from jobs.stopping import heed_signals

_WAIT_FOR_JOB_S = 1
_WAIT_FOR_REDIS_S = 1.0
_HEARTBEAT_S = 5.0
_TIDY_S = 15.0
_WORKER_TTL_S = 30
_DEAD_AFTER_POP_S = 60.0
_PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


def serve(
    queue: QueueName,
    *,
    redis_url: str,
    job: Callable[[str], None],
    stopping: threading.Event,
    forking: bool,
    grace_s: float = 30.0,
) -> None:
    """Run `job(id)` for each id that is rung, until the process is asked to end.

    `stopping` is the event that a running job can see when that happens: the same object that the
    job was built with. With `forking`, each job runs in a child that dies with this process, and
    is killed `grace_s` after the request if it has not ended by itself.
    """
    redis = connect(redis_url, patience_s=_WAIT_FOR_JOB_S + 4.0)
    worker = HouseWorker(queue, redis, job=job, stopping=stopping, forking=forking, grace_s=grace_s)
    worker.run()


class HouseWorker(Worker):
    """An RQ worker for one queue that outlives Redis and takes its work-horse along.

    RQ keeps the registry of workers and executions (`rq info` shows it); the loop, the horse and
    the reading of jobs are our own.
    """

    def __init__(
        self,
        name: QueueName,
        redis: Redis,
        *,
        job: Callable[[str], None],
        stopping: threading.Event,
        forking: bool,
        grace_s: float,
    ) -> None:
        super().__init__(
            [open_queue(name, redis)],
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=_WORKER_TTL_S,
            job_monitoring_interval=int(_HEARTBEAT_S),
        )
        self._queue_name = name
        self._queue: Queue = self.queues[0]
        self._job = job
        self._stopping = stopping
        self._forking = forking
        self._grace_s = grace_s
        self._popped: dict[bytes | str, float] = {}
        self._next_tidy = self._next_heartbeat = 0.0

    def _set_ip_address(self, connection: Redis) -> None:  # noqa: ARG002 - RQ's shape
        # RQ asks Redis for it, and so cannot start while Redis is away.
        self.ip_address = "unknown"

    @property
    def connection_timeout(self) -> int:
        """How long Redis may take for an answer; RQ would lengthen it to its own waiting time."""
        return _WAIT_FOR_JOB_S + 4

    def run(self) -> None:
        """Take and run jobs until asked to end."""
        self._install_signal_handlers()
        log.info("worker.started", queue=self._queue_name, worker=self.name)
        while not self._asked_to_end():
            try:
                self._register_and_tidy()
                entry = self._next_entry()
                if entry is not None:
                    self._answer(entry)
            except RedisError as error:
                log.warning("worker.redis_away", error=str(error))
                time.sleep(_WAIT_FOR_REDIS_S)
        self._tell_redis(self.register_death)
        log.info("worker.stopped", queue=self._queue_name, worker=self.name)

    def _install_signal_handlers(self) -> None:
        if not self._forking:
            heed_signals(self._stopping)
            return
        # The parent of a horse has no thread of its own, so that its forks are safe.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.request_stop)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - RQ's shape
        """Remember that the process shall end; the loops look."""
        self._stop_requested = True

    def _asked_to_end(self) -> bool:
        return self._stop_requested or self._stopping.is_set()

    def _register_and_tidy(self) -> None:
        now = time.monotonic()
        if now < self._next_heartbeat:
            return
        if not self.connection.sismember(self.redis_workers_keys, self.key):
            # The first time, and after Redis lost its data, of which a heartbeat makes some anew.
            self.connection.delete(self.key)
            self.register_birth()  # type: ignore[no-untyped-call]
        self.heartbeat()
        self._next_heartbeat = now + _HEARTBEAT_S
        if now >= self._next_tidy:
            self._tidy()
            self._next_tidy = now + _TIDY_S

    def _tidy(self) -> None:
        """Sweep out what dead workers left in Redis; the clock has rung for it long since."""
        clean_worker_registry(self._queue)
        self.connection.zremrangebyscore(self._queue.started_job_registry.key, 0, time.time())
        key, now = self._queue.intermediate_queue_key, time.monotonic()
        popped = self.connection.lrange(key, 0, -1)
        self._popped = {entry: self._popped.get(entry, now) for entry in popped}
        for entry, since in self._popped.items():
            if now - since > _DEAD_AFTER_POP_S:
                self._forget(entry)

    def _next_entry(self) -> bytes | str | None:
        try:
            found = Queue.lmove(self.connection, self._queue.key, _WAIT_FOR_JOB_S)
        except DequeueTimeout:
            return None
        return None if found is None else found[1]

    def _answer(self, entry: bytes | str) -> None:
        job_id = as_words(entry)
        data = self.connection.hget(Job.key_for(job_id), "data")
        try:
            subject = read_job(self._queue_name, data)
            job = Job(job_id, connection=self.connection, serializer=JSONSerializer)
        except (ForeignJob, ValueError) as foreign:
            log.warning("worker.refused", job=job_id, why=str(foreign))
            self._forget(entry)
            return
        job.origin, job.timeout = self._queue.name, -1
        execution = self.prepare_execution(job)
        self.connection.lrem(self._queue.intermediate_queue_key, 1, entry)  # type: ignore[arg-type]
        try:
            self._run_job(job, execution, subject)
        finally:
            self._tell_redis(lambda: self._forget(entry, job, execution))

    def _run_job(self, job: Job, execution: Execution, subject: str) -> None:
        log.info("job.started", queue=self._queue_name, subject=subject)
        began = time.monotonic()
        if self._forking:
            how = self._run_in_horse(job, execution, subject)
        else:
            how = self._run_here(subject)
        seconds = round(time.monotonic() - began, 3)
        log.info("job.ended", queue=self._queue_name, subject=subject, how=how, seconds=seconds)

    def _run_here(self, subject: str) -> str:
        try:
            self._job(subject)
        except Exception:
            # The door of the worker: whatever one job does, the next one gets its turn.
            log.exception("job.raised", queue=self._queue_name, subject=subject)
            return "raised"
        return "returned"

    def _run_in_horse(self, job: Job, execution: Execution, subject: str) -> str:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        horse = os.fork()
        if horse == 0:
            self._be_horse(parent, subject)
        self._horse_pid = horse
        try:
            code = self._watch_horse(horse, job, execution)
        finally:
            self._horse_pid = 0
        match code:
            case 0:
                return "returned"
            case _ if code < 0:
                return f"killed by {signal.Signals(-code).name}"
            case _:
                return "raised"

    def _be_horse(self, parent: int, subject: str) -> None:
        """Run the job, and never come back from here."""
        code = 1
        try:
            os.setpgrp()
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before we asked to hear of it
                os._exit(1)
            heed_signals(self._stopping)
            code = 0 if self._run_here(subject) == "returned" else 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch_horse(self, horse: int, job: Job, execution: Execution) -> int:
        """Wait for the horse, tell Redis that we live, pass on a request to end."""
        watch = os.pidfd_open(horse)
        kill_at: float | None = None
        next_heartbeat = time.monotonic() + _HEARTBEAT_S
        try:
            while not select.select([watch], [], [], 1.0)[0]:
                now = time.monotonic()
                if self._asked_to_end() and kill_at is None:
                    signal.pidfd_send_signal(watch, signal.SIGTERM)
                    kill_at = now + self._grace_s
                if kill_at is not None and now >= kill_at:
                    self.kill_horse()
                if now >= next_heartbeat:
                    self._tell_redis(lambda: self.maintain_heartbeats(job, execution))
                    next_heartbeat = time.monotonic() + _HEARTBEAT_S
        finally:
            os.close(watch)
        return os.waitstatus_to_exitcode(os.waitpid(horse, 0)[1])

    def _forget(
        self, entry: bytes | str, job: Job | None = None, execution: Execution | None = None
    ) -> None:
        """Leave nothing of a job in Redis: the records are elsewhere."""
        with self.connection.pipeline() as pipeline:
            if job is not None:
                self.cleanup_execution(job, pipeline=pipeline, execution=execution)
            pipeline.lrem(self._queue.intermediate_queue_key, 1, entry)  # type: ignore[arg-type]
            pipeline.delete(Job.key_for(as_words(entry)))
            pipeline.execute()

    def _tell_redis(self, news: Callable[[], Any]) -> None:
        """Tell Redis something that it may miss."""
        try:
            news()
        except RedisError as error:
            log.warning("worker.redis_away", error=str(error))
