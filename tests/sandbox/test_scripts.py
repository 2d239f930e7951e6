"""The scripts around sandboxes: an engine, images, a shell."""

import os
import shutil
import subprocess
from pathlib import Path

import docker
import pytest

from tests.sandbox.repositories import make_repository

pytestmark = pytest.mark.docker

SCRIPTS = Path(__file__).resolve().parents[2] / "script"


def run(
    *command: str | Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / command[0], *command[1:]],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_engine_that_answers_is_used(docker_host: str) -> None:
    assert run("engine", "host").stdout.strip() == docker_host
    assert run("engine", "start", "--for", str(os.getpid())).stdout.strip() == docker_host


def test_an_engine_that_is_named_comes_first(docker_host: str) -> None:
    found = run("engine", "host", DOCKER_HOST="unix:///nowhere.sock")
    assert found.stdout.strip() == docker_host


@pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="that engine would be used")
@pytest.mark.skipif(os.geteuid() != 0, reason="starting an engine needs root")
@pytest.mark.parametrize("folder", ["short", "a-very-long-name-for-a-folder-" * 4])
def test_an_own_engine_starts_and_leaves_nothing(tmp_path: Path, folder: str) -> None:
    checkout = tmp_path / folder
    (checkout / "script").mkdir(parents=True)
    shutil.copy(SCRIPTS / "engine", checkout / "script")
    script = checkout / "script" / "engine"
    outside = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}

    def engine(verb: str) -> str:
        ended = subprocess.run(
            [script, verb], capture_output=True, text=True, check=False, env=outside
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    host = engine("start")
    try:
        client = docker.DockerClient(host)
        assert client.images.list() == []
        client.close()
        assert engine("start") == engine("host") == host
    finally:
        engine("stop")
    assert not Path(host.removeprefix("unix://")).exists()
    assert str(checkout) not in Path("/proc/self/mountinfo").read_text()
    commands = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [
        command for command in commands if b"dockerd" in command and bytes(checkout) in command
    ]
    engine("stop")


def test_wrong_arguments_show_how_it_is_done() -> None:
    for command in (["engine"], ["engine", "restart"]):
        ended = run(*command)
        assert ended.returncode == 2
        assert f"script/{command[0]}" in ended.stderr


def test_a_shell_opens_in_what_the_agent_gets(docker_host: str, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    ended = run(
        "sandbox",
        repository.path,
        stdin="pwd; cat a; id -u; echo $PAGER; git log --format=%s\n",
        DOCKER_HOST=docker_host,
        PATCHBAY_DATA_DIR=str(tmp_path / "data"),
    )
    assert ended.stdout.split() == ["/workspace/repo", "1", "10001", "cat", "work"]
    engine = docker.DockerClient(docker_host)
    owner = f"dev.patchbay.owner={(tmp_path / 'data/people/sandbox-owner').read_text().strip()}"
    assert not engine.containers.list(all=True, filters={"label": owner})
    engine.close()
