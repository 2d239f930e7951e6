"""One keeper for a machine, whose death costs no task anything; it holds no key."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.sandbox_settings import KeeperSettings, keeper_variables
from bot.settings import Settings, SettingsError
from jobs.keeper.client import Keeper
from tests.keeper.keeper_process import IMAGE, ROOT, KeeperProcess, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def test_a_task_goes_on_when_the_keeper_dies_and_its_sandbox_is_adopted(
    pooling: KeeperProcess,
) -> None:
    client = pooling.client
    until(lambda: client.status().idle == 2, "the pool is full")
    box = client.start(IMAGE, task_id="k7m2", epoch=4, deadline_s=60)
    waiting = pooling.waiting()
    assert waiting
    ended: list[str] = []
    command = "echo began; sleep 2; echo ended"
    working = threading.Thread(
        target=lambda: ended.append(box.exec(command, workdir="/").output), daemon=True
    )
    working.start()
    pooling.kill()
    until(lambda: not set(waiting) & set(pooling.containers()), "what waited is gone")
    working.join(20)
    assert ended == ["began\nended"]
    assert pooling.containers() == [box.container]
    pooling.serve()
    assert [(one.task_id, one.epoch) for one in client.running()] == [("k7m2", 4)]
    assert box.exec("echo still here", workdir="/").output == "still here"
    box.close()
    until(lambda: box.container not in pooling.containers(), "it was removed", within_s=5)
    until(lambda: client.status().idle == 2, "the new keeper has a pool")


def test_a_start_waits_for_a_keeper_that_returns(keeper: KeeperProcess, client: Keeper) -> None:
    keeper.kill()
    returning = threading.Timer(0.5, keeper.serve)
    returning.start()
    with client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
        assert box.exec("echo here", workdir="/").output == "here"
    returning.join()


def test_a_sandbox_given_back_while_the_keeper_is_away_goes_all_the_same(
    keeper: KeeperProcess, client: Keeper
) -> None:
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    keeper.kill()
    box.close()
    until(lambda: not keeper.containers(), "its stream was its life")


def test_a_polite_end_takes_no_sandbox_along(keeper: KeeperProcess, client: Keeper) -> None:
    assert keeper.process
    box = client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60)
    keeper.process.terminate()
    assert keeper.process.wait(20) == 0
    assert not keeper.socket.exists()
    assert box.exec("echo here", workdir="/").output == "here"
    keeper.serve()
    box.close()
    until(lambda: not keeper.containers(), "it was removed")


def test_a_polite_end_leaves_no_pool(pooling: KeeperProcess) -> None:
    until(lambda: pooling.client.status().idle == 2, "the pool is full")
    assert pooling.process
    pooling.process.terminate()
    assert pooling.process.wait(20) == 0
    assert pooling.containers() == []


def test_a_second_keeper_refuses_in_words_and_the_first_goes_on(
    keeper: KeeperProcess, client: Keeper
) -> None:
    second = keeper.start()
    assert second.wait(20) == 2
    assert "another keeper already uses" in keeper.words()
    with client.start(IMAGE, task_id="k7m2", epoch=1, deadline_s=60) as box:
        assert box.exec("echo here", workdir="/").output == "here"


def test_a_second_keeper_of_a_data_folder_refuses_whatever_its_socket(
    keeper: KeeperProcess, tmp_path: Path
) -> None:
    second = keeper.start(PATCHBAY_KEEPER_SOCKET=str(tmp_path / "other.sock"))
    assert second.wait(20) == 2
    assert f"another keeper already uses {tmp_path}" in keeper.words()
    assert not (tmp_path / "other.sock").exists()
    assert keeper.process
    assert keeper.client.status().pid == keeper.process.pid


def test_keepers_of_two_data_folders_do_not_share_a_socket(
    keeper: KeeperProcess, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    settings = {"PATCHBAY_KEEPER_SOCKET": str(keeper.socket)}
    second = keeper.start(PATCHBAY_DATA_DIR=str(tmp_path / "other"), **settings)
    assert second.wait(20) == 2
    assert "another keeper already serves" in keeper.words()
    assert keeper.process
    assert keeper.client.status().pid == keeper.process.pid


def test_what_lies_at_the_sockets_place_is_replaced(tmp_path: Path, docker_host: str) -> None:
    keeper = KeeperProcess(tmp_path, docker_host, pool_size=0)
    keeper.socket.write_text("stale")
    (tmp_path / "keeper.new").write_text("stale")
    keeper.serve()
    assert stat.S_IMODE(keeper.socket.stat().st_mode) == 0o600
    keeper.kill()
    assert keeper.socket.exists()
    keeper.serve()
    keeper.end()


def test_a_group_can_be_let_in(tmp_path: Path, docker_host: str) -> None:
    group = subprocess.run(
        ["getent", "group", str(os.getgid())], check=True, capture_output=True, text=True
    ).stdout.split(":")[0]
    keeper = KeeperProcess(tmp_path, docker_host, pool_size=0, keeper_group=group)
    keeper.serve()
    found = keeper.socket.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, os.getgid())
    keeper.end()


def test_a_path_may_be_longer_than_a_sockets_address(tmp_path: Path, docker_host: str) -> None:
    folder = tmp_path.joinpath(*["a-long-name-of-a-folder"] * 8)
    folder.mkdir(parents=True)
    keeper = KeeperProcess(folder, docker_host, pool_size=0)
    assert len(str(keeper.socket)) > 200
    keeper.serve()
    keeper.end()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "sk-canary"),
        ("PATCHBAY_WEBHOOK_SECRET", "canary" * 8),
        ("PATCHBAY_GITHUB_PRIVATE_KEY_FILE", "/canary.pem"),
        ("GITHUB_TOKEN", "ghp_canary"),
        ("DATABASE_URL", "postgresql://bot:canary@db/patchbay"),
        ("PGPASSWORD", "canary"),
    ],
)
def test_a_keeper_with_a_key_in_its_environment_refuses_to_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"PATH": "/bin", name: value})
    with pytest.raises(SettingsError, match=f"{name}.*script/keeper") as raised:
        KeeperSettings.load()
    assert "canary" not in str(raised.value)


def test_a_harmless_environment_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "os.environ",
        {
            "PATH": "/bin",
            "KEYBOARD": "us",
            "SANDBOX_RUNTIME": "runsc",
            "OPENAI_API_KEY": "",
            "PATCHBAY_NETWORK_HOSTS": "pypi.org, example.org",
        },
    )
    settings = KeeperSettings.load()
    assert settings.sandbox_runtime == "runsc"
    assert settings.network_hosts == ("pypi.org", "example.org")


def test_the_script_passes_on_only_what_the_keeper_reads(tmp_path: Path, docker_host: str) -> None:
    keeper = KeeperProcess(tmp_path, docker_host, pool_size=0)
    keeper.process = keeper.start(
        OPENAI_API_KEY="sk-canary", GITHUB_TOKEN="ghp_canary", PATCHBAY_COMMAND="/agent"
    )
    pid = keeper.client.status().pid
    given = dict(
        pair.split("=", 1) for pair in Path(f"/proc/{pid}/environ").read_text().split("\0") if pair
    )
    assert set(given) <= {*keeper_variables(), "PATH", "HOME", "LANG", "TZ", "TMPDIR", "PWD"} | {
        "PYTHONUNBUFFERED",
        "SHLVL",
        "_",
    }
    assert given["PATCHBAY_POOL_SIZE"] == "0"
    assert "canary" not in Path(f"/proc/{pid}/cmdline").read_text()
    keeper.end()


@pytest.mark.skipif(not (ROOT / ".venv/bin/python").exists(), reason="it has no Python of its own")
def test_the_script_finds_its_own_python(tmp_path: Path, docker_host: str) -> None:
    keeper = KeeperProcess(tmp_path, docker_host, pool_size=0)
    keeper.process = keeper.start(PATH="/usr/bin:/bin")
    assert keeper.client.status().pid == keeper.process.pid
    keeper.end()


def test_nothing_secret_is_among_what_the_keeper_reads() -> None:
    secret = {name for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    assert secret
    assert not secret & set(KeeperSettings.model_fields)


def test_the_worker_never_imports_docker() -> None:
    source = (
        "import sys, jobs.agent_worker, jobs.keep_time, jobs.intake\n"
        "assert 'docker' not in sys.modules, 'docker'\n"
    )
    subprocess.run([sys.executable, "-c", source], check=True, cwd=ROOT)
