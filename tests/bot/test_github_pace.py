"""At the local GitHub: no write comes too soon, and where GitHub wants silence all are silent."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import github_pace
from bot.github_app import GitHubApp
from bot.github_errors import RateLimited, Unauthorized
from bot.github_repository import GitHubRepository
from demo.github.server import LocalGitHub
from records.database import Database, open_database
from records.pacing import Pace, Pacing
from tests.bot.conftest import REPOSITORY, FrontDoor

WRITE = {"issues": "write", "metadata": "read"}
FAST = Pace(apart_s=0.0, a_minute=1_000, an_hour=10_000)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The records of the front door, as another process opens them."""
    return open_database(f"sqlite:///{tmp_path / 'records.db'}")


def process(front_door: FrontDoor, database: Database, pace: Pace) -> GitHubRepository:
    """The repository as one of several processes sees it."""
    app = front_door.app
    here = GitHubApp(
        app._app_id, app._private_key, front_door.github.api_url, pacing=Pacing(database, pace)
    )
    place = (front_door.installation_id, front_door.repository_id)
    return here.kept_repository(*place, WRITE)


def sent(github: LocalGitHub, operation: str) -> list[float]:
    return [one.at for one in github.recorder.exchanges if one.operation == operation]


def test_the_writes_of_all_processes_keep_their_distance(
    front_door: FrontDoor, database: Database
) -> None:
    number, pace = front_door.issue(), Pace(apart_s=0.3)
    processes = [process(front_door, database, pace) for _ in range(3)]

    def write(at: int) -> None:
        processes[at % 3].create_comment(number, f"words {at}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    times = sorted(sent(front_door.github, "issues/create-comment"))
    assert len(times) == 6
    # The turn is given at this distance; the way to GitHub may differ a little from one to another.
    assert times[-1] - times[0] > 5 * 0.3 - 0.2
    assert all(later - sooner > 0.1 for sooner, later in pairwise(times))


def test_a_write_whose_turn_is_far_off_is_not_waited_for_and_not_sent(
    front_door: FrontDoor, database: Database
) -> None:
    number = front_door.issue()
    repository = process(front_door, database, Pace(apart_s=30.0))
    repository.create_comment(number, "first")
    began = time.monotonic()
    with pytest.raises(RateLimited) as limited:
        repository.create_comment(number, "second")
    assert time.monotonic() - began < 2.0
    assert 25.0 < limited.value.until - time.time() <= 30.0
    assert len(sent(front_door.github, "issues/create-comment")) == 1


def test_after_a_limit_nobody_of_the_installation_asks_until_it_is_over(
    front_door: FrontDoor, database: Database
) -> None:
    number, github = front_door.issue(), front_door.github
    one, other = (process(front_door, database, FAST) for _ in range(2))
    elsewhere = another_installation(front_door, database)
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time() + 90))}
    github.fault("issues/get", status=403, headers=reset, message="API rate limit exceeded")
    with pytest.raises(RateLimited) as first:
        one.issue(number)
    assert 85.0 < first.value.until - time.time() < 95.0
    asked = len(github.recorder.exchanges)
    for ask in (other.default_branch, lambda: other.create_comment(number, "words")):
        with pytest.raises(RateLimited) as limited:
            ask()
        assert limited.value.until == pytest.approx(first.value.until, abs=2.0)
    assert len(github.recorder.exchanges) == asked
    assert elsewhere.default_branch() == "main"


def test_a_write_that_waited_for_its_turn_is_not_sent_into_a_silence(
    front_door: FrontDoor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = front_door.issue()
    repository = process(front_door, database, Pace(apart_s=5.0))
    repository.create_comment(number, "first")
    others = Pacing(database, FAST)

    def told_meanwhile(_s: float) -> None:
        others.fall_silent(front_door.installation_id, 90.0)

    clock = SimpleNamespace(sleep=told_meanwhile, time=time.time)
    monkeypatch.setattr(github_pace, "time", clock)
    with pytest.raises(RateLimited):
        repository.create_comment(number, "second")
    assert len(sent(front_door.github, "issues/create-comment")) == 1


def another_installation(front_door: FrontDoor, database: Database) -> GitHubRepository:
    github = front_door.github
    repository_id = github.create_repository("octo", "other")
    app_id, key = github.create_app("patchbay-two")
    installation = github.install(app_id, "octo/other")
    app = GitHubApp(app_id, key, github.api_url, pacing=Pacing(database, FAST))
    return app.kept_repository(installation, repository_id, WRITE)


def test_a_limit_that_says_how_long_is_kept_to_that_and_one_that_does_not_doubles(
    front_door: FrontDoor, database: Database
) -> None:
    number, github = front_door.issue(), front_door.github
    repository, waits = process(front_door, database, FAST), Pacing(database, FAST)
    github.fault(
        "issues/create-comment",
        status=403,
        message="You have exceeded a secondary limit",
        headers={"Retry-After": "7"},
    )
    with pytest.raises(RateLimited) as told:
        repository.create_comment(number, "words")
    assert 5.0 < told.value.until - time.time() <= 7.5
    first = waits.fall_silent(front_door.installation_id + 1, None)
    second = waits.fall_silent(front_door.installation_id + 1, None)
    assert 55.0 < first - time.time() < 61.0
    assert 115.0 < second - time.time() < 121.0


def test_a_key_that_was_renewed_is_read_again_without_a_restart(front_door: FrontDoor) -> None:
    app, github = front_door.app, front_door.github
    renewed = github.renew_key(app._app_id)
    place = (front_door.installation_id, front_door.repository_id, {"metadata": "read"})
    with pytest.raises(Unauthorized):
        GitHubApp(app._app_id, app._private_key, github.api_url).token(*place)
    here = GitHubApp(app._app_id, app._private_key, github.api_url, reread_key=lambda: renewed)
    assert here.token(*place).repository == REPOSITORY
