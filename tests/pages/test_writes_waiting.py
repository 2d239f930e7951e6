"""The pages show what is to be written to GitHub and waits for its limits."""

from pathlib import Path

from records.pacing import Pacing
from records.tasks import Tasks
from tests.pages.test_ends import HERE, client_and_records
from tests.records.given import new_task


def test_what_waits_to_be_written_stands_on_the_task_and_in_the_numbers(tmp_path: Path) -> None:
    with client_and_records(tmp_path) as (client, database):
        task, _ = Tasks(database).create(new_task())
        pacing, page = Pacing(database), f"/tasks/{task.id}"
        assert "to be written" not in client.get(page, headers=HERE).text
        for _ in range(4):
            pacing.turn(task.installation_id, task.repository_id, longest_s=9.0)
        assert "3 to be written to this repository on GitHub" in client.get(page, headers=HERE).text
        pacing.fall_silent(task.installation_id, 90.0)
        assert "GitHub has asked for silence, for 1 m" in client.get(page, headers=HERE).text
        numbers = client.get("/metrics", headers=HERE).text
    assert "patchbay_github_writes_waiting 3" in numbers
    assert "patchbay_github_silence_seconds 8" in numbers
