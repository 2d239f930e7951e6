"""A worker tries a sandbox before it works, and does not start where one is not shut in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keeper.keeper_process import ROOT, KeeperProcess

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def worker(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a worker until it refuses to start."""
    key = tmp_path / "key.pem"
    key.touch(mode=0o600)
    environment = {
        "PATH": os.environ["PATH"],
        "PATCHBAY_DATA_DIR": str(tmp_path / "data"),
        "PATCHBAY_GITHUB_APP_ID": "1",
        "PATCHBAY_GITHUB_PRIVATE_KEY_FILE": str(key),
        "PATCHBAY_WEBHOOK_SECRET": "canary" * 8,
        "MODEL": "a-model",
        "OPENAI_API_KEY": "canary",
        **settings,
    }
    command = [sys.executable, "-m", "jobs.agent_worker"]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90
    )


def test_a_denial_that_is_missing_stops_it_with_one_line_that_names_it_and_the_mend(
    keeper: KeeperProcess, tmp_path: Path
) -> None:
    own = {"PATCHBAY_KEEPER_SOCKET": str(keeper.socket), "PATCHBAY_SANDBOX_PIDS": "64"}
    ran = worker(tmp_path, **own)
    assert ran.returncode == 1
    *_, first, said = ran.stderr.splitlines()
    assert first == "Patchbay cannot start:"
    assert "no task may start: processes are not limited (256) [mend: PidsLimit in" in said
    assert keeper.containers() == []
