"""What a set-up made stays when the code goes out, and the code comes in again around it."""

import time
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, SandboxLost, ToolRefused
from tests.sandbox.conftest import Start
from tests.sandbox.repositories import Repository, make_repository, parse

pytestmark = pytest.mark.docker

FILES: dict[str, str | bytes] = {
    ".gitignore": "node_modules/\n*.egg-info/\nbuild\n",
    "src/a.py": "1\n",
    "src/deep/b.py": "2\n",
    "README": "hello\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "base", FILES)


@pytest.fixture
def prepared(start: Start, repository: Repository) -> Sandbox:
    """A sandbox whose code is out again after a set-up that has left something everywhere."""
    box = start()
    repository.put_into(box)
    ended = box.exec(
        "mkdir -p node_modules/left src/pkg.egg-info new/er ~/.cache/pip ~/kept\n"
        "echo l > node_modules/left/pad.js; echo e > src/pkg.egg-info/PKG; echo b > build\n"
        "echo n > new/er/file; echo c > ~/.cache/pip/wheel; echo k > ~/kept/file\n"
        "mkdir -p ~/go/mod; echo m > ~/go/mod/file; chmod -R a-w ~/go ~/.cache/pip\n"
        "echo 'export SET_UP=yes PATH=/workspace/venv/bin:$PATH' > $AGENT_ENV\n"
        "echo changed > README; (sleep 300 &)"
    )
    assert ended.exit_code == 0, ended.output
    box.strip()
    return box


def test_what_git_ignores_stays_and_the_code_goes(prepared: Sandbox) -> None:
    found = prepared.exec("find . -type f | sort; find repo -type d -empty", workdir="/workspace")
    assert found.output.splitlines() == [
        "./env",
        "./home/go/mod/file",
        "./home/kept/file",
        "./repo/build",
        "./repo/node_modules/left/pad.js",
        "./repo/src/pkg.egg-info/PKG",
    ]
    assert prepared.exec("pgrep sleep", workdir="/").output == "(no output)"


def test_the_code_comes_in_again_around_it(prepared: Sandbox, repository: Repository) -> None:
    repository.put_into(prepared)
    ended = prepared.exec(
        "git status --short; cat README node_modules/left/pad.js build; echo $SET_UP ${PATH%%:*}"
    )
    assert ended.output.splitlines() == ["hello", "l", "b", "yes /workspace/venv/bin"]
    assert parse(prepared.collect()) == {}
    prepared.exec("echo mine > src/new.py; echo x > build")
    assert list(parse(prepared.collect())) == ["src/new.py"]


def test_what_is_no_longer_ignored_is_not_the_agent_s(
    prepared: Sandbox, repository: Repository
) -> None:
    repository.commit({".gitignore": "*.egg-info/\n"})
    repository.git("rm", "-q", "README")
    repository.commit({"build/now-a-folder": "x\n"}, "build is a folder now")
    repository.put_into(prepared)
    found = prepared.exec("git status --short; find . -path ./.git -prune -o -type f -print | sort")
    assert found.output.splitlines() == [
        "./.gitignore",
        "./build/now-a-folder",
        "./src/a.py",
        "./src/deep/b.py",
        "./src/pkg.egg-info/PKG",
    ]
    assert parse(prepared.collect()) == {}


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param("rm -rf repo; ln -s /tmp/trap repo", id="the work tree is a link"),
        pytest.param("rm -rf repo; echo x > repo", id="the work tree is a file"),
        pytest.param("rm -rf repo/src; ln -s /tmp/trap repo/src", id="a folder is a link"),
        pytest.param("ln -s /tmp/trap/f repo/README", id="a file is a link"),
        pytest.param("mkdir repo/README; echo x > repo/README/x", id="a file is a folder"),
        pytest.param("mkfifo repo/README", id="a file is a pipe"),
        pytest.param("ln -s /tmp/trap repo/.git", id="the repository is a link"),
        pytest.param("mkdir -p repo/.git/hooks; echo x > repo/.git/config", id="a repository"),
        pytest.param("ln -s /tmp/trap base.git", id="the server's repository is a link"),
        pytest.param(
            "mkdir -p base.git/objects/info; echo /tmp/trap > base.git/objects/info/alternates",
            id="the server's repository is there",
        ),
        pytest.param("echo nothing > /dev/null", id="nothing"),
    ],
)
def test_what_was_planted_leads_nowhere(
    prepared: Sandbox, repository: Repository, planted: str
) -> None:
    prepared.exec(f"mkdir /tmp/trap; echo trapped > /tmp/trap/f; {planted}", workdir="/workspace")
    repository.put_into(prepared)
    ended = prepared.exec("ls -A /tmp/trap; cat /tmp/trap/f; cat README src/a.py src/deep/b.py")
    assert ended.output == "f\ntrapped\nhello\n1\n2"
    assert parse(prepared.collect()) == {}
    assert prepared.exec("git status --short; git log --format=%s").output == "work"


def test_a_settings_file_that_never_ends_is_not_read(prepared: Sandbox) -> None:
    prepared.exec("rm -f $AGENT_ENV; mkfifo $AGENT_ENV", workdir="/")
    assert prepared.exec("echo alive", workdir="/", timeout_s=5).output == "alive"


def test_the_code_goes_out_only_where_it_is_in(start: Start) -> None:
    with pytest.raises(ToolRefused, match="no code"):
        start().strip()


def test_a_home_folder_is_there(start: Start) -> None:
    home = start().exec("echo $HOME; touch ~/file && ls ~", workdir="/")
    assert home.output == "/workspace/home\nfile"


def test_the_time_begins_anew_when_it_is_set(start: Start) -> None:
    box = start()
    box.set_deadline(0.5)
    began = time.monotonic()
    with pytest.raises(SandboxLost):
        box.exec("sleep 20", workdir="/")
    assert time.monotonic() - began < 3
    other = start()
    other.set_deadline(1)
    other.set_deadline(60)
    assert other.exec("sleep 2; echo alive", workdir="/").output == "alive"
