"""Without a key, a task's page opens for this machine only, whatever stands in front of it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import create_app
from bot.settings import Settings
from bot.task_links import TaskLinks
from records.database import open_database
from records.tasks import Tasks
from tests.records.given import new_task
from tests.whole.given import log_given_back

PAGES = ("/", "/tasks", "/tasks.json", "/metrics")
OF_ONE_TASK = ("", ".json", "/log.jsonl", "/live")


def settings(folder: Path, public_url: str) -> Settings:
    return Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr("a secret of the tests, of more than 32 bytes"),
        data_dir=folder,
        public_url=public_url,
        redis_url="unix:///nowhere/redis.sock",
    )


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """The web process with the address that it has by default."""
    with log_given_back():
        return create_app(settings(tmp_path, "http://127.0.0.1:8000")).test_client()


@pytest.fixture
def pages(client: FlaskClient, tmp_path: Path) -> tuple[str, ...]:
    """Every page there is, those of one task among them; needs the client's tables."""
    assert client.application.name == "app"
    database = open_database(settings(tmp_path, "http://127.0.0.1").database())
    task, _ = Tasks(database).create(new_task())
    database.close()
    return (*PAGES, *(f"/tasks/{task.id}{rest}" for rest in OF_ONE_TASK))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
def test_this_machine_reads_everything(
    client: FlaskClient, pages: tuple[str, ...], name: str, address: str
) -> None:
    for page in pages:
        with client.get(
            page, headers={"Host": name}, environ_base={"REMOTE_ADDR": address}
        ) as answer:
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "x-forwarded-host", "X-Real-IP", "Via"],
)
@pytest.mark.parametrize("value", ["127.0.0.1", ""])
def test_what_came_through_a_proxy_reads_nothing(
    client: FlaskClient, pages: tuple[str, ...], header: str, value: str
) -> None:
    for page in pages:
        assert client.get(page, headers={header: value}).status_code == 404


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "", "unix:"])
def test_another_machine_reads_nothing(
    client: FlaskClient, pages: tuple[str, ...], address: str
) -> None:
    for page in pages:
        assert client.get(page, environ_base={"REMOTE_ADDR": address}).status_code == 404


@pytest.mark.parametrize("name", ["bot.example.org", "localhost.example.org", "192.0.2.7:8000"])
def test_a_strange_name_for_this_machine_opens_nothing(
    client: FlaskClient, pages: tuple[str, ...], name: str
) -> None:
    for page in pages:
        assert client.get(page, headers={"Host": name}).status_code == 404


def test_the_links_carry_a_key_wherever_it_is_needed(tmp_path: Path) -> None:
    here = TaskLinks(settings(tmp_path, "http://localhost:8000"))
    out = TaskLinks(settings(tmp_path, "https://bot.example.org"))
    assert here.url("abcd") == "http://localhost:8000/tasks/abcd"
    key = out.url("abcd").partition("?key=")[2]
    for links in (here, out):
        assert links.may_read("abcd", key, from_here=False)
        assert not links.may_read("abce", key, from_here=False)
        assert not links.may_read("", key, from_here=False)
    assert not out.may_read("abcd", "", from_here=True)
