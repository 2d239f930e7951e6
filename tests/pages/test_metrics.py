"""The numbers at `/metrics`, and what the page of a task says about its pull request."""

from pathlib import Path

import pytest

from records.deliveries import Deliveries, DeliveryState
from records.pulls import Fate
from records.task import Progress, TaskState
from records.tasks import Tasks
from tests.pages.test_ends import HERE, client_and_records
from tests.records.given import new_task


def _opened(tasks: Tasks) -> str:
    task, _ = tasks.create(new_task())
    lease = tasks.take(task.id, "test", 20)
    assert lease
    progress = Progress(input_tokens=1_000, output_tokens=50, cost_usd=0.25)
    tasks.write(lease, pull_request_number=7, pull_request_url="https://x/7", progress=progress)
    tasks.end(lease, TaskState.SUCCEEDED, reason="", explanation="Done.")
    return task.id


def test_the_records_are_counted(tmp_path: Path) -> None:
    with client_and_records(tmp_path) as (client, database):
        tasks, deliveries = Tasks(database), Deliveries(database)
        _opened(tasks)
        tasks.create(new_task("comment:2", issue_number=4))
        deliveries.store("one", "ping", b"{}")
        deliveries.finish("one", DeliveryState.IGNORED, "")
        tasks.pulls.decide(new_task().repository_id, 7, Fate.MERGED, by="ann")
        tasks.pulls.decide(new_task().repository_id, 99, Fate.MERGED, by="ann")
        answer = client.get("/metrics", headers=HERE)
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = answer.text.split("\n")
    for line in (
        "# TYPE patchbay_tasks gauge",
        'patchbay_tasks{verb="fix",state="succeeded",reason=""} 1',
        'patchbay_tasks{verb="fix",state="queued",reason=""} 1',
        'patchbay_pull_requests{fate="merged"} 1',
        'patchbay_deliveries{state="ignored"} 1',
        'patchbay_input_tokens{verb="fix",pull_request="merged"} 1000',
        'patchbay_output_tokens{verb="fix",pull_request="merged"} 50',
        'patchbay_cost_usd{verb="fix",pull_request="merged"} 0.25',
        'patchbay_input_tokens{verb="fix",pull_request="none"} 0',
    ):
        assert line in lines
    waited = next(line for line in lines if line.startswith("patchbay_longest_wait_seconds "))
    assert 0 < float(waited.split(" ")[1]) < 60


@pytest.mark.parametrize("fate", [Fate.MERGED, Fate.CLOSED, Fate.REVERTED])
def test_the_page_says_what_became_of_the_pull_request(fate: Fate, tmp_path: Path) -> None:
    with client_and_records(tmp_path) as (client, database):
        tasks = Tasks(database)
        task_id = _opened(tasks)
        before = client.get(f"/tasks/{task_id}", headers=HERE).text
        tasks.pulls.decide(new_task().repository_id, 7, fate, by="<b>ann")
        after = client.get(f"/tasks/{task_id}", headers=HERE).text
        fields = client.get(f"/tasks/{task_id}.json", headers=HERE).json
    assert 'class="fate' not in before
    assert f'<span class="fate {fate}">{fate}</span> by &lt;b&gt;ann' in after
    assert fields is not None
    assert fields["pull_request_fate"] == str(fate)
