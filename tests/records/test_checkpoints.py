"""Checkpoints: the newest is kept, bytes as they were."""

import os

from records.checkpoints import Checkpoints
from records.database import Database
from tests.records.given import lease


def test_the_newest_checkpoint_is_read_back(database: Database) -> None:
    checkpoints, held = Checkpoints(database), lease(database)
    assert checkpoints.latest(held.task_id) is None
    checkpoints.save(held, 3, "abc", b"old")
    content = os.urandom(100_000) + bytes(100_000)
    checkpoints.save(held, 9, "abc", content)
    newest = checkpoints.latest(held.task_id)
    assert newest
    assert (newest.action_number, newest.base_sha, newest.content) == (9, "abc", content)
