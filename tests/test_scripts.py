"""The scripts that people start: what they say before they install, and who ends the engine."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import Mock

import pytest

from demo import story
from demo.house import ENDED
from demo.source import CannotSetStage, copy_of, name_of, read_issue
from tests.sandbox.repositories import make_repository

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted(path for path in (ROOT / "script").iterdir() if path.is_file())
# What every Debian has without being asked; what Patchbay needs is not among it.
ESSENTIAL = [
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "id",
    "mkdir",
    "rm",
    "sed",
    "sha256sum",
    "sort",
]
ESSENTIAL += ["stat", "tail", "tr", "grep", "sleep", "flock", "timeout"]


def run(
    *command: str | Path, path: str | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path or os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts and what they read, in a folder where nothing was ever set up."""
    copy = tmp_path / "check out"
    shutil.copytree(ROOT / "script", copy / "script")
    shutil.copytree(ROOT / "demo", copy / "demo", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements-dev.txt", "Procfile", ".env.example"):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH on which there is Python, and nothing that would have to be installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ESSENTIAL:
        (folder / name).symlink_to(shutil.which(name) or name)
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_executable_says_what_it_is_for_and_parses(script: Path) -> None:
    assert os.access(script, os.X_OK)
    shebang, purpose, *_ = script.read_text().splitlines()
    assert shebang.startswith("#!")
    assert purpose.startswith("# ")
    if "bash" in shebang:
        assert run("bash", "-n", script).stderr == ""


def test_the_demo_tells_its_options_without_setting_anything_up(checkout: Path) -> None:
    told = run(checkout / "script" / "demo", "--once", "--help")
    assert told.returncode == 0
    assert told.stdout == (ROOT / "demo" / "usage.txt").read_text()
    assert not (checkout / ".venv").exists()
    assert not (checkout / "var").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--bogus"], "unrecognized arguments"),
        (["--json"], "--json goes with --once"),
        (["--repository", "x"], "go together"),
        (["--issue", "x"], "go together"),
        (["--repository", "x", "--issue", "missing.md"], "there is no file"),
        (["--script", "missing.jsonl"], "there is no file"),
        (["--port", "99999"], "--port"),
        (["--workers", "0"], "--workers"),
        (["--latency", "-1"], "--latency"),
        (["--comment", " "], "--comment"),
    ],
)
def test_the_demo_refuses_what_cannot_be_meant_before_it_installs_anything(
    checkout: Path, arguments: list[str], why: str
) -> None:
    refused = run(checkout / "script" / "demo", *arguments)
    assert refused.returncode == 2
    assert why in refused.stderr.splitlines()[-1]
    assert not (checkout / "var").exists()


def test_the_sandbox_tells_how_it_is_used_without_setting_anything_up(checkout: Path) -> None:
    told = run(checkout / "script" / "sandbox", "--help")
    assert told.returncode == 0
    assert "script/sandbox [REPOSITORY]" in told.stdout
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("folder", "why"),
    [("missing", "there is no folder missing"), (".", "is no git repository with a commit")],
)
def test_the_sandbox_refuses_what_cannot_be_meant_before_it_installs_anything(
    checkout: Path, tmp_path: Path, folder: str, why: str
) -> None:
    refused = run(checkout / "script" / "sandbox", folder, cwd=tmp_path)
    assert refused.returncode == 2
    assert why in refused.stderr.splitlines()[-1]
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"shop.py": ""}, "python proxy"),
        ({"shop.py": "", "web/package.json": "{}"}, "python full proxy"),
        ({"go.mod": "module a\n"}, "python full proxy"),
        (None, "python full proxy"),
    ],
)
def test_the_images_for_a_repository_are_chosen_by_its_files(
    checkout: Path, tmp_path: Path, files: dict[str, str | bytes] | None, wanted: str
) -> None:
    build = checkout / "sandbox-images" / "build"
    build.parent.mkdir()
    build.write_text('#!/bin/sh\necho "$@"\n')
    build.chmod(0o755)
    if files is not None:
        make_repository(tmp_path / "code", files)
    told = run(checkout / "script" / "images", "--for", "code", cwd=tmp_path)
    assert (told.returncode, told.stdout.strip()) == (0, wanted), told.stderr


def test_setup_lists_what_is_missing_and_why_where_it_cannot_install(
    checkout: Path, bare_path: str
) -> None:
    told = run(checkout / "script" / "setup", "test", path=bare_path)
    assert told.returncode == 1
    for package in ("git", "redis-server", "docker.io", "chromium", "nodejs"):
        assert f"  {package}: " in told.stderr
    assert "apt-get install" in told.stderr.splitlines()[-1]
    assert not (checkout / ".venv").exists()


def test_setup_refuses_an_old_python_by_name(checkout: Path, bare_path: str) -> None:
    python = Path(bare_path) / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    told = run(checkout / "script" / "setup", path=bare_path)
    assert told.returncode == 1
    assert told.stderr == "Patchbay needs Python 3.11 or newer; here is Python 3.9.2.\n"


def test_setup_refuses_an_unknown_purpose(checkout: Path) -> None:
    assert run(checkout / "script" / "setup", "production").returncode == 2


def test_the_server_without_settings_says_where_to_put_them(checkout: Path) -> None:
    told = run(checkout / "script" / "server")
    assert told.returncode == 1
    assert "cp .env.example .env" in told.stderr or "copy .env.example to .env" in told.stderr


def test_the_engine_script_tells_its_commands(checkout: Path) -> None:
    told = run(checkout / "script" / "engine", "nonsense")
    assert told.returncode == 2
    assert "script/engine start" in told.stderr


def test_an_engine_is_not_started_without_a_docker_to_start(checkout: Path, bare_path: str) -> None:
    if Path("/var/run/docker.sock").exists():
        pytest.skip("Docker's own engine is there, and is found by its socket")
    told = run(checkout / "script" / "engine", "start", path=bare_path)
    assert told.returncode == 1
    assert "apt-get install docker.io" in told.stderr


@pytest.mark.docker
@pytest.mark.skipif(os.getuid() != 0, reason="an engine needs root")
def test_an_engine_of_our_own_ends_with_its_last_user_even_a_killed_one(checkout: Path) -> None:
    if Path("/var/run/docker.sock").exists():
        pytest.skip("Docker's own engine is there, and is used")
    engine = checkout / "script" / "engine"
    one, other = (subprocess.Popen(["sleep", "600"]) for _ in range(2))
    try:
        host = run(engine, "start", "--for", str(one.pid)).stdout.strip()
        assert run(engine, "start", "--for", str(other.pid)).stdout.strip() == host
        run(engine, "leave", str(one.pid))
        assert run(engine, "host").stdout.strip() == host
        other.send_signal(signal.SIGKILL)
        other.wait()
        # The watcher holds this file until it has cleared up.
        watched = checkout / "var" / "engine" / "watched"
        assert run("flock", "--wait", "60", watched, "true").returncode == 0
        assert run(engine, "host").returncode == 1
        assert not Path(host.removeprefix("unix://")).exists()
        assert str(checkout) not in Path("/proc/self/mountinfo").read_text()
    finally:
        for process in (one, other):
            process.kill()
            process.wait()
        run(engine, "stop")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "an odd (näme) $x"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    git(folder, "branch", "main")
    return folder


def test_the_branch_of_a_given_repository_is_the_one_that_is_checked_out(
    repository: Path, tmp_path: Path
) -> None:
    assert copy_of(str(repository), tmp_path / "copy") == "trunk"


def test_a_repository_checked_out_at_a_commit_is_taken_at_that_commit(
    repository: Path, tmp_path: Path
) -> None:
    for message in ("two", "three"):
        git(repository, "commit", "-q", "--allow-empty", "-m", message)
    git(repository, "checkout", "-q", "--detach", "HEAD~1")
    assert copy_of(str(repository), tmp_path / "copy") == "main"
    at = [
        run("git", "-C", where, "rev-parse", "HEAD").stdout
        for where in (repository, tmp_path / "copy")
    ]
    assert at[0] == at[1]


def test_an_empty_a_shallow_and_a_missing_repository_are_refused_in_words(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    git(tmp_path, "init", "-q", "empty")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    for name, why in (("empty", "no commit"), ("shallow", "unshallow"), ("missing", "not exist")):
        with pytest.raises(CannotSetStage, match=why):
            copy_of(str(tmp_path / name), tmp_path / f"copy-{name}")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("/home/me/my shop.git", "my-shop"),
        ("git@example.org:me/shop.git", "shop"),
        ("git@example.org:shop", "shop"),
        ("https://example.org/me/shop/", "shop"),
        ("/home/me/shop/.git", "shop"),
        ("/home/me/…", "repository"),
    ],
)
def test_a_repository_is_named_as_github_would_have_it(where: str, name: str) -> None:
    assert name_of(where) == name


def test_an_issue_is_a_title_and_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    file.write_text("# #12 is back\n\nIt is.\n")
    assert read_issue(file) == ("#12 is back", "It is.\n")


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe\x00", b"x" * 300])
def test_an_issue_that_github_would_not_take_is_refused_in_words(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "issue.md"
    file.write_bytes(content)
    with pytest.raises(CannotSetStage, match=r"issue\.md"):
        read_issue(file)


def test_a_task_that_does_nothing_yet_is_told_by_its_state_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = [("queued", ""), ("running", ""), ("running", "look"), (min(ENDED), "")]
    left = iter({"state": state, "progress": {"doing": doing}} for state, doing in steps)
    house = Mock(tasks=lambda _: [next(left)])
    assert story._wait_for_end(house, 1, threading.Event())["state"] in ENDED
    assert capsys.readouterr().err.splitlines() == ["  queued", "  running", "  running: look"]
