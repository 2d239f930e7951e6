"""Baselines: read back for the same commit in the same environment, and no other."""

import time
from dataclasses import replace

import pytest

from records.baselines import KEPT_S, Baselines, BaseState
from records.database import Database

HERE = BaseState(2**40, "ab" * 20, "an image")
LONG = "python3 -m pytest " + "ü" * 2000


def test_a_result_is_read_back_by_its_command(database: Database) -> None:
    baselines = Baselines(database)
    baselines.keep(HERE, LONG, {"state": "failed", "note": "old"})
    baselines.keep(HERE, LONG, {"state": "passed", "note": "ß"})
    baselines.keep(HERE, "make test", {"state": "no tests"})
    known = baselines.known(HERE, [LONG, "make check"])
    assert known == {LONG: {"state": "passed", "note": "ß"}}


@pytest.mark.parametrize(
    "other",
    [
        replace(HERE, repository_id=2**40 + 1),
        replace(HERE, base_sha="cd" * 20),
        replace(HERE, environment="another image"),
    ],
)
def test_a_result_says_nothing_about_another_state(database: Database, other: BaseState) -> None:
    baselines = Baselines(database)
    baselines.keep(HERE, "make test", {"state": "passed"})
    assert baselines.known(other, ["make test"]) == {}


def test_what_is_old_is_not_believed_and_not_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    baselines, now = Baselines(database), time.time()
    monkeypatch.setattr(time, "time", lambda: now - KEPT_S - 1)
    baselines.keep(HERE, "make test", {"state": "passed"})
    assert baselines.known(HERE, ["make test"])
    monkeypatch.undo()
    assert baselines.known(HERE, ["make test"]) == {}
    baselines.keep(replace(HERE, base_sha="cd" * 20), "make test", {"state": "passed"})
    monkeypatch.setattr(time, "time", lambda: now - KEPT_S - 1)
    assert baselines.known(HERE, ["make test"]) == {}
