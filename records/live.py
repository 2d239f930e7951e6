"""Says in SQL which rows still matter, word for word as the indexes over them say it.

Of a table that grows for ever the clock looks only at what has not ended. A partial index serves
that, but the planners of both databases use one only where the question has its very condition in
it: https://sqlite.org/partialindex.html. So the states are written out, and are no parameters.
"""

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.sql.elements import BindParameter, ColumnElement

from records.schema import DeliveryRow, TaskRow
from records.task import TaskState

_LIVE = (TaskState.QUEUED, TaskState.RUNNING, TaskState.WAITING)


def not_ended(row: Any = TaskRow) -> ColumnElement[bool]:
    """Say that a task has not ended; `row` is the table, or another name for it."""
    states = [str(state) for state in _LIVE]
    written: BindParameter[Any] = bindparam(None, states, expanding=True, literal_execute=True)
    condition: ColumnElement[bool] = row.state.in_(written)
    return condition


def not_handled() -> ColumnElement[bool]:
    """Say that a delivery is still to be handled."""
    return DeliveryRow.state == bindparam(None, "received", literal_execute=True)
