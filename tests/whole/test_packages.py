"""An agent asks for a package; a maintainer decides, or nobody does, and the work goes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from demo.house import House
from demo.stage import MAINTAINS
from tests.sandbox.repositories import make_repository
from tests.whole.given import bash, call, house_with, script, submit, turn
from tests.whole.test_endings import files, labels
from tests.whole.test_setup import events, log_of

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

TITLES = ("Text of bytes", "Not with six", "Nobody there")
SIX = {"manager": "pip", "name": "six", "version": "1.16.0"}
ASK = turn(call("ask_for_packages", packages=[SIX], reason="`price.py` is to take bytes too."))
MANIFEST = '[project]\nname = "prices"\nversion = "1"\n'
PROJECT: dict[str, str | bytes] = {
    "pyproject.toml": MANIFEST,
    "price.py": "def label(text):\n    return f'{text} EUR'\n",
    "test_price.py": "import pytest\nfrom price import label\n\n\ndef test_text():\n"
    "    assert label('7') == '7 EUR'\n",
    ".gitignore": "__pycache__/\n",
}
WITH_SIX = "import six\n\n\ndef label(text):\n    return f'{six.ensure_str(text)} EUR'\n"
NEW_TEST = "from price import label\n\n\ndef test_bytes():\n    assert label(b'7') == '7 EUR'\n"
WRITTEN = {"price.py": WITH_SIX, "test_bytes.py": NEW_TEST}
WORK = turn(*(call("write", path=path, content=text) for path, text in WRITTEN.items()))
TAKE_OVER = "rm NOTES.md; cp ~/added/pyproject.toml . && python3 -m pytest -q"
NOTE = turn(call("write", path="NOTES.md", content="It needs six.\n"))
CHECK = {"command": "python3 -m pytest -q test_bytes.py", "shows": "bytes are taken"}
DONE = submit(checks=[CHECK])
LEFT = (NOTE, ASK, submit("partial"), submit("partial"))


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, proxy_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    assert proxy_image
    folder = tmp_path_factory.mktemp("packages")
    make_repository(folder / "prices", PROJECT)
    issue = folder / "issue.md"
    issue.write_text(f"# {TITLES[0]}\n\nlabel(b'7') should be 7 EUR.\n")
    scripts = [
        script(TITLES[0], NOTE, ASK, WORK, bash(TAKE_OVER), DONE, DONE),
        *(script(title, *LEFT) for title in TITLES[1:]),
    ]
    options = {"repository": str(folder / "prices"), "issue": issue, "workers": 1}
    with house_with(scripts, folder, docker_host, **options) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(house: House) -> dict[str, int]:
    """The number of each issue; each asks for its package, and one worker has served them all."""
    [first] = house.stage.issues
    numbers = {TITLES[0]: first, **{title: house.open_issue(title) for title in TITLES[1:]}}
    for number in numbers.values():
        house.comment(number, "/agent fix")
    for number in numbers.values():
        house.wait_for_task(number, {"waiting"})
        house.wait_for(partial(needs_input, house, number), "the label")
    return numbers


def needs_input(house: House, number: int) -> bool:
    return labels(house, number) == {"agent:needs-input"}


def status(house: House, number: int) -> dict[str, Any]:
    return house.bot_comments(number)[0]


def told(house: House, task: dict[str, Any]) -> str:
    """What the agent was told of its request."""
    entries = [one["content"] for one in log_of(house, task) if one.get("kind") == "observation"]
    return "\n".join(one["pinned"] for one in entries if one.get("pinned"))


def test_what_a_maintainer_ticks_is_set_up_and_the_tests_that_need_it_pass(
    house: House, asked: dict[str, int]
) -> None:
    number, github, repository = asked[TITLES[0]], house.stage.github, house.stage.repository
    body = status(house, number)["body"]
    assert "### 📦 I ask for 1 package — `fix`" in body
    assert "- `six` `1.16.0`, from PyPI" in body
    github.tick(repository, status(house, number)["id"], "maria", "Install exactly these")
    house.wait_for_answer(number, "needs `maintain`")
    house.wait_for(lambda: status(house, number)["body"] == body, "the comment as it was")
    github.tick(repository, status(house, number)["id"], MAINTAINS, "Install exactly these")

    task = house.wait_for_task(number)
    body = status(house, number)["body"]
    assert (task["state"], task["reason"]) == ("succeeded", ""), body
    assert events(house, task)["set up: `uv pip install six==1.16.0`"].startswith("exit 0")
    said = told(house, task)
    assert "li has allowed these packages" in said
    assert 'pyproject.toml: +    "six==1.16.0",' in said
    rows = {row["command"]: row["verdict"] for row in task["evidence"]["rows"]}
    assert rows["python3 -m pytest -q test_bytes.py"] == "fixed"
    assert "<summary>Packages for this task</summary>" in body
    assert '\n  pyproject.toml: +3 -0 lines\n  +dependencies = [\n  +    "six==1.16.0",\n' in body
    [pull] = house.pull_requests(number)
    assert pull["draft"]
    assert files(house, task["branch"]) == {"price.py", "test_bytes.py", "pyproject.toml"}
    assert "made and checked with six 1.16.0 (pip)" in pull["body"]


def test_who_is_refused_goes_on_without(house: House, asked: dict[str, int]) -> None:
    number = asked[TITLES[1]]
    house.comment(number, "/agent packages no", user=MAINTAINS)
    task = house.wait_for_task(number)
    assert task["state"] == "partial"
    assert "li does not allow these packages. Go on without them" in told(house, task)
    assert "refused by li" in status(house, number)["body"]
    assert not [title for title in events(house, task) if title.startswith("set up")]


def test_who_hears_nothing_in_time_goes_on_without(house: House, asked: dict[str, int]) -> None:
    number = asked[TITLES[2]]
    mine = house.tasks(number)[0]["id"]
    # Two days are over for this one.
    with closing(sqlite3.connect(house.stage.data / "bot" / "patchbay.db")) as records, records:
        records.execute("UPDATE waits SET deadline = 1.0 WHERE task_id = ?", (mine,))
    task = house.wait_for_task(number)
    assert task["state"] == "partial"
    assert "Nobody has decided in time. Go on without them" in told(house, task)
    assert "nobody decided in time" in status(house, number)["body"]
