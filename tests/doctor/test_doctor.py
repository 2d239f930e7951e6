"""What the doctor says of an installation: all is well, or what is wrong and how to mend it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox_settings import SandboxSettings
from bot.settings import Settings, SettingsError
from demo.github.server import LocalGitHub
from demo.model import Script, ScriptedModel, Turn
from jobs.doctor.__main__ import findings
from jobs.doctor.finding import Finding, Level, fail
from jobs.doctor.github import check_github
from jobs.doctor.installation import check_installation
from jobs.doctor.sandboxes import check_sandboxes, is_mended
from jobs.sandbox import SandboxError
from jobs.sandbox.engine_facts import EngineFacts
from records.database import migrate
from tests.fixtures.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef0123456789abcdef"
FOUR = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}
ALL = {**FOUR, "actions": "write", "checks": "write"}
Make = Callable[..., Settings]


@pytest.fixture
def make(tmp_path: Path, local_github: LocalGitHub, redis_url: str) -> Make:
    """Settings of an installation that is as it must be, with what a test changes about it."""

    def made(permissions: dict[str, str] | None = None, **changes: object) -> Settings:
        app_id, key = local_github.create_app("patchbay-doctor", permissions=permissions or ALL)
        file = tmp_path / "key.pem"
        file.write_text(key)
        file.chmod(0o600)
        data = tmp_path / "data"
        data.mkdir(mode=0o700)
        fields = {
            "github_app_id": app_id,
            "github_private_key_file": file,
            "github_api_url": local_github.api_url,
            "webhook_secret": SECRET,
            "data_dir": data,
            "redis_url": redis_url,
            "model": "a-model",
            "openai_base_url": "http://127.0.0.1:1/v1",
        }
        return Settings.model_validate({**fields, **changes})

    return made


def about(findings: Iterator[Finding], name: str) -> list[Finding]:
    return [one for one in findings if one.about == name]


def test_an_installation_that_is_well_needs_no_mending(make: Make) -> None:
    settings = make()
    migrate(settings.database())
    found = [*check_installation(settings), *check_github(settings)]
    assert [one.line() for one in found if one.level is Level.FAIL] == []
    # The test's own Redis keeps nothing and says so.
    assert {one.about for one in found if one.level is Level.WARNING} <= {"Redis", "disk"}
    assert {one.about for one in found} == {
        "webhook secret", "App's key", "data folder", "disk", "Redis", "database",
        "clock", "GitHub App", "permissions",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mode", "level", "words"),
    [
        ("key.pem", 0o640, Level.FAIL, "others may read"),
        ("data", 0o755, Level.WARNING, "anybody on this machine may look into"),
    ],
)
def test_modes_that_are_too_wide_are_named_with_the_mend(
    make: Make, tmp_path: Path, name: str, mode: int, level: Level, words: str
) -> None:
    settings = make()
    (tmp_path / name).chmod(mode)
    [found] = [one for one in check_installation(settings) if words in one.words]
    assert found.level is level
    assert found.mend.startswith("chmod ")


def test_a_key_in_the_environment_is_remarked_on(make: Make) -> None:
    settings = make(github_private_key_file=None, github_private_key="a key as text")
    [found] = about(check_installation(settings), "App's key")
    assert found.level is Level.WARNING


def test_a_folder_in_the_place_of_a_file_is_a_failure(make: Make, tmp_path: Path) -> None:
    settings = make()
    (tmp_path / "data").rmdir()
    (tmp_path / "data").write_text("")
    [found] = about(check_installation(settings), "data folder")
    assert found.level is Level.FAIL


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"redis_url": "redis://127.0.0.1:1/0"}, "Redis"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
        ({"least_free_mb": 1 << 40}, "disk"),
    ],
)
def test_what_is_missing_is_a_failure_with_its_mend(
    make: Make, changes: dict[str, object], name: str
) -> None:
    [found] = about(check_installation(make(**changes)), name)
    assert found.level is Level.FAIL
    assert found.mend


def test_a_redis_that_forgets_is_remarked_on(make: Make, mortal_redis: RedisServer) -> None:
    settings = make(redis_url=mortal_redis.url)
    with mortal_redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    assert [one.mend for one in about(check_installation(settings), "Redis")] == [
        "", "appendonly yes", "maxmemory-policy noeviction",
    ]  # fmt: skip
    with mortal_redis.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
    assert len(about(check_installation(settings), "Redis")) == 1


def test_a_database_of_an_older_schema_is_remarked_on(make: Make, tmp_path: Path) -> None:
    settings = make()
    [found] = about(check_installation(settings), "database")
    assert "there is none yet" in found.words
    assert list((tmp_path / "data").iterdir()) == []
    migrate(settings.database())
    [found] = about(check_installation(settings), "database")
    assert found.level is Level.OK


@pytest.mark.parametrize(
    ("permissions", "level", "words"),
    [
        ({**FOUR, "workflows": "write"}, Level.WARNING, "workflows: write; GitHub would no longer"),
        ({**FOUR, "administration": "write"}, Level.WARNING, "administration: write"),
        (FOUR, Level.WARNING, "may not write actions, checks"),
        ({**ALL, "actions": "read"}, Level.WARNING, "may not write actions:"),
        ({**FOUR, "issues": "read"}, Level.FAIL, "the App lacks issues: write"),
        ({"contents": "write", "metadata": "read"}, Level.FAIL, "issues: write, pull_requests"),
    ],
)
def test_permissions_that_are_too_many_or_too_few_are_named(
    make: Make, permissions: dict[str, str], level: Level, words: str
) -> None:
    settings = make(permissions)
    found = about(check_github(settings), "permissions")
    assert [one.level for one in found if words in one.words] == [level]


def test_a_key_of_another_app_is_told(make: Make) -> None:
    settings = make(github_app_id=999_999)
    [found] = about(check_github(settings), "GitHub App")
    assert found.level is Level.FAIL


PUBLIC = "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----\n"
DAMAGED = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("key", "words"), [("", "no private key"), (PUBLIC, "no private key"), (DAMAGED, "damaged")]
)
def test_a_key_that_cannot_sign_is_told_with_the_mend(
    make: Make, tmp_path: Path, key: str, words: str
) -> None:
    settings = make()
    (tmp_path / "key.pem").write_text(key)
    [found] = about(check_github(settings), "App's key")
    assert found.level is Level.FAIL
    assert words in found.words
    assert "generate a private key" in found.mend


def test_a_key_that_is_no_text_is_told_where_the_settings_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key.der").write_bytes(b"\x30\x82\x04\xa4")
    monkeypatch.setenv("PATCHBAY_GITHUB_PRIVATE_KEY_FILE", str(tmp_path / "key.der"))
    with pytest.raises(SettingsError, match=r"PATCHBAY_GITHUB_PRIVATE_KEY_FILE: .* is no text"):
        Settings.load()


def no_sandboxes(_: SandboxSettings) -> Iterator[Finding]:
    return iter(())


def test_before_there_is_an_app_a_model_that_is_set_is_tried(
    monkeypatch: pytest.MonkeyPatch, scripted_model: Callable[..., ScriptedModel]
) -> None:
    monkeypatch.setattr("jobs.doctor.__main__.check_sandboxes", no_sandboxes)
    for name in ("MODEL", "OPENAI_API_KEY", "PATCHBAY_MODELS", "PATCHBAY_GITHUB_APP_ID"):
        monkeypatch.delenv(name, raising=False)
    assert list(findings(sandbox_only=False, without_app=True)) == []
    model = scripted_model([Script("Report the word", (Turn.read({"text": "no"}),))])
    monkeypatch.setenv("MODEL", "qwen")
    monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
    told = [one.words for one in findings(sandbox_only=False, without_app=True)]
    assert "it calls no tool; it says 'no'" in told
    assert list(findings(sandbox_only=True, without_app=False)) == []
    monkeypatch.setenv("OPENAI_BASE_URL", "127.0.0.1")
    [wrong] = findings(sandbox_only=False, without_app=True)
    assert wrong.words.startswith("OPENAI_BASE_URL: must begin with")


def test_a_secret_that_somebody_repeats_is_not_shown(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make()
    monkeypatch.setattr("jobs.doctor.__main__.check_sandboxes", no_sandboxes)
    monkeypatch.setattr("jobs.doctor.__main__.Settings.load", lambda: settings)
    for name in ("check_installation", "check_models"):
        monkeypatch.setattr(f"jobs.doctor.__main__.{name}", lambda _: iter(()))
    monkeypatch.setattr(
        "jobs.doctor.__main__.check_github",
        lambda _: iter([fail("GitHub App", f"it says {SECRET}", f"not {SECRET}")]),
    )
    [found] = findings(sandbox_only=False, without_app=False)
    assert (found.words, found.mend) == ("it says [removed]", "not [removed]")


def test_a_clock_that_is_off_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    monkeypatch.setattr("jobs.doctor.github._date", lambda _: 1_000_000.0)
    [found] = about(check_github(settings), "clock")
    assert found.level is Level.FAIL
    assert "off GitHub's" in found.words


@pytest.mark.docker
def test_a_sandbox_is_tried_without_any_keeper(
    make: Make, docker_host: str, sandbox_image: str
) -> None:
    settings = make(docker_host=docker_host, sandbox_image=sandbox_image)
    found = list(check_sandboxes(settings))
    assert [one.line() for one in found if one.level is Level.FAIL] == []
    [probed] = [one for one in found if one.about == "sandbox"]
    assert "denies all that it must deny" in probed.words
    [engine] = [one for one in found if one.about == "engine" and "Docker" in one.words]
    assert "cgroup v" in engine.words


def test_an_old_image_and_an_old_runc_are_remarked_on(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = EngineFacts(
        version="28.5.1",
        parts={"runc": "1.3.2"},
        runtimes={"runc": (), "runsc": ()},
        cgroup_version="2",
        warnings=("WARNING: No swap limit support", "WARNING: IPv4 forwarding is disabled"),
        seccomp=False,
        data_root="/var/lib/docker",
        images={"patchbay/python": datetime(2020, 1, 1, tzinfo=UTC)},
    )
    monkeypatch.setattr("jobs.doctor.sandboxes.describe", lambda *_: facts)
    monkeypatch.setattr("jobs.doctor.sandboxes.ready", lambda *_, **__: {"raising_files": ["/su"]})
    settings = make(docker_host="unix:///nowhere.sock", sandbox_runtime="runsc")
    found = {(one.level, one.about, one.words) for one in check_sandboxes(settings)}
    assert (Level.FAIL, "engine", "it has no seccomp") in found
    assert (Level.FAIL, "runtime", "runsc is registered without --network=none") in found
    assert (Level.WARNING, "engine", "WARNING: No swap limit support") in found
    assert [one for one in found if "forwarding" in one[2]] == []
    assert [one[0] for one in found if "days old" in one[2]] == [Level.WARNING]
    assert [one[0] for one in found if one[1] == "sandbox"] == [Level.WARNING]  # for /su
    assert [one for one in found if one[1] == "runc"] == []  # gVisor stands before it


def test_an_engine_that_this_user_can_open_is_remarked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> EngineFacts:
        raise SandboxError("no Docker engine answers")

    monkeypatch.setattr("jobs.doctor.sandboxes._KEEPER_AWAY_S", 0.0)
    monkeypatch.setattr("jobs.doctor.sandboxes.describe", silent)
    monkeypatch.setattr("jobs.doctor.sandboxes.ready", lambda *_, **__: {"raising_files": []})
    monkeypatch.setattr("jobs.keeper.reach._USUAL", f"unix://{tmp_path}/nowhere.sock")
    with socket.create_server(("127.0.0.1", 0)) as engine:
        host = f"tcp://127.0.0.1:{engine.getsockname()[1]}"
        settings = SandboxSettings(data_dir=tmp_path, docker_host=host)
        [found] = about(check_sandboxes(settings), "Docker socket")
    assert (found.level, found.words) == (Level.WARNING, f"this user can open {host}")
    for nowhere in (host, "tcp://127.0.0.1:engine"):
        settings = SandboxSettings(data_dir=tmp_path, docker_host=nowhere)
        [found] = about(check_sandboxes(settings), "Docker socket")
        assert (found.level, found.words) == (Level.OK, "this user cannot open it")


@pytest.mark.parametrize(
    ("version", "mended"),
    [("1.1.5+ds1", False), ("1.2.7", False), ("1.2.8", True), ("1.3.2", False), ("1.3.4", True),
     ("1.4.0", True), ("1.4.1", True), ("2.0.0", True), ("", False)],
)  # fmt: skip
def test_a_runc_is_known_by_its_version(version: str, mended: bool) -> None:
    assert is_mended(version) == mended


@pytest.mark.docker
def test_an_engine_without_the_runtime_or_the_image_is_told(make: Make, docker_host: str) -> None:
    settings = make(docker_host=docker_host, sandbox_image="no/image", sandbox_runtime="kata")
    failed = {one.about: one for one in check_sandboxes(settings) if one.level is Level.FAIL}
    assert failed.keys() == {"runtime", "image", "sandbox"}
    assert failed["image"].mend == "script/images image"


@pytest.mark.docker
def test_the_script_says_one_line_for_each_thing_and_whether_all_is_well(
    docker_host: str, sandbox_image: str, tmp_path: Path
) -> None:
    assert sandbox_image
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "DOCKER_HOST": docker_host,
        "PATCHBAY_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "jobs.doctor", "--json", "--sandbox"]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert said[-1]["about"] == "sandbox"
    assert {"level", "about", "words", "mend"} == said[0].keys()
    whole = [*command[:-2]]
    ran = subprocess.run(
        whole, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "FAIL    settings: PATCHBAY_GITHUB_APP_ID: is not set" in ran.stdout
