"""Baselines: what the project's checks said about a base commit before anybody changed it."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from records.database import Database
from records.schema import BaselineRow

KEPT_S = 7 * 24 * 3600.0
"""Machines and clocks change; what is older is measured anew."""


@dataclass(frozen=True)
class BaseState:
    """A commit of a repository, in one environment."""

    repository_id: int
    base_sha: str
    environment: str
    """What the checks found there: the digest of a snapshot or image, and the sandbox's limits."""


class Baselines:
    """The baselines of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, of: BaseState, commands: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Read what is known, as JSON values by command; a command without a result is left out."""
        digests = {_digest(command): command for command in commands}
        statement = select(BaselineRow.check, BaselineRow.outcome).where(
            *_is(of),
            BaselineRow.check.in_(digests),
            BaselineRow.measured_at > time.time() - KEPT_S,
        )
        with self._database.reading() as connection:
            found = connection.execute(statement).all()
        return {digests[row.check]: json.loads(row.outcome) for row in found}

    def keep(self, of: BaseState, command: str, outcome: dict[str, Any]) -> None:
        """Keep a result instead of the one before, and drop what is too old of this repository."""
        now, check = time.time(), _digest(command)
        same = delete(BaselineRow).where(*_is(of), BaselineRow.check == check)
        outdated = delete(BaselineRow).where(
            BaselineRow.repository_id == of.repository_id, BaselineRow.measured_at < now - KEPT_S
        )
        values = {**vars(of), "check": check, "outcome": json.dumps(outcome), "measured_at": now}
        try:
            with self._database.writing() as connection:
                connection.execute(outdated)
                connection.execute(same)
                connection.execute(insert(BaselineRow), values)
        except IntegrityError:
            return  # another job kept its result for the same in this very moment


def _is(of: BaseState) -> tuple[Any, ...]:
    return (
        BaselineRow.repository_id == of.repository_id,
        BaselineRow.base_sha == of.base_sha,
        BaselineRow.environment == of.environment,
    )


def _digest(command: str) -> str:
    """Return a key of one length: PostgreSQL's index takes no command of two thousand letters."""
    return hashlib.sha256(command.encode("utf-8", "replace")).hexdigest()
