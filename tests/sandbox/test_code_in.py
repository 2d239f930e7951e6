"""The code comes in as a git pack and lies in the sandbox byte for byte."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, SandboxLimits, ToolRefused
from jobs.sandbox.engine import Engine
from tests.sandbox.conftest import Start
from tests.sandbox.repositories import Repository, make_repository, parse

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Large:
    """A pack of 100 MB by its own account, in two parts, and nothing in them."""

    shallow: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[tuple[int, int], ...] = ((1 << 20, 49 << 20), (1 << 20, 49 << 20))

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


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


def start_in(engine: Engine, image: str) -> Sandbox:
    return engine.start(image, task_id="test", epoch=1, deadline_s=60)


def test_what_does_not_fit_is_refused_before_it_is_written(
    docker_host: str, sandbox_image: str, tmp_path: Path
) -> None:
    noise = b"".join(hashlib.sha512(n.to_bytes(4, "big")).digest() for n in range(100 << 10))
    repository = make_repository(
        tmp_path / "code", {"noise": noise[: 6 << 20], "zeros": bytes(90 << 20)}
    )
    engine = Engine(docker_host, limits=SandboxLimits(workspace_mb=64), owner="tests-small")
    words = (
        r"needs 9\d MB more and does not fit .* folder of 64 MB \(PATCHBAY_SANDBOX_WORKSPACE_MB\)"
    )
    with start_in(engine, sandbox_image) as box:
        with pytest.raises(ToolRefused, match=words):
            repository.put_into(box)
        assert box.exec("ls /workspace/repo", workdir="/").output == "(no output)"
    words = "needs 100 MB more and does not fit"
    with start_in(engine, sandbox_image) as box, pytest.raises(ToolRefused, match=words):
        box.put(Large(), "0" * 40)


def test_a_file_that_a_sandbox_does_not_allow_is_named(
    docker_host: str, sandbox_image: str, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "code", {"large": bytes(20 << 20), "small": "x\n"})
    engine = Engine(docker_host, limits=SandboxLimits(file_mb=8), owner="tests-small")
    words = "large has 20 MB, and a sandbox allows a file 8 MB"
    with start_in(engine, sandbox_image) as box, pytest.raises(ToolRefused, match=words):
        repository.put_into(box)
