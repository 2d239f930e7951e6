"""Effects: once, through lost answers, killed processes, and two that try at the same time."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from records.database import Database
from records.effects import Ambiguous, Effects
from records.tasks import LeaseLost, Tasks
from tests.records.given import lease, outdated_lease


class World:
    """Where effects are seen: each is a file in a folder, whichever process made it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.looks = 0

    def do(self) -> dict[str, Any]:
        number = len(self.effects())
        (self._folder / f"effect-{number}").write_text("made")
        return {"id": number}

    def look(self) -> dict[str, Any] | None:
        self.looks += 1
        return {"id": 0} if self.effects() else None

    def effects(self) -> list[Path]:
        return list(self._folder.glob("effect-*"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "world"
    folder.mkdir()
    return World(folder)


@pytest.fixture
def effects(database: Database) -> Effects:
    return Effects(database, patience_s=30.0, pauses_s=(0.0,))


def test_an_effect_happens_once_and_its_result_is_remembered(
    effects: Effects, world: World
) -> None:
    results = [effects.once("task", "comment", do=world.do, look=world.look) for _ in range(3)]
    assert results == [{"id": 0}] * 3
    assert len(world.effects()) == 1
    assert world.looks == 0


def test_effects_with_another_scope_or_key_are_others(effects: Effects, world: World) -> None:
    for scope, key in [("a", "x"), ("a", "y"), ("b", "x")]:
        effects.once(scope, key, do=world.do, look=world.look)
    assert len(world.effects()) == 3


def test_a_lost_answer_after_the_write_is_found_by_looking(effects: Effects, world: World) -> None:
    def do() -> dict[str, Any]:
        world.do()
        raise Ambiguous("502")

    assert effects.once("task", "comment", do=do, look=world.look) == {"id": 0}
    assert len(world.effects()) == 1


def test_a_lost_request_is_sent_again_after_looking(effects: Effects, world: World) -> None:
    answers = iter([Ambiguous("reset"), Ambiguous("reset"), None])

    def do() -> dict[str, Any]:
        if failure := next(answers):
            raise failure
        return world.do()

    assert effects.once("task", "comment", do=do, look=world.look) == {"id": 0}
    assert (len(world.effects()), world.looks) == (1, 2)


def test_what_is_seen_late_is_waited_for_before_the_write_is_made_again(
    database: Database, world: World
) -> None:
    """GitHub may carry a write out after the answer is lost, and show it later still."""
    effects = Effects(database, pauses_s=(0.0, 0.01, 0.02))

    def do() -> dict[str, Any]:
        world.do()
        raise Ambiguous("timeout")

    def look() -> dict[str, Any] | None:
        seen = world.look()
        return seen if world.looks == 3 else None

    assert effects.once("task", "comment", do=do, look=look) == {"id": 0}
    assert (len(world.effects()), world.looks) == (1, 3)


def test_the_next_call_waits_too_if_the_last_try_is_not_long_ago(
    database: Database, world: World
) -> None:
    effects = Effects(database, pauses_s=(0.0, 0.01))

    def do() -> dict[str, Any]:
        raise RuntimeError("the process ends here")

    for patience_s, looks in ((30.0, 3), (0.0, 1)):
        key = f"comment {patience_s}"
        with pytest.raises(RuntimeError):
            effects.once("task", key, do=do, look=world.look)
        world.looks = 0
        later = Effects(database, patience_s=patience_s, pauses_s=(0.0, 0.01))
        later.once("task", key, do=lambda: {"id": 0}, look=world.look)
        assert world.looks == looks


def test_no_clear_answer_three_times_is_said_and_the_next_call_looks_first(
    effects: Effects, world: World
) -> None:
    tries: list[int] = []

    def do() -> dict[str, Any]:
        tries.append(1)
        raise Ambiguous("timeout")

    with pytest.raises(Ambiguous):
        effects.once("task", "comment", do=do, look=world.look)
    assert len(tries) == 3
    world.do()
    assert effects.once("task", "comment", do=do, look=world.look) == {"id": 0}
    assert len(tries) == 3


def test_after_any_failure_the_next_call_looks_before_it_does(
    effects: Effects, world: World
) -> None:
    def do() -> dict[str, Any]:
        world.do()
        raise RuntimeError("a mistake after the write")

    with pytest.raises(RuntimeError):
        effects.once("task", "comment", do=do, look=world.look)
    assert effects.once("task", "comment", do=world.do, look=world.look) == {"id": 0}
    assert len(world.effects()) == 1


def test_of_two_at_once_one_does_and_both_get_its_result(effects: Effects, world: World) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        started.set()
        assert go_on.wait(20)
        return world.do()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(effects.once, "task", "comment", do=slow, look=world.look)
        assert started.wait(20)
        second = pool.submit(effects.once, "task", "comment", do=world.do, look=world.look)
        go_on.set()
        assert first.result(20) == second.result(20) == {"id": 0}
    assert (len(world.effects()), world.looks) == (1, 0)


def test_many_at_once_on_a_new_effect_do_it_once(effects: Effects, world: World) -> None:
    together = threading.Barrier(6)

    def call(_: int) -> dict[str, Any]:
        together.wait()
        return effects.once("task", "comment", do=world.do, look=world.look)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(call, range(6))) == [{"id": 0}] * 6
    assert len(world.effects()) == 1


def test_a_late_first_attempt_and_its_successor_agree_on_one_result(
    database: Database, world: World
) -> None:
    """The first is thought dead, the second does it; the first comes back with another answer."""
    hasty = Effects(database, patience_s=0.0, pauses_s=(0.0,))
    started, go_on = threading.Event(), threading.Event()

    def stuck() -> dict[str, Any]:
        started.set()
        assert go_on.wait(20)
        return {"id": "late"}

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hasty.once, "task", "comment", do=stuck, look=world.look)
        assert started.wait(20)
        assert hasty.once("task", "comment", do=world.do, look=world.look) == {"id": 0}
        go_on.set()
        assert first.result(20) == {"id": 0}


def test_a_job_that_lost_its_task_has_no_effect(
    effects: Effects, database: Database, world: World
) -> None:
    old, _ = outdated_lease(database)
    with pytest.raises(LeaseLost):
        effects.once("task", "comment", do=world.do, look=world.look, lease=old)
    assert world.effects() == []


def test_a_job_that_loses_its_task_in_the_middle_leaves_the_truth_and_stops(
    effects: Effects, database: Database, world: World
) -> None:
    old = lease(database, lease_s=-1.0)

    def do() -> dict[str, Any]:
        assert Tasks(database).take(old.task_id, "job-2", 30.0)
        return world.do()

    with pytest.raises(LeaseLost):
        effects.once("task", "comment", do=do, look=world.look, lease=old)
    assert effects.once("task", "comment", do=world.do, look=world.look) == {"id": 0}
    assert len(world.effects()) == 1


def test_a_job_that_lost_its_task_does_not_try_again(
    effects: Effects, database: Database, world: World
) -> None:
    old = lease(database, lease_s=-1.0)

    def do() -> dict[str, Any]:
        Tasks(database).take(old.task_id, "job-2", 30.0)
        raise Ambiguous("timeout")

    with pytest.raises(LeaseLost):
        effects.once("task", "comment", do=do, look=world.look, lease=old)
    assert world.looks == 0


DYING = """
import os, signal, sys
from pathlib import Path
from records.database import open_database
from records.effects import Ambiguous, Effects

url, folder, point = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

def do():
    if point == "before the write":
        die()
    Path(folder, "effect-0").write_text("made")
    if point == "after the write":
        die()
    raise Ambiguous("timeout")

def look():
    die()

Effects(open_database(url), pauses_s=(0.0,)).once("task", "comment", do=do, look=look)
"""


@pytest.mark.parametrize("point", ["before the write", "after the write", "while looking"])
def test_a_killed_process_leaves_an_effect_that_still_happens_once(
    database: Database, database_url: str, world: World, tmp_path: Path, point: str
) -> None:
    command = [sys.executable, "-c", DYING, database_url, str(tmp_path / "world"), point]
    died = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert died.returncode == -9
    effects = Effects(database, patience_s=0.5, pauses_s=(0.0,))
    assert effects.once("task", "comment", do=world.do, look=world.look) == {"id": 0}
    assert (len(world.effects()), world.looks) == (1, 1)


def test_the_dead_are_waited_for_no_longer_than_patience(database: Database, world: World) -> None:
    def interrupted() -> dict[str, Any]:
        raise KeyboardInterrupt

    effects = Effects(database, patience_s=30.0, pauses_s=(0.0,))
    with pytest.raises(KeyboardInterrupt):
        effects.once("task", "comment", do=interrupted, look=world.look)
    began = time.monotonic()
    assert effects.once("task", "comment", do=world.do, look=world.look) == {"id": 0}
    assert time.monotonic() - began < 10
