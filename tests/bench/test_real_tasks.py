"""Real bugs of real packages: the pull request mends them, and breaks nothing near them."""

from pathlib import Path

import pytest

from bench.real_tasks import read_tasks, work_on

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

SMALL = ("click-3434", "boltons-ebc7a8f")
TASKS = {task.instance_id: task for task in read_tasks()}


@pytest.mark.parametrize("name", SMALL)
def test_the_branch_passes_the_regression_test_and_the_packages_own(
    name: str, docker_host: str, sandbox_image: str, tmp_path: Path
) -> None:
    assert sandbox_image
    worked = work_on(TASKS[name], docker_host, tmp_path)
    assert (worked.task["state"], worked.task["reason"]) == ("succeeded", "")
    assert worked.regression is not None
    assert worked.nearby is not None
    assert worked.regression.exit_code == 0, worked.regression.output
    assert worked.nearby.exit_code == 0, worked.nearby.output
    rows = worked.task["evidence"]["rows"]
    assert "fixed" in [row["verdict"] for row in rows]
    assert "newly failing" not in [row["verdict"] for row in rows]
