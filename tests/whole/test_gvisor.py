"""The main story once more, with every sandbox of the agent's and of the evidence behind gVisor."""

from collections.abc import Iterator

import pytest

from demo.house import House
from jobs.sandbox.engine_facts import describe
from tests.whole.given import open_checked_house

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]


@pytest.fixture
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    assert sandbox_image
    if "runsc" not in describe(docker_host, ()).runtimes:
        pytest.skip("this engine has no runsc: apt-get install runsc, script/engine stop, start")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", docker_host)
        environment.setenv("PATCHBAY_SANDBOX_RUNTIME", "runsc")
        environment.delenv("OPENAI_API_KEY", raising=False)
        with open_checked_house(tmp_path_factory.mktemp("logs"), workers=1) as opened:
            yield opened


def test_a_comment_becomes_a_pull_request_behind_gvisor(house: House) -> None:
    number = 1
    house.comment(number, "/agent fix")
    task = house.wait_for_task(number)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    [pull_request] = house.pull_requests(number)
    assert pull_request["draft"]
