"""What people see: the bot's comment on the issue's page, and the page of a task, in a browser."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pydantic import SecretStr
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from app import create_app
from bot.settings import Settings
from bot.task_links import TaskLinks
from demo.house import House
from records.database import open_database
from records.tasks import IssueSnapshot, NewTask, Tasks
from tests.whole.given import CHECK, bash, call, house_with, log_given_back, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(300)]

TRAP = "<script>document.title = 'caught'</script><img src=x onerror=\"document.title='caught'\">"
TURNED = "\u202eneddih\u202c"
EDIT = call(
    "edit", path="shop/tax.py", old_str="rounding=ROUND_DOWN", new_str="rounding=ROUND_HALF_UP"
)
NAME = call("edit", path="shop/tax.py", old_str="import ROUND_DOWN", new_str="import ROUND_HALF_UP")
DONE = submit(title="Round as people do", summary="It **rounds**.", checks=[CHECK])
SCRIPTS = [
    script("Mend", turn(EDIT, NAME), DONE, DONE),
    script(
        "Watch",
        turn(call("bash", command=f"echo '{TRAP}{TURNED}'"), text=f"Watch this: {TRAP}{TURNED}"),
        bash("echo the first", 1.5),
        bash("echo the second", 1.5),
        turn(call("write", path="NOTES.md", content="Noted.\n")),
        submit(title=TRAP, summary=TRAP),
        submit(title=TRAP, summary=TRAP),
    ),
]


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    folder = tmp_path_factory.mktemp("pages")
    with house_with(SCRIPTS, folder, docker_host, workers=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def mended(house: House) -> dict[str, Any]:
    """A task that has ended well."""
    number = house.open_issue("Mend the tax")
    house.comment(number, "/agent fix")
    return house.wait_for_task(number)


def wait_in(browser: webdriver.Chrome, see: Callable[[], Any], what: str) -> Any:
    return WebDriverWait(browser, 60, poll_frequency=0.1).until(lambda _: see(), what)


def text_of(browser: webdriver.Chrome, selector: str) -> str:
    return "\n".join(one.text for one in browser.find_elements(By.CSS_SELECTOR, selector))


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser itself found wrong with the pages."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")  # type: ignore[no-untyped-call]
        if entry["level"] in {"SEVERE", "WARNING"} and "favicon" not in entry["message"]
    ]


def test_the_issues_page_shows_the_bots_comment_with_its_evidence(
    house: House, mended: dict[str, Any], browser: webdriver.Chrome
) -> None:
    browser.get(house.stage.issue_url(mended["issue_number"]))
    tables = browser.find_elements(By.CSS_SELECTOR, "table")
    [evidence] = [table for table in tables if "Evidence" in table.text]
    assert CHECK["command"] in evidence.text
    assert "✅" in evidence.text
    [log] = browser.find_elements(By.XPATH, "//details[contains(., 'Action log')]")
    row = log.find_element(By.XPATH, ".//td[contains(., 'shop/tax.py')]")
    assert not row.is_displayed()
    log.find_element(By.TAG_NAME, "summary").click()
    assert row.is_displayed()
    assert complaints(browser) == []


def test_a_tasks_page_shows_its_log_while_it_grows_and_hostile_text_as_text(
    house: House, browser: webdriver.Chrome
) -> None:
    number = house.open_issue(f"Watch {TRAP}{TURNED}")
    house.comment(number, "/agent fix")
    task = house.wait_for_task(number, {"running"})
    browser.get(f"{house.web}/tasks/{task['id']}")
    title = browser.title
    wait_in(browser, lambda: "echo the first" in text_of(browser, "#log"), "the first line")
    assert "echo the second" not in text_of(browser, "#log")
    assert "running" in text_of(browser, "#head")
    wait_in(browser, lambda: "echo the second" in text_of(browser, "#log"), "the second line")
    wait_in(browser, lambda: "succeeded" in text_of(browser, "#head"), "the end")
    assert browser.title == title != "caught"
    assert browser.find_elements(By.CSS_SELECTOR, "#log img, #log script, #head img") == []
    shown = text_of(browser, "body") + title
    assert "<script>" in shown
    assert "\u202e" not in shown
    assert "\\u{202e}" in shown
    numbers = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#log .number")]
    assert len(set(numbers)) == len(numbers) > 5
    assert complaints(browser) == []
    browser.refresh()
    again = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "#log .number")]
    assert again == numbers
    assert browser.title == title


def test_the_list_of_tasks_leads_to_each(
    house: House, mended: dict[str, Any], browser: webdriver.Chrome
) -> None:
    browser.get(f"{house.web}/tasks")
    browser.find_element(By.LINK_TEXT, mended["id"]).click()
    assert "Mend the tax" in text_of(browser, "h1")
    [table] = browser.find_elements(By.CSS_SELECTOR, "table.evidence")
    assert CHECK["command"] in table.text
    assert complaints(browser) == []


def test_the_log_comes_as_a_file_that_no_browser_runs(house: House, mended: dict[str, Any]) -> None:
    address = f"{house.web}/tasks/{mended['id']}/log.jsonl"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
        headers, lines = answer.headers, answer.read().decode().splitlines()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Type"].startswith("text/plain")
    entries = [json.loads(line) for line in lines]
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry["previous"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]


@pytest.mark.parametrize("rest", ["", ".json", "/log.jsonl", "/live"])
def test_a_task_that_there_is_not_is_not_found(house: House, rest: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{house.web}/tasks/zzzz{rest}", timeout=10)  # noqa: S310 - our own address
    assert refused.value.code == 404
    refused.value.close()


def test_a_live_log_goes_on_where_the_browser_was(house: House, mended: dict[str, Any]) -> None:
    port = house.stage.web_port
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(
            "GET", f"/tasks/{mended['id']}/live?after=1", headers={"Last-Event-ID": "3"}
        )
        said = connection.getresponse().read().decode()
    numbers = [int(line[3:]) for line in said.splitlines() if line.startswith("id:")]
    assert numbers[0] > 3
    assert "event: end" in said


def test_on_a_public_address_a_page_opens_with_its_key_only(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = Settings(
        github_app_id=1,
        github_private_key=SecretStr("none"),
        webhook_secret=SecretStr("a secret of the tests, of more than 32 bytes"),
        data_dir=tmp_path_factory.mktemp("data"),
        public_url="https://bot.example.org",
        redis_url="unix:///nowhere/redis.sock",
    )
    with log_given_back():
        client = create_app(settings).test_client()
    tasks = Tasks(open_database(settings.database()))
    ours, other = (tasks.create(new_task(number))[0] for number in (1, 2))
    links = TaskLinks(settings)
    path, _, key = links.url(ours.id).removeprefix("https://bot.example.org").partition("?")
    for rest in ("", ".json", "/log.jsonl", "/live"):
        assert client.get(f"{path}{rest}").status_code == 404
        assert client.get(f"{path}{rest}?key=wrong").status_code == 404
        assert client.get(f"/tasks/{other.id}{rest}?{key}").status_code == 404
    for rest in ("", ".json", "/log.jsonl"):
        assert client.get(f"{path}{rest}?{key}").status_code == 200
    assert f'"{path}/log.jsonl?{key}"' in client.get(f"{path}?{key}").text
    for everything in ("/", "/tasks", "/tasks.json"):
        assert client.get(f"{everything}?{key}").status_code == 404


def new_task(number: int) -> NewTask:
    return NewTask(
        semantic_key=f"comment:{number}",
        verb="fix",
        installation_id=1,
        repository_id=1,
        repository="acme/shop",
        issue_number=number,
        requester="maria",
        requester_id=1,
        instruction="",
        trigger_comment_id=None,
        issue=IssueSnapshot("Tax", "", "maria", "https://github.com/acme/shop/issues/1"),
    )
