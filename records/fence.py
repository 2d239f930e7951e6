"""Says in SQL that a lease stands, so that only its holder writes for a task."""

from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.sql.elements import ColumnElement

from records.schema import TaskRow
from records.task import Lease, LeaseLost


def held(lease: Lease) -> ColumnElement[bool]:
    """Say in SQL that the lease stands: nobody took the task since, and it was not given back."""
    return (
        (TaskRow.id == lease.task_id)
        & (TaskRow.epoch == lease.epoch)
        & (TaskRow.owner == lease.owner)
    )


def write_fenced(connection: Connection, lease: Lease, values: dict[str, Any]) -> None:
    """Write columns of the task if the lease still stands, else raise LeaseLost."""
    changed = connection.execute(update(TaskRow).where(held(lease)).values(values))
    if changed.rowcount != 1:
        raise LeaseLost(f"task {lease.task_id} is no longer this job's (epoch {lease.epoch})")
