"""The page of a task names each limit of its sandbox that a command ran into."""

from pathlib import Path

from pydantic import SecretStr

from app import create_app
from bot.settings import Settings
from records.actions import Actions
from records.database import open_database
from records.task import LimitMet, Progress
from records.tasks import Tasks
from tests.records.given import new_task
from tests.whole.given import log_given_back


def test_a_limit_that_was_hit_stands_on_the_page(tmp_path: Path) -> None:
    settings = Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr("a secret of the tests, of more than 32 bytes"),
        data_dir=tmp_path,
        public_url="http://127.0.0.1:8000",
        redis_url="unix:///nowhere/redis.sock",
    )
    with log_given_back():
        client = create_app(settings).test_client()
    database = open_database(settings.database())
    task, _ = Tasks(database).create(new_task())
    lease = Tasks(database).take(task.id, "test", 20)
    assert lease
    met = (LimitMet("the tests were killed at 2 GB", 3), LimitMet("a command was killed after 9 s"))
    Actions(database).append(lease, "event", {"title": "x"}, Progress(limits=met))
    database.close()
    page = client.get(f"/tasks/{task.id}", headers={"Host": "localhost"}).text
    assert "the tests were killed at 2 GB (3 times)</p>" in page
    assert "a command was killed after 9 s</p>" in page
