"""A mirror keeps the tags that point into its history; those that a version tool needs go in."""

import subprocess

import pytest

from jobs.repository.mirror import Mirror
from jobs.repository.ref_names import is_ref_name
from jobs.repository.tags import LOOKED_FOR, MAX_GIVEN, read_listing
from tests.repository.conftest import Origin
from tests.repository.git_server import READ_TOKEN, GitServer

ASKS = {"pyproject.toml": b'[build-system]\nrequires = ["setuptools", "setuptools_scm"]\n'}


def tag(origin: Origin, name: str, sha: str, *options: str) -> str:
    origin.git("tag", *options, name, sha)
    origin.git("push", "-q", "origin", f"refs/tags/{name}")
    return origin.git("rev-parse", f"refs/tags/{name}")


def commits(origin: Origin, count: int) -> list[str]:
    """Make commits quickly, on top of what is there."""
    stream = "".join(
        f"commit refs/heads/main\nmark :{n + 1}\ncommitter A <a@b> {1_700_000_000 + n} +0000\n"
        f"data 1\nx\n{'from refs/heads/main^0' if n == 0 else f'from :{n}'}\n"
        f"M 100644 inline n\ndata {len(str(n))}\n{n}\n"
        for n in range(count)
    )
    origin.git("fast-import", "--quiet", "--force", stdin=stream.encode())
    origin.git("push", "-q", "--force", "origin", "refs/heads/main")
    return origin.git("rev-list", "--reverse", "refs/heads/main").split()


def test_tags_in_the_history_are_kept_and_others_are_not(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    first = origin.commit({"a": b"1"})
    base = origin.commit({"a": b"2"})
    origin.git("checkout", "-q", "-b", "other", first)
    elsewhere = origin.commit({"b": b"1"}, branch="other")
    light = tag(origin, "v1", first)
    heavy = tag(origin, "rel/2.0", base, "-a", "-m", "two")
    tag(origin, "v9", elsewhere)
    assert mirror.fetch(file_url, "main") == base
    assert mirror.tags(base) == {"rel/2.0": heavy, "v1": light}
    assert heavy != base
    assert mirror.tags(mirror.fetch(file_url, first)) == {"v1": light}


def test_a_tag_that_is_set_later_comes_with_the_next_task(
    origin: Origin, mirror: Mirror, url: str, git_server: GitServer
) -> None:
    base = origin.commit({"a": b"1"})
    mirror.fetch(url, "main", READ_TOKEN)
    assert mirror.tags(base) == {}
    made = tag(origin, "v1.0", base, "-a", "-m", "one")
    mirror.fetch(url, "main", READ_TOKEN)
    assert mirror.tags(base) == {"v1.0": made}
    asked = len(git_server.requests)
    mirror.fetch(url, "main", READ_TOKEN)
    assert len(git_server.requests) - asked == 2  # what refs are there, and nothing more


def test_a_task_that_goes_on_elsewhere_has_its_tags_too(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    base = origin.commit({"a": b"1"})
    made = tag(origin, "v1.0", base, "-a", "-m", "one")
    mirror.fetch(file_url, base)
    assert mirror.tags(base) == {"v1.0": made}


def test_a_moved_tag_is_the_new_one_and_a_deleted_one_is_gone(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    first = origin.commit({"a": b"1"})
    base = origin.commit({"a": b"2"})
    tag(origin, "v1", first)
    tag(origin, "v2", first)
    mirror.fetch(file_url, "main")
    origin.git("tag", "-f", "v1", base)
    origin.git("push", "-q", "--force", "origin", "refs/tags/v1", ":refs/tags/v2")
    mirror.fetch(file_url, "main")
    assert mirror.tags(base) == {"v1": base}


@pytest.mark.parametrize(("files", "found"), [(ASKS, True), ({"a": b"1"}, False)])
def test_an_older_tag_is_looked_for_where_the_version_comes_from_it(
    files: dict[str, bytes], found: bool, origin: Origin, mirror: Mirror, file_url: str
) -> None:
    origin.commit(files)
    shas = commits(origin, 80)
    tag(origin, "v3.1", shas[5])
    base = mirror.fetch(file_url, "main")
    assert base == shas[-1]
    assert mirror.tags(base) == ({"v3.1": shas[5]} if found else {})
    pack = mirror.pack(base)
    counted = mirror.git.run(["rev-list", "--count", base], git_dir=mirror.path)
    assert (int(counted) > 50) == found
    # Exactly down to the tag, and no further.
    assert len(pack.shallow) == 1
    assert (pack.shallow == (shas[5],)) == found


def test_the_history_stays_long_enough_when_more_is_fetched(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    origin.commit(ASKS)
    shas = commits(origin, 70)
    tag(origin, "v3.1", shas[5])
    mirror.fetch(file_url, "main")
    origin.git("reset", "-q", "--hard", "main")
    newer = origin.commit({"b": b"new"})
    mirror.fetch(file_url, "main")
    assert mirror.tags(newer) == {"v3.1": shas[5]}


def test_it_is_not_looked_for_without_end(origin: Origin, mirror: Mirror, file_url: str) -> None:
    origin.commit(ASKS)
    shas = commits(origin, LOOKED_FOR + 20)
    tag(origin, "v3.1", shas[2])
    base = mirror.fetch(file_url, "main")
    assert mirror.tags(base) == {}
    assert len(mirror.git.run(["rev-list", base], git_dir=mirror.path).split()) == LOOKED_FOR


HOSTILE = [
    *("-x", "--upload-pack=touch canary", "a..b", "a b", "a.lock", "x/../y", "../x", "a\nb", ""),
    *("n" * 300, "a\\b", "@{u}", "/a", "a//b", ".a", "a/.b", "a^{tree}", "a:b", "a\x7fb", "\udcff"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_git_would_not_make_are_left_out(name: str) -> None:
    sha = "1" * 40
    assert read_listing([f"{sha}\trefs/tags/{name}", f"{sha}\trefs/tags/v1"]).keys() == {"v1"}


NAMES = [
    *(*HOSTILE, "a", "a/b", "größe", "a.b", "a-b", "@", "a@b", "a{b", "x;y", "a`b", "$(id)", "a."),
    *("a/", "a~1", "a?", "a*", "a[", "a.lock/b", "refs/heads/x", "a.lockb", "\ta", "a\x01"),
]


@pytest.mark.parametrize("name", [name for name in NAMES if len(name) < 200 and name != "\udcff"])
def test_a_name_is_one_exactly_if_git_says_so(name: str) -> None:
    asked = ["git", "check-ref-format", f"refs/heads/{name}"]
    assert is_ref_name(name) == (subprocess.run(asked, check=False).returncode == 0)


def test_tags_beyond_counting_cost_nobody_a_task(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    base = origin.commit({"a": b"1"})
    refs = "".join(f"{base} refs/tags/v{number}-{'x' * 150}\n" for number in range(50_000))
    (origin.bare / "packed-refs").write_text(refs)
    mirror.fetch(file_url, "main")
    assert mirror.tags(base) == {}


def test_many_tags_on_one_commit_are_cut(origin: Origin, mirror: Mirror, file_url: str) -> None:
    base = origin.commit({"a": b"1"})
    refs = "".join(f"{base} refs/tags/v{number}\n" for number in range(3_000))
    (origin.bare / "packed-refs").write_text(refs)
    mirror.fetch(file_url, "main")
    assert len(mirror.tags(base)) == MAX_GIVEN


def test_a_tag_that_git_refuses_keeps_nobody_from_the_code(
    origin: Origin, mirror: Mirror, file_url: str
) -> None:
    base = origin.commit({"a": b"1"})
    good = tag(origin, "v1", base)
    bad = origin.git(
        "hash-object", "-t", "tag", "-w", "--literally", "--stdin",
        stdin=f"object {base}\ntype commit\ntag x\ntagger A\0 <a@b> 1 +0000\n\nm\n".encode(),
    )  # fmt: skip
    origin.git("config", "receive.fsckObjects", "false", at=origin.bare)
    origin.git("push", "-q", "origin", f"{bad}:refs/tags/v2")
    assert mirror.fetch(file_url, "main") == base
    assert mirror.tags(base) == {"v1": good}
