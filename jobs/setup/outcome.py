"""What came of a set-up, as this machine remembers it."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from jobs.sandbox import Snapshot

_MOST_KEPT = 30
"""Outcomes of one repository."""
_TRIES = 3
_NOT_AGAIN_FOR_S = 3600.0
"""What has failed three times is left for so long: each try costs the task its minutes."""


@dataclass(frozen=True)
class Tried:
    """One command of a set-up, and how it ended."""

    command: str
    exit_code: int
    seconds: float
    last_lines: str = ""
    """Of what it printed, where it failed."""
    reports: tuple[str, ...] = ()
    """What it did otherwise than was asked."""


@dataclass(frozen=True)
class SetupOutcome:
    """What was tried and what was kept."""

    kept: str = ""
    """The key under which what it left was saved; empty where nothing was."""
    tried: tuple[Tried, ...] = ()
    trouble: str = ""
    """Why it could not even be tried to its end."""
    begun: bool = False
    """Whether anything of the project's was run: before that, the fault is this machine's."""
    python: str = ""
    made_at: str = ""
    """The commit whose code it was made with."""
    refused_hosts: tuple[str, ...] = ()
    task_id: str = ""
    at: float = 0.0
    tries: int = 1

    @property
    def failed(self) -> tuple[Tried, ...]:
        """The commands that did not end well."""
        return tuple(one for one in self.tried if one.exit_code)

    @property
    def whole(self) -> bool:
        """Say whether everything was done and kept."""
        return bool(self.kept) and not self.failed and not self.trouble

    def stands_for(self, task_id: str) -> bool:
        """Say whether a task goes by it: a failed one is tried again, but not for ever."""
        if self.whole or self.task_id == task_id:
            return True
        return self.tries >= _TRIES and time.time() - self.at < _NOT_AGAIN_FOR_S

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        tried = tuple(
            Tried(**{**one, "reports": tuple(one.get("reports", ()))}) for one in stored["tried"]
        )
        hosts = tuple(stored["refused_hosts"])
        return cls(**{**stored, "tried": tried, "refused_hosts": hosts})


@dataclass(frozen=True)
class Shelf:
    """The outcomes of this machine's set-ups, each in a file beside its lock."""

    folder: Path

    def lock(self, snapshot: Snapshot) -> Path:
        """Return the file that who sets up holds a lock on."""
        return self._file(snapshot).with_suffix(".lock")

    def read(self, snapshot: Snapshot) -> SetupOutcome | None:
        """Return what came of the set-up with this key, if there was one."""
        try:
            return SetupOutcome.from_json(json.loads(self._file(snapshot).read_text("utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None  # one of an older release, or cut off by a power cut, is none

    def write(self, snapshot: Snapshot, outcome: SetupOutcome) -> None:
        """Remember it, whole or not at all."""
        file = self._file(snapshot)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".new-{os.getpid()}")
        new.write_text(json.dumps(asdict(outcome)), "utf-8")
        new.replace(file)
        self._tidy(snapshot)

    def forget(self, snapshot: Snapshot) -> None:
        """Have the set-up done again: what it left is gone."""
        self._file(snapshot).unlink(missing_ok=True)

    def _tidy(self, snapshot: Snapshot) -> None:
        """Keep the newest of a repository: what is forgotten is only done again."""
        mine = self.folder.glob(f"{int(snapshot.repository_id)}-*.json")
        for old in sorted(mine, key=_written)[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)

    def _file(self, snapshot: Snapshot) -> Path:
        return self.folder / f"{int(snapshot.repository_id)}-{snapshot.key}.json"


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # another job has just forgotten it
