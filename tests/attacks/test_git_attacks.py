"""What agent-chosen code tries with git and with the change, by the ids of docs/security.md.

The code goes in and comes out as it does for a task: a pack from a mirror, a collected stream, a
parsed change, a tree written in the mirror. A file on the host says if anything of it ran there.
"""

import ast
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.repository.change import Change, HostileChange, parse
from jobs.repository.git import Git
from jobs.repository.mirror import Mirror, Mirrors
from jobs.repository.policy import review
from jobs.repository.tree import raw_entries, write_tree
from jobs.sandbox import Sandbox, ToolRefused
from tests.attacks.conftest import FILES, Start
from tests.peak import Peak
from tests.sandbox.repositories import Repository

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024
HONEST = "echo 'a = 2' > /workspace/repo/src/a.py"


@pytest.fixture(scope="module")
def mirror(code: Repository, tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    """The bot's own bare repository, with the base commit in it."""
    mirrors = Mirrors(tmp_path_factory.mktemp("mirrors"), Git(allow_file=True))
    opened = mirrors.open(7)
    opened.fetch(code.path.as_uri(), "main")
    return opened


@pytest.fixture
def tree_of(mirror: Mirror, code: Repository) -> Callable[[Change], set[tuple[str, str]]]:
    """Write a change as a tree in the mirror and say what it changes."""

    def changes(change: Change) -> set[tuple[str, str]]:
        tree = write_tree(mirror, code.head, change)
        return {(one.status, one.path) for one in raw_entries(mirror, code.head, tree)}

    return changes


TreeOf = Callable[[Change], set[tuple[str, str]]]


@dataclass(frozen=True)
class Collected:
    """What came out of a sandbox: a change, or why there is none."""

    stream: bytes = b""
    change: Change | None = None
    words: str = ""
    refused: frozenset[str] = frozenset()


def collected(box: Sandbox, *, sweep: bool = True) -> Collected:
    """Take the change out as a task does."""
    stream = b""
    try:
        stream = box.collect(sweep=sweep)
        return Collected(stream, parse(stream))
    except ToolRefused as refusal:
        return Collected(words=str(refusal))
    except HostileChange as refusal:
        paths = frozenset(path for path, _ in refusal.refused)
        return Collected(stream, None, str(refusal), paths)


HOOKS = "/tmp/hooks"  # noqa: S108 - the container's own
# Each of these ran a program in some git command, on a host that used git in such a folder.
SETTINGS = {
    "core.fsmonitor": "{run}",
    "core.hooksPath": HOOKS,
    "core.sshCommand": "{run}",
    "core.pager": "{run}",
    "core.editor": "{run}",
    "core.askPass": f"{HOOKS}/run",
    "core.gitProxy": f"{HOOKS}/run",
    "core.alternateRefsCommand": "{run}",
    "diff.external": f"{HOOKS}/run",
    "diff.evil.textconv": "{run}",
    "diff.evil.command": f"{HOOKS}/run",
    "filter.evil.clean": "{run}",
    "filter.evil.smudge": "{run}",
    "filter.evil.process": f"{HOOKS}/run",
    "merge.evil.driver": "{run}",
    "gpg.program": f"{HOOKS}/run",
    "commit.gpgSign": "true",
    "credential.helper": "!{run}",
    "url.ext::{run}.insteadOf": "https://",
    "protocol.ext.allow": "always",
    "remote.origin.uploadpack": "{run}",
    "include.path": f"{HOOKS}/more",
    "tar.evil.command": "{run}",
    "uploadpack.packObjectsHook": f"{HOOKS}/run",
    "interactive.diffFilter": "{run}",
    "sequence.editor": "{run}",
    "receive.procReceiveRefs": "refs/heads",
}


def hostile_settings(canary: Path) -> str:
    run = f"touch {canary}"
    hooks = "post-index-change pre-commit post-checkout reference-transaction pre-push post-merge"
    lines = [
        "mkdir -p /tmp/hooks",
        f"printf '#!/bin/sh\\n{run}\\n' > /tmp/hooks/run; chmod +x /tmp/hooks/run",
        f"for h in {hooks}; do cp /tmp/hooks/run /tmp/hooks/$h; done; cp /tmp/hooks/* .git/hooks",
        f"printf '[core]\\n fsmonitor = {run}\\n' > /tmp/hooks/more",
        "printf '* filter=evil diff=evil merge=evil\\n' > .git/info/attributes",
    ]
    for name, value in SETTINGS.items():
        setting = f"'{name.format(run=run)}' '{value.format(run=run)}'"
        lines += [f"git config {setting}", f"git config --file ../base.git/config {setting}"]
    return "\n".join(["mkdir -p .git/hooks .git/info", *lines])


def test_gt01_no_setting_of_git_runs_anything_outside(
    box: Sandbox, canary: Path, tree_of: TreeOf
) -> None:
    box.exec(hostile_settings(canary))
    box.exec(HONEST)
    assert tree_of(parse(box.collect())) == {("M", "src/a.py")}
    assert not canary.exists()


@pytest.mark.parametrize(
    "ruin",
    [
        pytest.param("rm -rf .git", id="removed"),
        pytest.param("rm -rf .git; echo 'gitdir: /' > .git", id="a file"),
        pytest.param("rm -rf .git; ln -s / .git", id="a link to the root"),
        pytest.param("rm -rf .git; mkfifo .git", id="a pipe"),
        pytest.param(
            "git init -q --bare nested.git; git init -q inner; touch inner/x", id="nested"
        ),
    ],
)
def test_gt02_a_ruined_git_folder_changes_nothing_of_what_is_collected(
    start: Start, tree_of: TreeOf, ruin: str
) -> None:
    box = start()
    box.exec(ruin)
    box.exec(HONEST)
    out = collected(box)
    if out.change is None:  # a repository in the repository is no thing that a change may bring
        assert "nested" in ruin
        assert all("git" in path or "inner" in path for path in out.refused)
    else:
        assert tree_of(out.change) - {("A", "inner/x")} == {("M", "src/a.py")}


def test_gt03_attributes_and_filters_run_nothing_and_may_not_be_published(
    start: Start, canary: Path, tree_of: TreeOf
) -> None:
    box = start()
    box.exec(
        f"echo '* filter=evil diff=evil merge=evil' > .gitattributes\n"
        f"printf '[lfs]\\n url = https://evil.example/lfs\\n' > .lfsconfig\n"
        f"git config filter.evil.clean 'touch {canary}; echo evil'\n{HONEST}"
    )
    change = parse(box.collect())
    assert {("A", ".gitattributes"), ("A", ".lfsconfig"), ("M", "src/a.py")} == tree_of(change)
    report = review(change, _NoBase())
    assert {one.path for one in report.blocked} == {".gitattributes", ".lfsconfig"}
    assert not canary.exists()


class _NoBase:
    """A base commit in which nothing is."""

    def content(self, path: str) -> bytes | None:
        assert path
        return None


def test_gt06_a_link_is_collected_as_a_link_and_not_followed(start: Start) -> None:
    box = start()
    box.exec(
        "ln -s /etc/passwd a; ln -s /proc/1/environ b; ln -s ../../.. c; rm -r src; ln -s /etc src"
    )
    with pytest.raises(HostileChange) as refusal:
        parse(stream := box.collect())
    assert {path for path, _ in refusal.value.refused} == {"a", "b", "c", "src"}
    assert b"root:" not in stream
    assert len(stream) < 2_000


def test_gt07_a_file_that_turns_into_a_link_meanwhile_is_one_or_the_other(start: Start) -> None:
    box = start()
    swap = "import os\nwhile True:\n os.symlink('/etc/passwd', 't'); os.rename('t', 'race')\n"
    swap += " open('t', 'w').write('mine'); os.rename('t', 'race')\n"
    swap += " os.rename('src', 'gone'); os.symlink('/etc', 'src'); os.unlink('src')\n"
    swap += " os.rename('gone', 'src')\n"
    box.exec(f'(setsid python3 -c "{swap}" > /dev/null 2>&1 &)')
    for sweep in (False, True, True):
        out = collected(box, sweep=sweep)
        assert b"root:x:0" not in out.stream
        assert out.refused <= {"race", "t", "src"}
        files = out.change.files if out.change else ()
        assert {file.content for file in files if file.path == "race"} <= {b"mine"}
        # What changes under the collector's hands is not collected; after the sweep nothing does.
        assert out.stream or not sweep
    assert box.collect() == box.collect()


@pytest.mark.parametrize(
    ("make", "refused"),
    [
        pytest.param("ln -s a link", True, id="symbolic link"),
        pytest.param("mkfifo pipe", False, id="pipe"),
        pytest.param("rm README; mkfifo README", True, id="pipe for a file"),
        pytest.param("python3 -c 'import socket as s; s.socket(1).bind(b\"s\")'",
                     False, id="socket"),
        pytest.param("git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; "
                     "git init -q sub; git -C sub -c user.name=a -c user.email=a@example.org "
                     "commit -qm x --allow-empty", None, id="gitlink"),
        pytest.param("touch x; chmod 4755 x", False, id="setuid"),
        pytest.param("ln run hard", False, id="hard link"),
        pytest.param("ln /etc/passwd stolen || true", False, id="hard link outwards"),
        pytest.param("truncate -s 200M sparse", True, id="sparse"),
        pytest.param("mknod dev c 1 3 || true", False, id="device"),
    ],
)  # fmt: skip
def test_gt08_only_plain_files_come_out(
    start: Start, tree_of: TreeOf, make: str, refused: bool | None
) -> None:
    box = start()
    box.exec(make)
    began = time.monotonic()
    out = collected(box)
    assert time.monotonic() - began < 30
    assert b"root:x:0" not in out.stream
    if refused is not None:
        assert (out.change is None) == refused
    if out.change:
        assert not {file.path for file in out.change.files} & {"pipe", "s", "dev"}  # not for git
        assert all(len(file.content or b"") <= MB for file in out.change.files)
        tree_of(out.change)


NAMES = {
    "git's folder in capitals": "mkdir .GIT; touch .GIT/config",
    "git's folder with a joiner": "mkdir $'.g\\u200cit'; touch $'.g\\u200cit/config'",
    "git's short name": "mkdir git~1; touch git~1/config",
    "a full stop at the end": "touch 'x.'",
    "a blank at the end": "touch 'x '",
    "not UTF-8": "touch $'x\\xff'",
    "reversed writing": "touch $'x\\u202etxt.exe'",
    "a line end": "touch $'x\\ny'",
    "an escape": "touch $'x\\x1b[31m'",
    "a backslash": "touch '..\\x'",
    "5,000 bytes": "d=.; for n in $(seq 25); do d=$d/$(printf 'x%.0s' $(seq 200)); mkdir $d; cd $d;"
    " d=.; done; touch x",
}


@pytest.mark.parametrize("name", NAMES)
def test_gt09_a_name_that_is_unsafe_somewhere_is_refused(start: Start, name: str) -> None:
    box = start()
    box.exec(f"{NAMES[name]}\n{HONEST}")
    out = collected(box)
    assert out.change is None
    assert out.words


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param("for n in $(seq 101); do echo $n > f$n; done", "101 files", id="101 files"),
        pytest.param("for n in $(seq 10); do head -c 900K /dev/urandom > f$n; done",
                     "are the most", id="nine megabytes"),
        pytest.param("head -c 1100K /dev/urandom > big", "are the most", id="one file too large"),
        pytest.param("python3 -c 'for n in range(150000): open(f\"f{n}\", \"w\")'",
                     "", id="150,000 files"),
    ],
)  # fmt: skip
def test_gt11_a_change_that_is_too_large_is_refused_in_words(
    start: Start, make: str, words: str
) -> None:
    box = start()
    box.exec(make, timeout_s=60)
    peak = Peak()
    out = collected(box)
    said = out.words
    if out.change:
        report = review(out.change, _NoBase())
        assert not report.allowed
        said = "; ".join(one.why for one in report.blocked)
    assert words in said
    assert len(said) < 4_000
    assert peak.grown_kb() < 200 * 1024


def test_gt12_the_bot_s_git_never_applies_checks_out_or_unpacks() -> None:
    """A bomb needs somebody to inflate it; a hook or filter needs a work tree."""
    never = {"apply", "am", "checkout", "switch", "restore", "reset", "archive", "merge", "rebase"}
    never |= {"pull", "clone", "submodule", "stash", "add", "commit", "worktree", "lfs", "mktree"}
    found = []
    for path in [*(ROOT / "jobs").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]:
        if "inside" in path.parts or "sandbox" in path.parts or path.parts[-2] == "setup":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.List) and node.elts:
                first = node.elts[0]
                if isinstance(first, ast.Constant) and first.value in never:
                    found.append(f"{path}:{node.lineno} {first.value}")
    assert found == []


def test_gt22_what_is_in_the_sandbox_is_what_is_in_the_tree(
    start: Start, mirror: Mirror, code: Repository
) -> None:
    box = start()
    wanted = box.exec(
        "chmod +x run; printf 'a\\r\\n' > crlf; printf '\\xe4\\xff' > latin; "
        "head -c 5000 /dev/urandom > bin; git mv README moved; rm -r src; echo x > src; "
        "touch empty; mkdir deep; echo y > 'deep/a b'; git add -A; git write-tree"
    ).output
    change = parse(box.collect())
    assert write_tree(mirror, code.head, change) == wanted
    box.exec("git rm -rqf .; rm -rf ./*")
    everything = parse(box.collect())
    assert {file.path for file in everything.files if file.deleted} == set(FILES)
    digest = hashlib.sha1(b"tree 0\0", usedforsecurity=False).hexdigest()
    assert write_tree(mirror, code.head, everything) == digest
