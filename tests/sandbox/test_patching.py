"""Patches in a real sandbox: whole or not at all, and nowhere but in the work tree."""

import base64
from typing import Any

import pytest

from jobs.agent.patch import parse
from jobs.sandbox import Sandbox, ToolRefused
from tests.sandbox.test_files import content_of, lay

pytestmark = pytest.mark.docker
BOM = b"\xef\xbb\xbf"


def patch(box: Sandbox, *lines: str) -> str:
    written = "\n".join(["*** Begin Patch", *lines, "*** End Patch"])
    return box.patch([one.as_json() for one in parse(written)])


def state_of(box: Sandbox) -> str:
    listed = "find . -path ./.git -prune -o -print0 | sort -z | xargs -0 stat -c '%n %A %s'"
    return box.exec(f"{listed}; cat $(git ls-files -co --exclude-standard) | md5sum").output


def test_files_are_added_deleted_changed_and_moved_at_once(box: Sandbox) -> None:
    lay(box, "keep.py", b"def f():\n    return 1\n")
    lay(box, "go.txt", b"x\n")
    lay(box, "run.sh", b"#!/bin/sh\necho one\n")
    box.exec("chmod 755 run.sh; chmod 640 keep.py")
    said = patch(
        box,
        *("*** Add File: new/deep/a.txt", "+one", "+two"),
        *("*** Delete File: go.txt",),
        *("*** Update File: keep.py", "@@ def f():", "-    return 1", "+    return 2"),
        *("*** Update File: run.sh", "*** Move to: bin/run", "-echo one", "+echo two"),
    )
    assert content_of(box, "new/deep/a.txt") == b"one\ntwo\n"
    assert content_of(box, "keep.py") == b"def f():\n    return 2\n"
    assert content_of(box, "bin/run") == b"#!/bin/sh\necho two\n"
    assert box.exec("stat -c %a keep.py bin/run; ls go.txt run.sh").output.split()[:2] == [
        "640",
        "755",
    ]
    assert said.splitlines() == [
        "added new/deep/a.txt (2 lines)",
        "deleted go.txt",
        "updated keep.py",
        "     1\tdef f():",
        "     2\t    return 2",
        "     3\t",
        "moved run.sh to bin/run",
        "     1\t#!/bin/sh",
        "     2\techo two",
        "     3\t",
    ]


@pytest.mark.parametrize(
    ("before", "lines", "after"),
    [
        (BOM + b"a\r\nb\r\n", ("-b", "+B"), BOM + b"a\r\nB\r\n"),
        (b"caf\xe9\nb\n", ("-b", "+B"), b"caf\xe9\nB\n"),
        (BOM + b"\xff\nb\n", ("-b", "+B"), BOM + b"\xff\nB\n"),
        (b"a\nb", (" a", "-b", "+B", "+c"), b"a\nB\nc"),
        ("na\u00efve \u2014 b\n".encode(), ("-na\u00efve - b", "+c"), b"c\n"),
    ],
)
def test_encoding_and_line_ends_are_kept(
    shared_box: Sandbox, before: bytes, lines: tuple[str, ...], after: bytes
) -> None:
    lay(shared_box, "odd", before)
    patch(shared_box, "*** Update File: odd", *lines)
    assert content_of(shared_box, "odd") == after


def test_one_file_may_come_several_times(shared_box: Sandbox) -> None:
    lay(shared_box, "often", b"a\nb\n")
    patch(
        shared_box,
        *("*** Update File: often", "-a", "+A"),
        *("*** Update File: often", " A", "-b", "+B"),
        *("*** Add File: fleeting", "+x"),
        *("*** Delete File: fleeting",),
    )
    assert content_of(shared_box, "often") == b"A\nB\n"
    patch(shared_box, "*** Delete File: often", "*** Add File: often", "+anew")
    assert content_of(shared_box, "often") == b"anew\n"


def test_a_file_that_no_longer_parses_is_told_as_after_an_edit(shared_box: Sandbox) -> None:
    lay(shared_box, "p.py", b"x = 1\n")
    said = patch(shared_box, "*** Update File: p.py", "-x = 1", "+x = (")
    assert "[the file does not parse any more: line 1" in said
    said = patch(shared_box, "*** Update File: p.py", "*** Move to: q.py", "-x = (", "+x = ((")
    assert "parse" not in said
    assert "parse" in patch(shared_box, "*** Add File: r.json", "+{")


HARMLESS = ("*** Add File: harmless", "+x")
REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a place that is none": (("*** Update File: there", "-y", "+z"), "there, chunk 1 of 1: these"),
    "a file that is missing": (("*** Update File: not-there", "-y"), "use \\*\\*\\* Add File"),
    "deleting what is missing": (("*** Delete File: not-there",), "there is no not-there"),
    "adding what is there": (("*** Add File: there", "+y"), "is there already"),
    "moving onto a file": (
        ("*** Update File: there", "*** Move to: README"),
        "README is there already",
    ),
    "a folder": (("*** Update File: folder", "-x"), "folder is a directory"),
    "deleting a folder": (("*** Delete File: folder",), "folder is a directory"),
    "a folder where a file is": (("*** Add File: there/in", "+x"), "there"),
    "outside": (("*** Add File: ../../etc/x", "+x"), "outside of the repository"),
    "an absolute path": (("*** Add File: /etc/x", "+x"), "outside of the repository"),
    "moving outside": (
        ("*** Update File: there", "*** Move to: /workspace/home/.profile"),
        "outside of the repository",
    ),
    "git's own": (("*** Add File: .git/hooks/post-checkout", "+x"), "inside .git"),
    "git's own, in a folder": (("*** Add File: folder/../.git/config2", "+x"), "inside .git"),
    "a link out": (("*** Add File: out/x", "+x"), "outside of the repository"),
    "a link to git's own": (("*** Add File: hooks/x", "+x"), "inside .git"),
    "deleting through a link": (("*** Delete File: link",), "is a symbolic link"),
    "moving a link": (("*** Update File: link", "*** Move to: other"), "is a symbolic link"),
    "a link to nowhere": (("*** Add File: dangling", "+x"), "symbolic link"),
    "what is no file": (("*** Update File: pipe", "-x"), "pipe is not a regular file"),
    "what latin-1 cannot hold": (("*** Update File: latin", "-x", "+\u4e00"), "is not UTF-8"),
    "a folder that cannot be written": (("*** Add File: shut/x", "+x"), "shut/x"),
}


@pytest.fixture(scope="module")
def odd_box(shared_box: Sandbox) -> Sandbox:
    shared_box.exec(
        "echo x > there; mkdir folder shut; ln -s /etc out; ln -s .git/hooks hooks; chmod 555 shut;"
        "ln -s there link; ln -s nowhere dangling; mkfifo pipe; printf '\\xe9\\nx\\n' > latin"
    )
    return shared_box


@pytest.mark.parametrize(("lines", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_leaves_everything_as_it_was(
    odd_box: Sandbox, lines: tuple[str, ...], words: str
) -> None:
    before = state_of(odd_box)
    with pytest.raises(ToolRefused, match=words) as refused:
        patch(odd_box, *HARMLESS, "*** Update File: README", "-hello", "+bye", *lines)
    assert str(refused.value).endswith("Nothing of the patch was done.")
    assert state_of(odd_box) == before


def test_a_link_within_the_tree_is_followed_for_a_change(shared_box: Sandbox) -> None:
    shared_box.exec("echo x > real; ln -sf real alias")
    patch(shared_box, "*** Update File: alias", "-x", "+y")
    assert shared_box.exec("cat real; readlink alias").output.split() == ["y", "real"]


def test_a_full_disk_leaves_everything_as_it_was(box: Sandbox) -> None:
    box.exec("mkdir /tmp/tree; cd /tmp/tree; echo x > a; cat /dev/zero > /tmp/fill")
    large = ["+" + "y" * 1000] * 900
    with pytest.raises(ToolRefused, match="No space left on device\\nNothing of the patch"):
        patch(
            box,
            *("*** Update File: /tmp/tree/a", "-x", "+z"),
            *("*** Add File: /tmp/tree/deep/large", *large),
        )
    left = box.exec("cd /tmp/tree; cat a; ls -A").output
    assert left.split() == ["x", "a"]


def test_a_patch_of_what_is_no_patch_ends_nothing(shared_box: Sandbox) -> None:
    strange: list[dict[str, Any]] = [
        {"kind": "add", "path": "\0", "move_to": "", "content": "", "chunks": []},
        {"kind": "add", "path": "x" * 5000, "move_to": "", "content": "", "chunks": []},
    ]
    for change in strange:
        with pytest.raises(ToolRefused):
            shared_box.patch([change])
    assert shared_box.patch([]) == ""
    assert base64.b64encode(content_of(shared_box, "README"))
