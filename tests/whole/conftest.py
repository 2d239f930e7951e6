"""A running product for the tests of one module."""

from collections.abc import Iterator

import pytest

from demo.house import House
from tests.whole.given import open_checked_house


@pytest.fixture(scope="module")
def house(
    docker_host: str, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Two workers, a model that answers at once, and a shop with five issues."""
    assert sandbox_image
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", docker_host)
        environment.delenv("OPENAI_API_KEY", raising=False)
        with open_checked_house(tmp_path_factory.mktemp("logs")) as opened:
            yield opened
