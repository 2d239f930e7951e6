"""A project whose version comes from its tags finds it in a sandbox, where no remote is."""

import os
import subprocess
from pathlib import Path

import pytest

from jobs.repository.mirror import Mirror
from jobs.sandbox import Sandboxes
from tests.repository.conftest import Origin
from tests.repository.test_tags import commits, tag

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parent.parent.parent
IMAGE = "patchbay/test-setuptools-scm"
PROJECT = {
    "pyproject.toml": b'[build-system]\nrequires = ["setuptools", "setuptools_scm"]\n'
    b'[project]\nname = "tool"\ndynamic = ["version"]\n[tool.setuptools_scm]\n'
}


@pytest.fixture(scope="module")
def image(docker_host: str, sandbox_image: str) -> str:
    assert sandbox_image
    script = str(ROOT / "script" / "images")
    build = [script, "--derive", IMAGE, "--pip", "setuptools_scm==8.3.1"]
    subprocess.run(build, check=True, env={**os.environ, "DOCKER_HOST": docker_host})
    return IMAGE


@pytest.mark.parametrize("since", [3, 70])
def test_setuptools_scm_counts_from_the_newest_tag(
    since: int, image: str, origin: Origin, mirror: Mirror, file_url: str, sandboxes: Sandboxes
) -> None:
    origin.commit(PROJECT)
    shas = commits(origin, since + 1)
    tag(origin, "v1.2.0", shas[-1 - since], "-a", "-m", "A release")
    base = mirror.fetch(file_url, "main")
    with sandboxes.start(image, task_id="scm", epoch=1, deadline_s=120) as box:
        box.put(mirror.pack(base), base)
        assert box.exec("git describe --tags").output == f"v1.2.0-{since}-g{base[:7]}"
        said = box.exec("python3 -m setuptools_scm 2>/dev/null").output
        assert said.startswith(f"1.2.1.dev{since}+g{base[:7]}")
        assert box.exec("git tag; git show -s --format=%s v1.2.0^{commit}; git fsck").exit_code == 0
        assert box.exec("git status --short").output == "(no output)"
