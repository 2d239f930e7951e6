"""What came of a set-up is remembered whole or not at all, and a failed one not for ever."""

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from jobs.sandbox import Snapshot
from jobs.setup.outcome import SetupOutcome, Shelf, Tried

SNAPSHOT = Snapshot(7, "ab" * 20)
FAILED = Tried("pip install .", 1, 2.5, "no compiler", ("another version was taken",))
OUTCOME = SetupOutcome(kept="cd" * 20, tried=(FAILED,), refused_hosts=("a.net",), task_id="first")


def kept(number: int) -> Snapshot:
    return Snapshot(7, f"{number:040x}")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "setups")
    assert shelf.read(SNAPSHOT) is None
    shelf.write(SNAPSHOT, OUTCOME)
    assert shelf.read(SNAPSHOT) == OUTCOME
    assert shelf.read(Snapshot(8, SNAPSHOT.key)) is None
    shelf.forget(SNAPSHOT)
    shelf.forget(SNAPSHOT)
    assert shelf.read(SNAPSHOT) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"words"',
        "{}",
        json.dumps({**asdict(OUTCOME), "tried": ["words"]}),
        json.dumps({**asdict(OUTCOME), "tried": [{"command": "x"}]}),
        json.dumps({**asdict(OUTCOME), "of a later release": 1}),
        "\xff\xfe",
    ],
    ids=lambda text: text[:20],
)
def test_what_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    shelf = Shelf(tmp_path)
    (tmp_path / f"7-{SNAPSHOT.key}.json").write_bytes(text.encode("latin-1"))
    assert shelf.read(SNAPSHOT) is None


def test_a_failed_one_is_tried_again_and_after_three_times_only_once_an_hour() -> None:
    now = time.time()
    failed = replace(OUTCOME, at=now)
    assert failed.stands_for("first")
    assert [replace(failed, tries=tries).stands_for("second") for tries in (1, 2, 3)] == [
        *(False, False, True),
    ]
    assert not replace(failed, tries=3, at=now - 3601).stands_for("second")
    assert replace(failed, tried=()).stands_for("second")


def test_the_newest_of_a_repository_are_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.write(Snapshot(8, SNAPSHOT.key), OUTCOME)
    for number in range(32):
        shelf.write(kept(number), OUTCOME)
        file = tmp_path / f"7-{kept(number).key}.json"
        os.utime(file, (number, number))
    shelf.write(kept(32), OUTCOME)
    assert [shelf.read(kept(number)) is None for number in (1, 2, 3, 32)] == [
        *(True, True, False, False),
    ]
    assert shelf.read(Snapshot(8, SNAPSHOT.key)) == OUTCOME


def test_one_that_another_job_forgets_meanwhile_spoils_nothing(tmp_path: Path) -> None:
    # Listed, and gone when it is looked at: so is a link that leads nowhere.
    (tmp_path / f"7-{kept(1).key}.json").symlink_to(tmp_path / "nowhere")
    shelf = Shelf(tmp_path)
    shelf.write(SNAPSHOT, OUTCOME)
    assert shelf.read(SNAPSHOT) == OUTCOME
