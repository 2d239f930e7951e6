"""The page of a task and the list say how it ended, and whose words are whose."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import create_app
from bot.settings import Settings
from records.actions import Actions
from records.database import Database, open_database
from records.task import ENDED, TaskState
from records.tasks import Tasks
from tests.records.given import new_task
from tests.whole.given import log_given_back

HERE = {"Host": "localhost"}
NOT_MEASURED = {"rows": [], "clean": False, "why_not_clean": "Nothing was measured: no time."}


@contextmanager
def client_and_records(folder: Path) -> Iterator[tuple[FlaskClient, Database]]:
    settings = Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr("a secret of the tests, of more than 32 bytes"),
        data_dir=folder,
        public_url="http://127.0.0.1:8000",
        redis_url="unix:///nowhere/redis.sock",
    )
    with log_given_back():
        client = create_app(settings).test_client()
    database = open_database(settings.database())
    yield client, database
    database.close()


def test_every_end_has_its_own_mark_on_the_page_and_in_the_list(tmp_path: Path) -> None:
    with client_and_records(tmp_path) as (client, database):
        tasks, shown = Tasks(database), {}
        for number, state in enumerate(sorted(ENDED - {TaskState.REFUSED})):
            task, _ = tasks.create(new_task(f"comment:{number}", issue_number=number + 1))
            lease = tasks.take(task.id, "test", 20)
            assert lease
            tasks.end(lease, state, reason="", explanation="Because.")
            shown[state] = client.get(f"/tasks/{task.id}", headers=HERE).text
        listed = client.get("/tasks", headers=HERE).text
    for state, page in shown.items():
        mark = f'class="state {state}">{state.replace("_", " ")}</span>'
        assert mark in page
        assert mark in listed


@pytest.mark.parametrize("reason", ["", "budget"])
def test_partial_work_shows_its_reason_its_branch_and_the_agents_words(
    reason: str, tmp_path: Path
) -> None:
    with client_and_records(tmp_path) as (client, database):
        tasks = Tasks(database)
        task, _ = tasks.create(new_task())
        lease = tasks.take(task.id, "test", 20)
        assert lease
        entry = {"title": "the agent's work ended", "result": "budget, turns"}
        Actions(database).append(lease, "ending", entry, None)
        said, branch = "All is <done>.", "agent/3-total-k3f9"
        tasks.write(lease, summary=said, branch=branch, head_sha="c" * 40, evidence=NOT_MEASURED)
        before = client.get(f"/tasks/{task.id}", headers=HERE).text
        tasks.end(lease, TaskState.PARTIAL, reason=reason, explanation="The limit was reached.")
        page = client.get(f"/tasks/{task.id}", headers=HERE).text
        listed = client.get("/tasks", headers=HERE).text
    assert "All is" not in before
    quote = "In the agent's words, unchecked:</p><blockquote>All is &lt;done&gt;.</blockquote>"
    assert quote in page
    assert "<p>None. Nothing was measured: no time.</p>" in page
    assert f'/octo/shop/tree/{branch}"' in page
    assert "The limit was reached." in page
    assert "budget, turns" in page
    assert ("<code>budget</code>" in listed) == bool(reason)
