"""GitHub fails, people change their minds, containers vanish: everything still happens once."""

import itertools
import json
import secrets
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from demo.github.records import Token
from demo.github.switches import Switches
from demo.house import House
from demo.stage import WEBHOOK_SECRET
from tests.whole.given import bash, call, containers, house_with, script, submit, turn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

ADD_NOTE = turn(call("write", path="NOTES.md", content="Noted.\n"))
SCRIPTS = [
    script("Quick", ADD_NOTE, submit(), submit()),
    script("Slow", ADD_NOTE, bash("true", 1.5), bash("sleep 0.1", 2.0), submit(), submit()),
    script(
        "Long", ADD_NOTE, *(bash(f"echo {number}", 2.5) for number in range(11)), submit(), submit()
    ),
    script(
        "Program",
        bash("mkdir -p bin && printf '#!/bin/sh\\necho hi\\n' > bin/hi && chmod +x bin/hi"),
        submit(),
        submit(),
    ),
]


class Canaries:
    """Every secret of one run, and where it must not be seen."""

    def __init__(self, github: Switches) -> None:
        self.tokens: list[str] = []
        self._github = github
        self._state = github.state
        # As GitHub makes them since 2026: long, with a dot in them.
        self._state.issue_token = self._issue  # type: ignore[method-assign]
        self.decoy = secrets.token_hex(16)
        """A word that is put into a command line on purpose."""
        self.seen_in_argv: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch_processes, name="canaries")

    def _issue(self, prefix: str, token: Token) -> Token:
        token.value = f"{prefix}10001_{secrets.token_hex(120)}.{secrets.token_hex(130)}"
        self._state.tokens[token.value] = token
        self.tokens.append(token.value)
        return token

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def secrets(self, house: House) -> dict[str, bytes]:
        """Each secret with its name."""
        key = house.stage.private_key_file.read_text().splitlines()
        found = {f"token {number}": token for number, token in enumerate(self.tokens)}
        found |= {"webhook secret": WEBHOOK_SECRET, "model key": house.stage.model.key}
        found |= {"private key": key[1], "end of the private key": key[-2]}
        # The middle of a token is as bad as the whole of it.
        found |= {f"part of {name}": token[60:90] for name, token in found.items() if "tok" in name}
        return {name: value.encode() for name, value in found.items()}

    def _watch_processes(self) -> None:
        while not self._over.wait(0.05):
            wanted = [self.decoy, WEBHOOK_SECRET, *(token[10:60] for token in list(self.tokens))]
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    line = _command_line(process)
                    self.seen_in_argv |= {word for word in wanted if word.encode() in line}


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def house(docker_host: str, sandbox_image: str, logs: Path) -> Iterator[House]:
    assert sandbox_image
    with house_with(SCRIPTS, logs, docker_host, workers=4) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def canaries(house: House) -> Iterator[Canaries]:
    with Canaries(house.stage.github) as flying:
        yield flying


@pytest.fixture(scope="module")
def long_task(house: House) -> int:
    """A task that runs beside the others, to see how often its comment is edited."""
    number = house.open_issue("Long: a task of half a minute")
    house.comment(number, "/agent fix")
    return number


@pytest.fixture(autouse=True)
def _no_fault_left(house: House) -> Iterator[None]:
    yield
    house.stage.github.clear_faults()


def ask(house: House, title: str, user: str = "maria") -> int:
    """Open an issue and ask for it to be fixed."""
    number = house.open_issue(title)
    house.comment(number, "/agent fix", user)
    return number


def in_the_middle(house: House, number: int, turns: int = 1) -> dict[str, Any]:
    """Return a task that is at work."""

    def see() -> dict[str, Any] | None:
        tasks = house.tasks(number)
        return tasks[0] if tasks and tasks[0]["progress"]["turns"] >= turns else None

    found: dict[str, Any] = house.wait_for(see, "the middle of a task")
    return found


def branches(house: House, number: int) -> list[str]:
    """The branches of the bot for an issue."""
    found = _git(house, "for-each-ref", "--format=%(refname:short)", f"refs/heads/agent/{number}-*")
    return found.split()


def _git(house: House, *arguments: str) -> str:
    owner, _, name = house.stage.repository.partition("/")
    folder = house.stage.github.state.repository(owner, name).path
    ran = subprocess.run(
        ["git", "--git-dir", folder, *arguments], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def assert_everything_once(house: House, number: int, task: dict[str, Any]) -> None:
    assert (task["state"], task["reason"]) == ("succeeded", "")
    [branch] = branches(house, number)
    assert branch == task["branch"]
    assert _git(house, "rev-list", f"{task['base_sha']}..{branch}") == task["head_sha"]
    [pull_request] = house.pull_requests(number)
    assert pull_request["head"]["sha"] == task["head_sha"]
    [comment] = house.bot_comments(number)
    assert comment["id"] == task["status_comment_id"]


WRITES = ("issues/create-comment", "git/create-ref", "graphql/createCommitOnBranch", "pulls/create")


def test_a_write_of_which_the_answer_is_lost_is_not_made_again(house: House) -> None:
    """Two tasks at once, and for each write two lost answers, to either."""
    for operation in WRITES:
        house.stage.github.fault(operation, status=500, after=True)
        house.stage.github.fault(operation, drop=True, after=True)
    for number in [ask(house, f"Quick: with lost answers {number}") for number in range(2)]:
        task = house.wait_for_task(number)
        assert_everything_once(house, number, task)
        assert task["attempts"] == 1
    assert house.stage.github.faults() == []


def test_a_permission_that_cannot_be_looked_up_is_a_refusal(house: House) -> None:
    operation = "repos/get-collaborator-permission-level"
    house.stage.github.fault(operation, status=500, count=None)
    number = ask(house, "Quick: who asks?")
    house.wait_for_answer(number, "could not check")
    assert house.tasks(number) == []
    assert len(house.bot_comments(number)) == 1


def test_a_task_waits_for_github_when_no_token_is_to_be_had(house: House) -> None:
    house.stage.github.fault("apps/create-installation-access-token", status=502, count=4)
    number = ask(house, "Quick: without a token")
    task = house.wait_for_task(number)
    assert house.stage.github.faults() == []
    assert_everything_once(house, number, task)
    assert task["attempts"] == 1


def test_a_task_waits_as_long_as_a_rate_limit_says(house: House) -> None:
    github, operation = house.stage.github, "apps/create-installation-access-token"
    limited = {"Retry-After": "4"}
    words = "You have exceeded a secondary rate limit."
    github.fault(operation, status=403, message=words, headers=limited, count=2)
    number = ask(house, "Quick: too many requests")
    task = house.wait_for_task(number)
    assert_everything_once(house, number, task)
    mints = [one for one in github.exchanges if one.operation == operation]
    refused = [one for one in mints if one.status == 403]
    assert len(refused) == 2
    later = [one.at for one in mints if one.at > refused[-1].at]
    assert min(later) - refused[0].at >= 4


@dataclass(frozen=True)
class Disturbed:
    """Issues whose tasks were disturbed in their middle, all at the same time."""

    leaver: int
    deleted: int
    boxless: int
    moving: int
    tokenless: int


@pytest.fixture(scope="module")
def disturbed(house: House, docker_host: str, long_task: int) -> Disturbed:
    assert long_task
    github, repository = house.stage.github, house.stage.repository
    github.add_collaborator(repository, "zoe", "write")
    found = Disturbed(
        leaver=ask(house, "Slow: for somebody who leaves", "zoe"),
        deleted=ask(house, "Slow: deleted meanwhile"),
        boxless=ask(house, "Slow: without a floor"),
        moving=ask(house, "Slow: on a moving base"),
        tokenless=ask(house, "Slow: its tokens are revoked"),
    )
    in_the_middle(house, found.leaver)
    github.add_collaborator(repository, "zoe", "read")
    in_the_middle(house, found.deleted)
    github.delete_issue(repository, found.deleted, "maria")
    task = in_the_middle(house, found.boxless)
    [box] = house.wait_for(lambda: containers(docker_host, task["id"]), "its sandbox")
    subprocess.run(["docker", "-H", docker_host, "rm", "-f", box], check=True, capture_output=True)
    in_the_middle(house, found.moving)
    _commit_on_main(house)
    house.comment(found.moving, "By the way: half a cent goes up.", "li")
    in_the_middle(house, found.tokenless)
    with github.state.lock:
        for token in [value for value in github.state.tokens if value.startswith("ghs_")]:
            del github.state.tokens[token]
    return found


def _commit_on_main(house: House) -> None:
    with pytest.MonkeyPatch.context() as environment:
        for role in ("AUTHOR", "COMMITTER"):
            environment.setenv(f"GIT_{role}_NAME", "Li")
            environment.setenv(f"GIT_{role}_EMAIL", "li@example.org")
        made = _git(house, "commit-tree", "main^{tree}", "-p", "main", "-m", "Meanwhile")
    _git(house, "update-ref", "refs/heads/main", made)


def test_a_requester_without_write_access_at_the_end_gets_words_and_no_branch(
    house: House, disturbed: Disturbed
) -> None:
    task = house.wait_for_task(disturbed.leaver)
    assert (task["state"], task["reason"]) == ("failed", "permission_lost")
    assert branches(house, disturbed.leaver) == []
    assert house.pull_requests(disturbed.leaver) == []
    answer = house.wait_for_answer(disturbed.leaver, "lost write access")
    assert "zoe" in answer["body"]


def test_a_task_whose_issue_is_deleted_comes_to_an_end(house: House, disturbed: Disturbed) -> None:
    task = house.wait_for_task(disturbed.deleted)
    assert task["attempts"] == 1
    log = house.bot.started[house.worker_of(task["id"])].log.read_text()
    assert "status.nowhere_to_say" in log


def test_a_task_goes_on_in_a_new_sandbox_when_its_own_is_removed(
    house: House, disturbed: Disturbed, docker_host: str
) -> None:
    task = house.wait_for_task(disturbed.boxless)
    assert_everything_once(house, disturbed.boxless, task)
    [status] = house.bot_comments(disturbed.boxless)
    assert "the sandbox was lost" in status["body"]
    assert containers(docker_host, task["id"]) == []


def test_a_base_that_moves_meanwhile_is_neither_lost_nor_mixed_in(
    house: House, disturbed: Disturbed
) -> None:
    task = house.wait_for_task(disturbed.moving)
    base = _git(house, "rev-parse", "main~1")
    assert task["base_sha"] == base
    [branch] = branches(house, disturbed.moving)
    assert _git(house, "rev-list", f"{base}..{branch}") == task["head_sha"]
    assert _git(house, "log", "-1", "--format=%s", "main") == "Meanwhile"


def test_what_its_people_write_meanwhile_reaches_the_agent(
    house: House, disturbed: Disturbed
) -> None:
    task = house.wait_for_task(disturbed.moving)
    address = f"{house.web}/tasks/{task['id']}/log.jsonl"
    with urllib.request.urlopen(address, timeout=10) as lines:  # noqa: S310 - our own address
        log = [json.loads(line) for line in lines]
    told = [entry["content"]["text"] for entry in log if entry["kind"] == "message"]
    assert [text.splitlines()[2] for text in told if "half a cent goes up" in text] == [
        "By the way: half a cent goes up."
    ]


def test_a_task_gets_new_tokens_when_its_own_are_revoked(
    house: House, disturbed: Disturbed
) -> None:
    task = house.wait_for_task(disturbed.tokenless)
    assert_everything_once(house, disturbed.tokenless, task)
    [status] = house.bot_comments(disturbed.tokenless)
    assert f"Draft pull request #{task['pull_request_number']}" in status["body"]


def test_an_executable_file_goes_by_git_and_says_that_it_is_not_signed(house: House) -> None:
    number = ask(house, "Program: a new command")
    task = house.wait_for_task(number)
    assert_everything_once(house, number, task)
    assert _git(house, "ls-tree", task["branch"], "bin/hi").startswith("100755 ")
    [pull_request] = house.pull_requests(number)
    assert "not signed" in pull_request["body"]


PLANS: list[dict[str, Any]] = [{"times": 3}, {"delay_s": 1.5, "times": 2}, {"hold": 3}]


def test_deliveries_that_come_often_late_or_out_of_order_make_one_task(house: House) -> None:
    """And GitHub fails to open one of their pull requests, which is done again later."""
    github = house.stage.github
    github.fault("pulls/create", status=502)
    asked = {}
    for plan in PLANS:
        github.plan_deliveries(**plan)
        number = house.open_issue(f"Quick: told strangely, {plan}")
        asked[number] = house.comment(number, "/agent fix")
        house.comment(number, "Thank you!")
        github.plan_deliveries()
    for number in asked:
        assert_everything_once(house, number, house.wait_for_task(number))
    assert github.faults() == []
    github.wait_for_deliveries()
    for number, comment_id in asked.items():
        # And once more when all is over, as somebody may press the button on GitHub's page.
        again = github.redeliver(_delivery_of(github, comment_id))
        github.wait_for_deliveries()
        sent = next(one for one in github.deliveries() if one["id"] == again)
        assert sent["status_code"] == 200
        assert len(house.tasks(number)) == 1


def _delivery_of(github: Switches, comment_id: int) -> int:
    told = github.deliveries("issue_comment")
    return next(
        int(one["id"]) for one in told if one["request"]["payload"]["comment"]["id"] == comment_id
    )


def test_a_task_whose_app_is_suspended_ends_without_a_push(house: House, long_task: int) -> None:
    house.wait_for_task(long_task)
    github = house.stage.github
    [installation] = github.state.installations
    number = ask(house, "Slow: suspended meanwhile")
    in_the_middle(house, number)
    github.suspend(installation.id)
    try:
        task = house.wait_for_task(number)
    finally:
        github.suspend(installation.id, suspended=False)
    assert (task["state"], task["reason"]) == ("stopped", "stopped")
    assert branches(house, number) == []


def test_a_running_task_edits_its_comment_every_ten_seconds_at_most(
    house: House, long_task: int
) -> None:
    task = house.wait_for_task(long_task)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    edits = [
        one.at
        for one in house.stage.github.exchanges
        if (one.operation, one.status) == ("issues/update-comment", 200)
        and one.path.endswith(f"/{task['status_comment_id']}")
    ]
    *running, final = edits
    assert len(running) >= 3
    apart = [later - sooner for sooner, later in itertools.pairwise(running)]
    assert min(apart) >= 9.9
    assert abs(final - task["ended_at"]) < 5


def test_no_secret_of_the_run_is_found_anywhere(
    house: House, canaries: Canaries, logs: Path, long_task: int
) -> None:
    """The last test of this module: it looks at what all the others left."""
    house.wait_for_task(long_task)
    assert len([token for token in canaries.tokens if token.startswith("ghs_")]) > 10
    known = canaries.secrets(house)
    dump = logs / "redis.rdb"
    socket = str(house.stage.data / "redis.sock")
    subprocess.run(["redis-cli", "-s", socket, "--rdb", dump], check=True, capture_output=True)
    places = [*(logs / "logs").rglob("*"), *(house.stage.data / "bot").rglob("*"), dump]
    files = [place for place in places if place.is_file()]
    assert any(file.name == "patchbay.db" for file in files)
    found = {
        f"{name} in {file}"
        for file in files
        for content in [file.read_bytes()]
        for name, secret in known.items()
        if secret in content
    }
    assert found == set()
    assert _said(house, known) == set()
    subprocess.run(["sh", "-c", "sleep 1; exit 0", canaries.decoy], check=True)
    assert canaries.seen_in_argv == {canaries.decoy}


def _said(house: House, known: dict[str, bytes]) -> set[str]:
    """What the bot wrote where people or the model read it."""
    github = house.stage.github
    bodies = [request.request_body for request in github.exchanges if request.method != "GET"]
    whole = b"\n".join(bodies)
    return {name for name, secret in known.items() if secret in whole}
