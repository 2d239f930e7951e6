"""The main story once more, with PostgreSQL for the records."""

import pytest

from tests.whole.given import open_checked_house

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_records_may_lie_in_postgresql(
    database_url: str,
    docker_host: str,
    sandbox_image: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sandbox_image
    assert database_url.startswith("postgresql")
    monkeypatch.setenv("DOCKER_HOST", docker_host)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    logs = tmp_path_factory.mktemp("logs")
    with open_checked_house(logs, workers=1, database_url=database_url) as house:
        house.comment(2, "/agent fix this")
        task = house.wait_for_task(2)
        assert task["state"] == "succeeded"
        assert len(house.pull_requests(2)) == 1
