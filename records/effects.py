"""Effects: each write to GitHub happens once, also when a process dies or an answer is lost."""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from records.database import Database
from records.fence import held
from records.schema import DatabaseTime, EffectRow, TaskRow
from records.task import Lease, LeaseLost, canonical_json

Result = dict[str, Any]
_TRIES = 3
_POLL_S = 0.1


class EffectState(StrEnum):
    """How far an effect is."""

    ATTEMPTING = "attempting"
    """Somebody is at it, or died at it."""
    AMBIGUOUS = "ambiguous"
    """Nobody is at it any more, and it may have happened."""
    DONE = "done"


class Ambiguous(Exception):
    """Raised by `do`: the write may have happened or not (time-out, 5xx, connection lost)."""


class _TurnLost(Exception):
    """Another process thought this one dead, and has taken over the effect."""


@dataclass(frozen=True)
class _Turn:
    """The right to attempt an effect now."""

    scope: str
    key: str
    attempt: str
    pauses_s: tuple[float, ...] = ()
    """How long to wait before each look; without any, nothing can have happened yet."""

    def row(self) -> ColumnElement[bool]:
        """Say in SQL which effect this is."""
        return (EffectRow.scope == self.scope) & (EffectRow.key == self.key)


class Effects:
    """The ledger of one database.

    `patience_s` is how long an attempt of another process is waited for before it counts as dead;
    every `do` has to give up sooner than that. After an answer is lost, `look` is asked after each
    of `pauses_s`: what has happened may be carried out late, and be seen later still.
    """

    def __init__(
        self,
        database: Database,
        *,
        patience_s: float = 30.0,
        pauses_s: tuple[float, ...] = (1.0, 3.0, 8.0),
    ) -> None:
        self._database = database
        self._patience_s = patience_s
        self._pauses_s = pauses_s

    def once(
        self,
        scope: str,
        key: str,
        *,
        do: Callable[[], Result],
        look: Callable[[], Result | None],
        lease: Lease | None = None,
    ) -> Result:
        """Make the effect happen once, and give its result, now and at every later call.

        `look` finds the effect where it would be if it had happened. After an attempt of which the
        end is not known, it is asked before `do` is called again.
        """
        while True:
            turn = self._claim(scope, key, lease)
            match turn:
                case None:
                    time.sleep(_POLL_S)
                case _Turn():
                    with suppress(_TurnLost):
                        return self._carry_out(turn, do, look, lease)
                case _:
                    return turn

    def known(self, scope: str, key: str) -> Result | None:
        """Return the result of an effect that is done; None if it is not, or never was asked."""
        done = (EffectRow.scope == scope) & (EffectRow.key == key)
        statement = select(EffectRow.result).where(done, EffectRow.state == EffectState.DONE)
        with self._database.reading() as connection:
            recorded = connection.execute(statement).scalar_one_or_none()
        return None if recorded is None else _result(recorded)

    def forget(self, scope: str) -> bool:
        """Forget what is done in a scope, so that it can be done anew; say whether there was any.

        Only for what stands in the ledger and nowhere else: a write to GitHub stays where it is.
        """
        done = (EffectRow.scope == scope) & (EffectRow.state == EffectState.DONE)
        with self._database.writing() as connection:
            return connection.execute(delete(EffectRow).where(done)).rowcount > 0

    def _claim(self, scope: str, key: str, lease: Lease | None) -> _Turn | Result | None:
        """Give the turn, or the result if it is done, or None while somebody else is at it."""
        turn = _Turn(scope, key, uuid.uuid4().hex)
        begin = {
            "attempt": turn.attempt,
            "state": EffectState.ATTEMPTING,
            "began_at": DatabaseTime(),
        }
        busy = EffectRow.began_at > DatabaseTime() - self._patience_s
        found = select(EffectRow.state, EffectRow.result, busy.label("busy")).where(turn.row())
        try:
            with self._database.writing() as connection:
                _check_lease(connection, lease)
                row = connection.execute(found.with_for_update()).one_or_none()
                if row is None:
                    first = {"scope": scope, "key": key, "attempts": 1, **begin}
                    connection.execute(insert(EffectRow).values(first))
                    return turn
                if row.state == EffectState.DONE:
                    return _result(row.result)
                if row.state == EffectState.ATTEMPTING and row.busy:
                    return None
                again = {"attempts": EffectRow.attempts + 1, **begin}
                connection.execute(update(EffectRow).where(turn.row()).values(again))
        except IntegrityError:
            return None  # another process put the row there between our look and our insert
        # What was begun long ago is seen at once if it has happened.
        return _Turn(scope, key, turn.attempt, (0.0, *(self._pauses_s if row.busy else ())))

    def _carry_out(
        self,
        turn: _Turn,
        do: Callable[[], Result],
        look: Callable[[], Result | None],
        lease: Lease | None,
    ) -> Result:
        settled = False
        try:
            result = self._try(turn, do, look, lease)
            settled = True
        finally:
            if not settled:
                # It may have gone wrong after the write: the next caller looks first.
                self._leave_open(turn)
        return self._finish(turn, result, lease)

    def _try(
        self,
        turn: _Turn,
        do: Callable[[], Result],
        look: Callable[[], Result | None],
        lease: Lease | None,
    ) -> Result:
        pauses_s = turn.pauses_s
        for _ in range(_TRIES):
            if pauses_s:
                if (found := self._look(turn, look, lease, pauses_s)) is not None:
                    return found
                self._keep(turn, lease, attempts=1)
            try:
                return do()
            except Ambiguous:
                pauses_s = self._pauses_s
        if (found := self._look(turn, look, lease, pauses_s)) is not None:
            return found
        raise Ambiguous(f"{turn.scope} {turn.key}: no clear answer in {_TRIES} tries")

    def _look(
        self,
        turn: _Turn,
        look: Callable[[], Result | None],
        lease: Lease | None,
        pauses_s: tuple[float, ...],
    ) -> Result | None:
        for pause_s in pauses_s:
            time.sleep(pause_s)
            self._keep(turn, lease)
            if (found := look()) is not None:
                return found
        return None

    def _keep(self, turn: _Turn, lease: Lease | None, *, attempts: int = 0) -> None:
        """Let others wait a while longer, if it is still this process that they wait for."""
        mine = turn.row() & (EffectRow.attempt == turn.attempt)
        again = {"attempts": EffectRow.attempts + attempts, "began_at": DatabaseTime()}
        with self._database.writing() as connection:
            _check_lease(connection, lease)
            if connection.execute(update(EffectRow).where(mine).values(again)).rowcount != 1:
                raise _TurnLost

    def _leave_open(self, turn: _Turn) -> None:
        mine = turn.row() & (EffectRow.attempt == turn.attempt)
        unsettled = mine & (EffectRow.state == EffectState.ATTEMPTING)
        statement = update(EffectRow).where(unsettled).values(state=EffectState.AMBIGUOUS)
        with self._database.writing() as connection:
            connection.execute(statement)

    def _finish(self, turn: _Turn, result: Result, lease: Lease | None) -> Result:
        """Record the result, or take the one that another process has recorded meanwhile."""
        done = {
            "state": EffectState.DONE,
            "result": canonical_json(result),
            "done_at": DatabaseTime(),
        }
        open_row = turn.row() & (EffectRow.state != EffectState.DONE)
        with self._database.writing() as connection:
            connection.execute(update(EffectRow).where(open_row).values(done))
            recorded = connection.execute(select(EffectRow.result).where(turn.row())).scalar_one()
            still_ours = lease is None or _holds(connection, lease)
        # What happened has happened and is on record; whoever lost the task stops all the same.
        if not still_ours:
            raise LeaseLost(f"{turn.scope} {turn.key} is done, but the task is another job's")
        return _result(recorded)


def _result(recorded: str | None) -> Result:
    result: Result = json.loads(recorded or "{}")
    return result


def _holds(connection: Connection, lease: Lease) -> bool:
    fence = select(TaskRow.id).where(held(lease)).with_for_update(read=True)
    return connection.execute(fence).one_or_none() is not None


def _check_lease(connection: Connection, lease: Lease | None) -> None:
    if lease is not None and not _holds(connection, lease):
        raise LeaseLost(f"task {lease.task_id} is no longer this job's")
