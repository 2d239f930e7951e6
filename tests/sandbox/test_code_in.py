"""The code comes in as a git pack and lies in the sandbox byte for byte."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, ToolRefused
from tests.sandbox.conftest import Start
from tests.sandbox.repositories import Repository, make_repository, parse

pytestmark = pytest.mark.docker

CodeIn = Callable[[dict[str, str | bytes]], tuple[Sandbox, Repository]]


def test_the_base_is_checked_out_with_its_history(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    repository.commit({"a": "2\n"}, "second")
    with start() as box:
        repository.put_into(box)
        assert box.exec("cat a; git log --format=%s; git status --short; git branch").output == (
            "2\nsecond\nwork\n* main"
        )
        assert box.exec("echo 3 > a; git commit -qam third; git log --format=%s -1").output == (
            "third"
        )
        assert box.exec("git stash list; git fsck --no-dangling").exit_code == 0


def test_only_what_is_in_the_pack_is_there(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    base = repository.head
    later = repository.commit({"a": "the fix\n"}, "the fix")
    box = start()
    box.put([repository.pack(base)], base)
    assert box.exec(f"git cat-file -e {later}").exit_code
    assert box.exec("git remote; git tag; git log --all --format=%s").output == "work"


def test_a_shallow_history_ends_where_it_was_cut(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    cut = repository.commit({"a": "2\n"}, "second")
    head = repository.commit({"a": "3\n"}, "third")
    objects = repository.git("rev-list", "--objects", "--no-object-names", head, f"^{cut}^")
    trees = repository.git("ls-tree", "-r", "-t", "--object-only", cut)
    pack = repository.git("pack-objects", "--stdout", "-q", stdin=objects + trees)
    box = start()
    box.put([pack], head, (cut,))
    assert box.exec("git log --format=%s; git status --short").output == "third\nsecond"


def test_a_pack_may_come_in_many_pieces(start: Start, tmp_path: Path) -> None:
    content = b"".join(hashlib.sha512(bytes([n % 256, n >> 8])).digest() for n in range(60_000))
    repository = make_repository(tmp_path / "code", {"big": content})
    pack = repository.pack()
    assert len(pack) > 3 << 20
    box = start()
    box.put((pack[at : at + 10_000] for at in range(0, len(pack), 10_000)), repository.head)
    assert box.exec("sha1sum < big").output.split()[0] == hashlib.sha1(content).hexdigest()  # noqa: S324


def test_attributes_do_not_change_what_is_checked_out(code_in: CodeIn) -> None:
    files: dict[str, str | bytes] = {
        ".gitattributes": "*.txt text eol=crlf\n*.sec filter=evil diff=evil merge=evil\n"
        "hidden export-ignore\n*.v ident export-subst\n*.u working-tree-encoding=UTF-16\n",
        "a.txt": b"1\n2\n",
        "crlf.txt": b"1\r\n2\r\n",
        "b.sec": b"x\n",
        "hidden": b"x\n",
        "c.v": b"$Id$ $Format:%H$\n",
        "d.u": "é\n",
    }
    box, repository = code_in(files)
    assert box.exec("git status --short").output == "(no output)"
    listed = repository.git("ls-tree", "-r", "HEAD").decode().splitlines()
    base = {line.split("\t")[1]: line.split()[2] for line in listed}
    hashed = box.exec("git ls-files | xargs -n1 git hash-object --no-filters").output.splitlines()
    assert hashed == [base[name] for name in sorted(base)]
    assert parse(box.collect()) == {}


def test_links_and_submodules_of_the_base_stay_what_they_are(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    (repository.path / "passwd").symlink_to("/etc/passwd")
    (repository.path / "up").symlink_to("../../..")
    (repository.path / ".gitmodules").write_text(
        '[submodule "sub"]\n\tpath = sub\n\turl = ext::touch /tmp/pwned\n'
    )
    repository.git("add", "-A")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.head},sub")
    repository.git("commit", "-q", "-m", "links")
    box = start()
    repository.put_into(box)
    assert box.exec("readlink passwd up; ls -A sub; test -e /tmp/pwned || echo safe").output == (
        "/etc/passwd\n../../..\nsafe"
    )
    assert parse(box.collect()) == {}


def test_odd_names_are_checked_out(code_in: CodeIn) -> None:
    names = ["with space", "quote\"'", "new\nline", "ünïcödé", "-dash", "a\\b", "tab\t"]
    box, repository = code_in(dict.fromkeys(names, "x\n"))
    (repository.path / "after").touch()
    assert box.exec("git status --short; ls | wc -l").output == "8"
    box.exec('for f in ./*; do echo y >> "$f"; done')
    assert set(parse(box.collect())) == set(names)


def test_code_comes_in_once(box: Sandbox) -> None:
    with pytest.raises(ToolRefused, match="its code already"):
        box.put([b""], "0" * 40)


def test_a_broken_pack_is_refused(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {"a": "1\n"})
    with start() as box, pytest.raises(ToolRefused, match="index-pack failed"):
        box.put([repository.pack()[:-30]], repository.head)
    with start() as box, pytest.raises(ToolRefused, match="cat-file failed"):
        box.put([repository.pack()], "1" * 40)
    with start() as box, pytest.raises(ToolRefused, match="full commit ids"):
        box.put([repository.pack()], "HEAD")
    with start() as box, pytest.raises(ToolRefused, match="index-pack failed"):
        box.put([b"garbage" * 1_000_000], repository.head)


def test_a_base_without_files_is_fine(start: Start, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "code", {})
    box = start()
    repository.put_into(box)
    box.write("first", "x\n")
    assert list(parse(box.collect())) == ["first"]
