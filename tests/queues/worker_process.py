"""A worker as it runs in production, with a job that takes its task, works until told, and tells.

Run as a program by the tests: `python worker_process.py '{"queue": "tasks", …}'`. The job notes
what happens in the file `notes`, one line each, and works until the file `finish` is there.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.worker import serve
from records.actions import Actions
from records.database import open_database
from records.tasks import Lease, LeaseLost, Tasks, TaskState

LEASE_S = 3.0


def note(folder: Path, *words: object) -> None:
    """Add a line; lines of this length are written whole, whoever else writes."""
    line = " ".join(str(word) for word in (*words, os.getpid())) + "\n"
    with (folder / "notes").open("a") as notes:
        notes.write(line)


def task_job(
    folder: Path, database_url: str, stopping: threading.Event, *, stubborn: bool
) -> Callable[[str], None]:
    database = open_database(database_url)
    tasks, actions = Tasks(database), Actions(database)

    def work(task_id: str, lease: Lease) -> None:
        while not (folder / "finish").exists():
            if stopping.is_set() and not stubborn:
                tasks.release(lease)
                note(folder, "released", task_id)
                return
            tasks.renew(lease, LEASE_S)
            actions.append(lease, "event", {"epoch": lease.epoch})
            threading.Event().wait(0.1)
        tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="")
        note(folder, "ended", task_id)

    def run_task(task_id: str) -> None:
        if (folder / "raise").exists():
            raise RuntimeError("this job fails")
        lease = tasks.take(task_id, f"job-{os.getpid()}", LEASE_S)
        if lease is None:
            note(folder, "refused", task_id)
            return
        note(folder, "began", task_id)
        try:
            work(task_id, lease)
        except LeaseLost:
            note(folder, "lost", task_id)

    return run_task


def delivery_job(folder: Path, stopping: threading.Event) -> Callable[[str], None]:
    def handle_delivery(delivery_id: str) -> None:
        if (folder / "raise").exists():
            raise RuntimeError("this job fails")
        note(folder, "began", delivery_id)
        if (folder / "hold").exists():
            stopping.wait(30)
            note(folder, "told", delivery_id)

    return handle_delivery


def main(options: dict[str, Any]) -> None:
    folder, stopping = Path(options["folder"]), threading.Event()
    if options["queue"] == "tasks":
        job = task_job(folder, options["database_url"], stopping, stubborn=options["stubborn"])
    else:
        job = delivery_job(folder, stopping)
    note(folder, "worker", options["queue"])
    serve(
        options["queue"],
        redis_url=options["redis_url"],
        job=job,
        stopping=stopping,
        forking=options["queue"] == "tasks",
        grace_s=options["grace_s"],
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
