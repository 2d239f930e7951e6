"""While GitHub is away a job waits; what is refused, and a reason to end, come at once."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.github_app import GitHubApp
from bot.github_errors import Forbidden, RateLimited, Unauthorized, Unavailable
from demo.github.server import LocalGitHub
from jobs.minted import minted
from jobs.patience import patiently
from records.effects import Ambiguous
from tests.jobs.conftest import MakeJob

NEVER = threading.Event()


def failing(*troubles: Exception) -> tuple[Callable[[], str], list[float]]:
    """Something that goes wrong in these ways, one after the other, and then well."""
    left, asked_at = list(troubles), list[float]()

    def act() -> str:
        asked_at.append(time.time())
        if left:
            raise left.pop(0)
        return "done"

    return act, asked_at


@pytest.mark.parametrize(
    "troubles",
    [(), (Unavailable("502"),), (Ambiguous("reset"),), (Unauthorized("401"),)],
    ids=lambda troubles: ",".join(map(str, troubles)) or "none",
)
def test_it_is_done_again_until_it_is_done(
    make_job: MakeJob, troubles: Sequence[Exception]
) -> None:
    act, asked_at = failing(*troubles)
    assert patiently(make_job(), act, until=NEVER) == "done"
    assert len(asked_at) == len(troubles) + 1


def test_a_rate_limit_is_waited_for_to_its_end(make_job: MakeJob) -> None:
    until = time.time() + 2.0
    act, asked_at = failing(RateLimited("slow down", until))
    assert patiently(make_job(), act, until=NEVER) == "done"
    assert asked_at[1] >= until - 0.01


def test_a_rate_limit_longer_than_the_patience_is_not_waited_for(make_job: MakeJob) -> None:
    act, asked_at = failing(RateLimited("come back tomorrow", time.time() + 86_400))
    with pytest.raises(RateLimited):
        patiently(make_job(), act, until=NEVER)
    assert len(asked_at) == 1


def test_what_is_refused_is_not_asked_for_again(make_job: MakeJob) -> None:
    act, asked_at = failing(Forbidden("403"))
    with pytest.raises(Forbidden):
        patiently(make_job(), act, until=NEVER)
    assert len(asked_at) == 1


def test_a_reason_to_end_ends_the_waiting_with_the_trouble(make_job: MakeJob) -> None:
    halted = threading.Event()
    act, _ = failing(*[RateLimited("slow down", time.time() + 600)] * 9)
    timer = threading.Timer(0.3, halted.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(RateLimited):
        patiently(make_job(), act, until=halted)
    assert time.monotonic() - began < 5
    timer.join()


@pytest.mark.parametrize("trouble", [{"status": 502}, {"status": 403}, {"drop": True}], ids=str)
def test_a_token_that_cannot_be_revoked_spoils_nothing(
    make_job: MakeJob, local_github: LocalGitHub, trouble: dict[str, Any]
) -> None:
    repository_id = local_github.create_repository("acme", "shop")
    app_id, key = local_github.create_app("patchbay")
    installation_id = local_github.install(app_id, "acme/shop")
    job = make_job()
    task = replace(job.task, installation_id=installation_id, repository_id=repository_id)
    services = replace(job.services, github=GitHubApp(app_id, key, local_github.api_url))
    local_github.fault("apps/revoke-installation-access-token", **trouble)
    with minted(services, task, {"metadata": "read"}) as token:
        assert token.value in local_github.state.tokens
    assert local_github.faults() == []
    with minted(services, task, {"metadata": "read"}) as token:
        pass
    assert token.value not in local_github.state.tokens
