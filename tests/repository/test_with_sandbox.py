"""Code goes into a real sandbox as a pack, and comes back as a change that becomes a tree."""

import pytest

from jobs.repository.change import HostileChange, parse, serialise
from jobs.repository.mirror import Mirror
from jobs.repository.tree import raw_entries, write_tree
from jobs.sandbox import Sandboxes
from tests.repository.conftest import Origin

pytestmark = pytest.mark.docker

FILES = {
    "a.txt": b"one\r\ntwo\n",
    "src/b.py": b"b = 1\n",
    "big.bin": bytes(range(256)) * 4000,
    "secret.txt": b"$Format:%H$\n",
    "gr\u00f6\u00dfe/x y.txt": b"x",
}


@pytest.fixture
def base(origin: Origin, mirror: Mirror, file_url: str) -> str:
    for number in range(3):
        origin.commit({"a.txt": str(number).encode()})
    (origin.work / "run.sh").write_bytes(b"#!/bin/sh\n")
    (origin.work / "run.sh").chmod(0o755)
    (origin.work / "link").symlink_to("/etc/passwd")
    attributes = b"* export-subst\nsecret.txt export-ignore\n"
    return mirror.fetch(file_url, origin.commit({**FILES, ".gitattributes": attributes}))


@pytest.mark.parametrize("depth", [1, 2, 50])
def test_the_work_tree_and_its_history_arrive_whole(
    depth: int, base: str, mirror: Mirror, origin: Origin, sandboxes: Sandboxes
) -> None:
    with sandboxes.start("patchbay/python", task_id="pack", epoch=1, deadline_s=120) as box:
        pack = mirror.pack(base, depth)
        box.put(pack, base, pack.shallow)
        assert box.exec("git rev-list --count HEAD").output.strip() == str(min(depth, 4))
        assert box.exec("git status --porcelain | wc -l").output.strip() == "0"
        tree = box.exec("git write-tree").output.strip()
        assert tree == origin.git("rev-parse", f"{base}^{{tree}}")
        assert parse(box.collect()).files == ()


def test_what_was_done_inside_becomes_the_same_tree_outside(
    base: str, mirror: Mirror, sandboxes: Sandboxes
) -> None:
    script = (
        "printf 'x\\r\\n' > a.txt; mkdir -p new; printf n > new/n; chmod +x src/b.py\n"
        "rm big.bin; git mv secret.txt moved.txt; git add -A; git write-tree"
    )
    with sandboxes.start("patchbay/python", task_id="back", epoch=1, deadline_s=120) as box:
        pack = mirror.pack(base)
        box.put(pack, base, pack.shallow)
        wanted = box.exec(script).output.strip()
        change = parse(box.collect())
    tree = write_tree(mirror, base, change)
    assert tree == wanted
    assert {(entry.status, entry.path) for entry in raw_entries(mirror, base, tree)} == {
        ("M", "a.txt"),
        ("A", "new/n"),
        ("M", "src/b.py"),
        ("D", "big.bin"),
        ("D", "secret.txt"),
        ("A", "moved.txt"),
    }
    with sandboxes.start("patchbay/python", task_id="again", epoch=1, deadline_s=120) as box:
        pack = mirror.pack(base, 1)
        box.put(pack, base, pack.shallow)
        box.restore(serialise(change))
        assert parse(box.collect()) == change


def test_links_and_pipes_are_refused_by_name(
    base: str, mirror: Mirror, sandboxes: Sandboxes
) -> None:
    with sandboxes.start("patchbay/python", task_id="link", epoch=1, deadline_s=120) as box:
        pack = mirror.pack(base, 1)
        box.put(pack, base, pack.shallow)
        box.exec("ln -s /etc/shadow stolen; ln -sf /proc/1/environ link")
        with pytest.raises(HostileChange) as refusal:
            parse(box.collect())
    assert {path for path, _ in refusal.value.refused} == {"stolen", "link"}
