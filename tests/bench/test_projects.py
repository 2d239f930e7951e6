"""Real projects are set up behind the proxy, and their checks are known before an agent starts."""

from pathlib import Path

import pytest

from bench.chosen_projects import PROJECTS
from bench.prepared_projects import Prepared, prepare
from jobs.sandbox.engine import Engine

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]
NAMED = {project.package: project for project in PROJECTS}


@pytest.fixture
def engine(sandboxes: Engine, sandbox_image: str, node_image: str, proxy_image: str) -> Engine:
    assert sandbox_image
    assert node_image
    assert proxy_image
    return sandboxes


def known(prepared: Prepared) -> str:
    """What the one check of the project said; the second task remembers it, and sets nothing up."""
    assert prepared.ready, prepared.to_json()
    assert prepared.first.commands
    assert (prepared.second.commands, prepared.second.baseline.measured) == ([], False)
    assert prepared.second.baseline.outcomes == prepared.first.baseline.outcomes
    [outcome] = prepared.first.baseline.outcomes
    assert outcome
    assert outcome.side.summary in prepared.second.told[-1]
    return outcome.side.summary


def test_typescript_is_built_before_its_tests_run(engine: Engine, tmp_path: Path) -> None:
    prepared = prepare(NAMED["slug"], engine, tmp_path)
    assert prepared.first.image == "patchbay/node"
    assert known(prepared) == "3 passed, 0 failed"


def test_an_extension_in_c_is_compiled_before_its_tests_run(engine: Engine, tmp_path: Path) -> None:
    prepared = prepare(NAMED["ujson"], engine, tmp_path)
    assert prepared.first.image == "patchbay/python"
    assert ", 0 failed" in known(prepared)
