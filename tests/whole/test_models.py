"""One of several models, named in a comment, works on the task, and is told of and paid for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.house import House
from demo.model import ScriptedModel
from demo.stage import SAMPLE
from tests.whole.given import open_checked_house

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

MODELS = """
[usual]
model = "not-asked"
base_url = "http://127.0.0.1:1/v1"

[deep]
model = "thinker-2"
base_url = "{address}"
key_env = "PATCHBAY_TEST_DEEP_KEY"
effort = "high"
context_window = 60_000
price_input = 10.0
price_output = 50.0
"""


@pytest.fixture(scope="module")
def deep() -> Iterator[ScriptedModel]:
    with ScriptedModel(SAMPLE / "turns") as model:
        yield model


@pytest.fixture(scope="module")
def house(
    docker_host: str,
    sandbox_image: str,
    deep: ScriptedModel,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A product with two models, the usual one of which cannot be reached."""
    assert sandbox_image
    folder: Path = tmp_path_factory.mktemp("models")
    (folder / "models.toml").write_text(MODELS.format(address=deep.base_url))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", docker_host)
        environment.delenv("OPENAI_API_KEY", raising=False)
        environment.setenv("PATCHBAY_TEST_DEEP_KEY", "sk-deep-canary")
        options = {"workers": 1, "models": folder / "models.toml"}
        with open_checked_house(folder / "logs", **options) as opened:
            yield opened


def test_the_model_that_is_named_does_it(house: House, deep: ScriptedModel) -> None:
    house.comment(1, "/agent fix --model thinker this")
    house.wait_for_answer(1, "I know no model `thinker`; there is `usual`, `deep`.")

    house.comment(1, "/agent fix --model Deep this")
    task = house.wait_for_task(1)
    assert (task["state"], task["reason"]) == ("succeeded", "")
    [pull_request] = house.pull_requests(1)
    status = next(one for one in house.bot_comments(1) if task["id"] in one["body"])
    for told in (pull_request["body"], status["body"]):
        assert "deep (thinker-2)" in told
        assert "$" in told.split("<sub>")[-1]
    for request in deep.requests:
        assert request.parsed["model"] == "thinker-2"
        assert request.parsed["reasoning_effort"] == "high"
        assert request.headers["authorization"] == "Bearer sk-deep-canary"
    assert "sk-deep-canary" not in pull_request["body"] + status["body"]
