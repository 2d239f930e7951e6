"""Pacing: every write to GitHub has its own moment, given out here to all processes alike.

A repository's writes are a second apart, and an installation's no more than GitHub allows in a
minute and in an hour: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import DatabaseTime, PaceRow, WriteRow

_MINUTE_S, _HOUR_S = 60.0, 3600.0
_FIRST_SILENCE_S = 60.0
_MOST_DOUBLINGS = 4
_SPARED = 0.75
"""What words that can wait may use of a minute's and an hour's writes."""


@dataclass(frozen=True)
class Pace:
    """How fast may be written: GitHub's own figures, unless somebody has others."""

    apart_s: float = 1.0
    a_minute: int = 80
    an_hour: int = 500


class NoTurn(Exception):
    """The turn would come too late to wait for; `at` is when, in Unix seconds."""

    def __init__(self, at: float) -> None:
        super().__init__(f"the next write's turn is at {at:.0f}")
        self.at = at


@dataclass(frozen=True)
class WritesWaiting:
    """What is to be written to GitHub and has to wait."""

    number: int = 0
    """Writes whose moment has not come."""
    last_in_s: float = 0.0
    """In how many seconds the last of them has its turn."""
    silent_s: float = 0.0
    """For how many seconds GitHub wants to hear nothing."""


class Pacing:
    """The pace of all writes, in one database."""

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self._database = database
        self._pace = pace or Pace()

    def turn(self, installation_id: int, repository_id: int, *, longest_s: float) -> float:
        """Take the next moment for a write, and return in how many seconds it is.

        NoTurn, and nothing is taken, if that is longer than `longest_s` or in a silence.
        """
        with self._database.writing() as connection:
            self._lock(connection, installation_id)
            now = _now(connection)
            at = self._next(connection, installation_id, repository_id, now)
            if at > now + longest_s:
                raise NoTurn(at)
            _forget_old(connection, now)
            place = {"installation_id": installation_id, "repository_id": repository_id}
            row = {"id": uuid.uuid4().hex, **place, "at": at}
            connection.execute(insert(WriteRow).values(row))
        return at - now

    def spare_in(self, installation_id: int, repository_id: int) -> float:
        """Return in how many seconds there is room for a write that can wait for all others."""
        with self._database.reading() as connection:
            now = _now(connection)
            at = self._next(connection, installation_id, repository_id, now, _SPARED)
        return at - now

    def silent_until(self, installation_id: int) -> float:
        """Return until when GitHub wants to hear nothing from an installation, or 0."""
        statement = select(PaceRow.silent_until).where(
            PaceRow.installation_id == installation_id, PaceRow.silent_until > DatabaseTime()
        )
        with self._database.reading() as connection:
            return float(connection.execute(statement).scalar_one_or_none() or 0.0)

    def fall_silent(self, installation_id: int, wait_s: float | None) -> float:
        """Keep every process from asking for so long, and return until when.

        Where GitHub did not say how long, it is a minute, and twice as long each time that it
        happens soon again.
        """
        this = PaceRow.installation_id == installation_id
        with self._database.writing() as connection:
            self._lock(connection, installation_id)
            now = _now(connection)
            row = connection.execute(select(PaceRow.silent_until, PaceRow.times).where(this)).one()
            times = row.times + 1 if row.silent_until > now - 2 * _FIRST_SILENCE_S else 1
            doubled = _FIRST_SILENCE_S * 2 ** min(times - 1, _MOST_DOUBLINGS)
            until: float = max(row.silent_until, now + (doubled if wait_s is None else wait_s))
            values = {"silent_until": until, "times": times}
            connection.execute(update(PaceRow).where(this).values(values))
        return until

    def waiting(
        self, installation_id: int | None = None, repository_id: int | None = None
    ) -> WritesWaiting:
        """Say what waits: of one repository and its installation, or of all."""
        number, last = func.count(), func.max(WriteRow.at) - DatabaseTime()
        writes = select(number, last).where(WriteRow.at > DatabaseTime())
        silence = select(func.max(PaceRow.silent_until) - DatabaseTime())
        if repository_id is not None:
            writes = writes.where(WriteRow.repository_id == repository_id)
        if installation_id is not None:
            silence = silence.where(PaceRow.installation_id == installation_id)
        with self._database.reading() as connection:
            row = connection.execute(writes).one()
            silent: float | None = connection.execute(silence).scalar_one()
        return WritesWaiting(row[0], max(0.0, row[1] or 0.0), max(0.0, silent or 0.0))

    def _lock(self, connection: Connection, installation_id: int) -> None:
        """Let one process at a time look for a moment; SQLite's writers wait as they begin."""
        row = select(PaceRow.installation_id).where(PaceRow.installation_id == installation_id)
        if connection.execute(row.with_for_update()).one_or_none() is None:
            first = {"installation_id": installation_id, "silent_until": 0.0, "times": 0}
            try:
                with connection.begin_nested():
                    connection.execute(insert(PaceRow).values(first))
            except IntegrityError:
                connection.execute(row.with_for_update())

    def _next(
        self,
        connection: Connection,
        installation_id: int,
        repository_id: int,
        now: float,
        part: float = 1.0,
    ) -> float:
        """Return the first moment that all limits leave free; `part` of those by the hour."""
        ours = WriteRow.installation_id == installation_id
        newest = func.max(WriteRow.at)
        here = select(newest).where(ours, WriteRow.repository_id == repository_id)
        last: float | None = connection.execute(here).scalar_one()
        silent = connection.execute(
            select(PaceRow.silent_until).where(PaceRow.installation_id == installation_id)
        ).scalar_one_or_none()
        moments = [now, silent or 0.0, 0.0 if last is None else last + self._pace.apart_s]
        for most, window_s in ((self._pace.a_minute, _MINUTE_S), (self._pace.an_hour, _HOUR_S)):
            # So many writes ago: the window has to be over for that one before there is room.
            back = select(WriteRow.at).where(ours).order_by(WriteRow.at.desc()).limit(1)
            nth = back.offset(max(0, int(most * part) - 1))
            at = connection.execute(nth).scalar_one_or_none()
            moments.append(0.0 if at is None else at + window_s)
        return max(moments)


def _now(connection: Connection) -> float:
    return float(connection.execute(select(DatabaseTime())).scalar_one())


def _forget_old(connection: Connection, now: float) -> None:
    connection.execute(delete(WriteRow).where(WriteRow.at < now - _HOUR_S))
