# ruff: noqa: E501 - a row of a table reads better on one line
"""The change comes out as it is, whatever the agent did to git; and goes back in."""

from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, ToolRefused
from tests.sandbox.conftest import Start
from tests.sandbox.repositories import (
    DELETED,
    EXECUTABLE,
    OTHER,
    REGULAR,
    SYMLINK,
    Changed,
    Repository,
    make_repository,
    parse,
)

pytestmark = pytest.mark.docker

BASE: dict[str, str | bytes] = {
    "README": "hello\n",
    "src/a.py": "a = 1\n",
    "src/b.py": "b = 1\n",
    "run": "#!/bin/sh\n",
    ".gitignore": "*.log\nbuild/\n",
}


@pytest.fixture
def based(start: Start, tmp_path: Path) -> tuple[Sandbox, Repository]:
    repository = make_repository(tmp_path / "base", BASE)
    (repository.path / "run").chmod(0o755)
    (repository.path / "link").symlink_to("README")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "modes")
    box = start()
    repository.put_into(box)
    return box, repository


def kinds(box: Sandbox) -> dict[str, int]:
    return {path: changed.kind for path, changed in parse(box.collect()).items()}


Based = tuple[Sandbox, Repository]
EDIT = "echo 'a = 2' > src/a.py; "
EDITED = {"src/a.py": REGULAR}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("true", {}, id="nothing"),
        pytest.param("touch src/a.py README; cat run > /dev/null", {}, id="touched"),
        pytest.param("cp README x; mv x README; git add -A", {}, id="the same content"),
        pytest.param(EDIT, EDITED, id="edited"),
        pytest.param(EDIT + "git commit -qam x", EDITED, id="committed"),
        pytest.param(EDIT + "git add -A; git checkout -q -b other", EDITED, id="staged elsewhere"),
        pytest.param(EDIT + "git stash -q", {}, id="stashed"),
        pytest.param(EDIT + "git stash -q; git stash pop -q", EDITED, id="stashed and back"),
        pytest.param("rm README; rm -r src", {
            "README": DELETED, "src/a.py": DELETED, "src/b.py": DELETED}, id="deleted"),
        pytest.param("echo x > new; mkdir -p d/e; echo y > d/e/f; mkdir empty",
                     {"new": REGULAR, "d/e/f": REGULAR}, id="added"),
        pytest.param("mv README READ", {"README": DELETED, "READ": REGULAR}, id="renamed"),
        pytest.param("chmod 755 README; chmod 644 run",
                     {"README": EXECUTABLE, "run": REGULAR}, id="mode only"),
        pytest.param("chmod 4777 README; chmod 666 src/a.py",
                     {"README": EXECUTABLE}, id="other mode bits do not count"),
        pytest.param("echo x > a.log; mkdir build; echo x > build/x", {}, id="ignored"),
        pytest.param("rm .gitignore; echo x > a.log",
                     {".gitignore": DELETED, "a.log": REGULAR}, id="no more ignored"),
        pytest.param("echo 'new' >> .gitignore; touch new", {".gitignore": REGULAR}, id="ignored too"),
        pytest.param("echo 'src/' >> .git/info/exclude; " + EDIT, EDITED, id="exclude does not hide"),
        pytest.param("rm src/a.py; mkdir src/a.py; echo x > src/a.py/in",
                     {"src/a.py": DELETED, "src/a.py/in": REGULAR}, id="file to folder"),
        pytest.param("rm -r src; echo x > src",
                     {"src": REGULAR, "src/a.py": DELETED, "src/b.py": DELETED}, id="folder to file"),
        pytest.param("rm -r src; ln -s /etc src",
                     {"src": SYMLINK, "src/a.py": DELETED, "src/b.py": DELETED},
                     id="folder to link, not followed"),
        pytest.param("rm README; ln -s /etc/passwd README", {"README": SYMLINK}, id="file to link"),
        pytest.param("rm link; ln -s src link", {"link": SYMLINK}, id="link to elsewhere"),
        pytest.param("rm link; cp README link", {"link": REGULAR}, id="link to file"),
        pytest.param("ln README hard; ln -s nowhere dangling",
                     {"hard": REGULAR, "dangling": SYMLINK}, id="hard and dangling links"),
        pytest.param("python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('s')\"",
                     {}, id="a new socket is nothing to git"),
        pytest.param("rm README; python3 -c \"import socket; socket.socket(1).bind('README')\"",
                     {"README": OTHER}, id="file to socket"),
        pytest.param("git init -q sub; echo x > sub/f", {"sub": OTHER}, id="a repository inside"),
        pytest.param("git init -q sub; cd sub; echo x > f; git add f; git -c user.name=a -c user.email=b commit -qm x",
                     {"sub": OTHER}, id="a repository with commits inside"),
        pytest.param("git init -q --bare bare.git; cd bare.git; rm -rf hooks info description",
                     {"bare.git/HEAD": REGULAR, "bare.git/config": REGULAR}, id="a bare one"),
        pytest.param("head -c 100 /dev/urandom > bin; printf 'a\\r\\n' > crlf; printf '\\xff' > l1",
                     {"bin": REGULAR, "crlf": REGULAR, "l1": REGULAR}, id="any content"),
        pytest.param("touch $'new\\nline' $'bad\\xff' ' sp '",
                     {"new\nline": REGULAR, "bad\udcff": REGULAR, " sp ": REGULAR}, id="any name"),
        pytest.param("rm -rf -- * .gitignore .git; true", {
            "README": DELETED, "src/a.py": DELETED, "src/b.py": DELETED, "run": DELETED,
            ".gitignore": DELETED, "link": DELETED}, id="everything deleted"),
        pytest.param("cd /; rm -rf /workspace/repo", {
            "README": DELETED, "src/a.py": DELETED, "src/b.py": DELETED, "run": DELETED,
            ".gitignore": DELETED, "link": DELETED}, id="even the folder"),
    ],
)  # fmt: skip
def test_what_changed_is_collected(based: Based, script: str, expected: dict[str, int]) -> None:
    box, _ = based
    assert box.exec(script).exit_code == 0, box.exec(script).output
    assert kinds(box) == expected


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("rm -rf .git", id="removed"),
        pytest.param("rm -rf .git; echo gitdir: /tmp/evil > .git", id="a file"),
        pytest.param("rm -rf .git; git init -q /tmp/evil; ln -s /tmp/evil/.git .git", id="a link"),
        pytest.param("rm -rf .git; git init -q; git add -A; git commit -qm mine", id="new"),
        pytest.param("git update-ref -d HEAD; rm -rf .git/objects .git/index", id="broken"),
        pytest.param("git config core.fsmonitor 'touch /tmp/pwned;'", id="fsmonitor"),
        pytest.param("git config core.hooksPath /tmp/hooks", id="hooks"),
        pytest.param("git config core.worktree /tmp; git config core.bare true", id="worktree"),
        pytest.param("git config --global core.excludesFile /tmp/all; echo '*' > /tmp/all", id="user"),
        pytest.param(
            "git config --file /workspace/base.git/config core.fsmonitor 'touch /tmp/pwned;'; "
            "git config --file /workspace/base.git/config core.excludesFile /tmp/all; "
            "echo '*' > /tmp/all", id="the base's own config"),
        pytest.param("rm -f /workspace/base.git/base.index", id="the base's list"),
        pytest.param(
            "cd /workspace; GIT_INDEX_FILE=/workspace/base.git/base.index git --git-dir=base.git "
            "read-tree --empty", id="the base's list emptied"),
        pytest.param("git add -f src; git update-index --assume-unchanged src/a.py", id="assumed"),
        pytest.param(
            "printf '* filter=evil diff=evil\\n' > .git/info/attributes; "
            "git config filter.evil.clean 'touch /tmp/pwned; echo evil'", id="filters"),
    ],
)  # fmt: skip
def test_nothing_done_to_git_has_a_say_in_what_is_collected(based: Based, script: str) -> None:
    box, _ = based
    box.exec(f"{script}\ncd /workspace/repo; echo 'a = 2' > src/a.py; echo x > new")
    assert parse(box.collect()) == {
        "src/a.py": Changed(REGULAR, b"a = 2\n"),
        "new": Changed(REGULAR, b"x\n"),
    }
    assert box.exec("test -e /tmp/pwned", workdir="/").exit_code == 1


def test_an_edit_in_the_same_instant_is_not_missed(based: Based) -> None:
    box, _ = based
    box.edit("src/a.py", "a = 1", "a = 2")
    assert parse(box.collect()) == {"src/a.py": Changed(REGULAR, b"a = 2\n")}


def test_old_times_do_not_hide_a_change(based: Based) -> None:
    box, _ = based
    box.exec("touch -r src/a.py /tmp/old; echo 'a = 2' > src/a.py; touch -r /tmp/old src/a.py")
    assert kinds(box) == EDITED


def test_processes_are_ended_before_the_change_is_taken(based: Based) -> None:
    box, _ = based
    race = "while :; do rm -f f; ln -s /etc/passwd f; rm -f f; echo mine > f; done"
    box.exec(f"(setsid bash -c '{race}' &)")
    for _ in range(3):
        found = parse(box.collect()).get("f", Changed(SYMLINK, b"/etc/passwd"))
        assert found in (Changed(SYMLINK, b"/etc/passwd"), Changed(REGULAR, b"mine\n"),
                         Changed(REGULAR, b""))  # fmt: skip
        assert box.exec("pgrep -f passwd").output.count("\n") == 0


def test_a_change_can_be_taken_beside_running_processes(based: Based) -> None:
    box, _ = based
    box.exec("sleep 100 & until pgrep -x sleep; do :; done; echo x > new")
    assert set(parse(box.collect(sweep=False))) == {"new"}
    assert box.exec("pgrep sleep").exit_code == 0
    box.collect()
    assert box.exec("pgrep sleep").exit_code == 1


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("truncate -s 200M sparse", "larger than", id="a sparse file"),
        pytest.param("for i in 1 2 3; do head -c 6M /dev/zero > f$i; done", "larger", id="together"),
        pytest.param("mkdir m; cd m; seq 1 20001 | xargs touch", "more than 20,000", id="many"),
        pytest.param("chmod 000 README", "", id="no permission, same content"),
        pytest.param("echo x > new; chmod 000 new", "read permission", id="no permission"),
        pytest.param("mkdir shut; echo x > shut/f; chmod 000 shut", "shut", id="a shut folder"),
        pytest.param("cd ..; mv repo r; ln -s r repo", "replaced by a link", id="the folder itself"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_taken_is_refused(based: Based, script: str, words: str) -> None:
    box, _ = based
    assert box.exec(script, workdir="/workspace/repo").exit_code == 0
    with pytest.raises(ToolRefused, match=words or "README"):
        box.collect()
    assert box.exec("echo alive", workdir="/").output == "alive"


def test_a_collected_change_can_be_restored(based: Based, start: Start) -> None:
    box, repository = based
    box.exec(
        "echo 2 > src/a.py; rm src/b.py README; mkdir README; echo in > README/in; chmod 755 src/a.py;"
        "rm link; ln -s src link; rm run; ln -s /etc run; touch $'od\\xffd'; git init -q sub"
    )
    change = box.collect()
    second = start()
    repository.put_into(second)
    second.restore(change)
    restored = parse(second.collect())
    wanted = {path: each for path, each in parse(change).items() if each.kind != OTHER}
    assert restored == wanted


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a//b", ".git/config", "."])
def test_a_path_that_leads_out_is_not_restored(based: Based, path: str) -> None:
    box, _ = based
    frames = len(path).to_bytes(4, "big") + path.encode() + bytes([REGULAR]) + bytes(8) + bytes(4)
    with pytest.raises(ToolRefused, match="cannot be restored"):
        box.restore(frames)


def test_a_cut_change_is_not_restored(based: Based) -> None:
    box, _ = based
    box.exec("echo x > new")
    with pytest.raises(ToolRefused, match="cut off"):
        box.restore(box.collect()[:-6])


def test_a_link_in_the_tree_does_not_lead_a_restore_outside(based: Based) -> None:
    box, _ = based
    box.exec("ln -s /tmp out")
    path = b"out/file"
    box.restore(len(path).to_bytes(4, "big") + path + bytes(9) + bytes(4))
    assert box.exec("test -e /tmp/file || ls out").output == "file"


def test_without_code_there_is_nothing_to_collect(start: Start) -> None:
    with start() as box, pytest.raises(ToolRefused, match="no code"):
        box.collect()
