"""The parser reads a change exactly, and refuses everything else without harm."""

import struct
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.repository.change import (
    MAX_FRAMES,
    MAX_STREAM_BYTES,
    Change,
    ChangedFile,
    FileMode,
    HostileChange,
    parse,
    serialise,
)
from jobs.repository.paths import why_refused

END = struct.pack(">I", 0)


def frame(path: bytes, kind: int = 0, content: bytes = b"", size: int | None = None) -> bytes:
    size = len(content) if size is None else size
    return struct.pack(">I", len(path)) + path + struct.pack(">BQ", kind, size) + content


def holds(stream: bytes) -> bool:
    """A stream is read as something that reads the same again, or is refused with a reason."""
    try:
        change = parse(stream)
    except HostileChange as refusal:
        return bool(refusal.reason)
    return parse(serialise(change)) == change


def test_all_kinds_of_change_are_read() -> None:
    stream = frame(b"b.txt", 0, b"x") + frame(b"run", 1, b"#!") + frame(b"a/gone", 2) + END
    assert parse(stream).files == (
        ChangedFile("a/gone", FileMode.REGULAR, None),
        ChangedFile("b.txt", FileMode.REGULAR, b"x"),
        ChangedFile("run", FileMode.EXECUTABLE, b"#!"),
    )


def test_no_change_is_a_change() -> None:
    assert parse(END) == Change()


names = st.text("abcäöü漢字-_+ é1", min_size=1, max_size=12).filter(lambda name: name[-1] != " ")
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
files = st.builds(
    ChangedFile, paths, st.sampled_from(FileMode), st.one_of(st.none(), st.binary(max_size=99))
)


@given(st.lists(files, max_size=8, unique_by=lambda file: file.path.split("/")[0]))
def test_what_is_written_is_read_again(some: list[ChangedFile]) -> None:
    wanted = sorted(some, key=lambda file: file.path)
    again = parse(serialise(Change(tuple(wanted))))
    assert [(f.path, f.content) for f in again.files] == [(f.path, f.content) for f in wanted]
    assert serialise(again) == serialise(parse(serialise(again)))


@settings(max_examples=400)
@given(st.binary(max_size=400))
@example(b"\xff\xff\xff\xff")
@example(b"\x00\x00\x00\x01a\x00" + b"\xff" * 8)
@example(b"\x00\x00\x00\x01a\x07" + b"\x00" * 8 + END)
def test_noise_is_a_change_or_refused(stream: bytes) -> None:
    assert holds(stream)


@given(st.data())
def test_a_forged_byte_is_a_change_or_refused(data: st.DataObject) -> None:
    stream = bytearray(frame(b"a/b.txt", 0, b"text") + frame(b"c", 2) + END)
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] = data.draw(st.integers(0, 255))
    assert holds(bytes(stream))


def test_a_stream_cut_anywhere_is_refused() -> None:
    stream = frame(b"a/b.txt", 0, b"text") + frame(b"c", 2) + END
    for length in range(len(stream)):
        with pytest.raises(HostileChange):
            parse(stream[:length])


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (END + b"x", "after its end"),
        (frame(b"a", 5) + END, "no kind 5"),
        (frame(b"a", 2, b"x") + END, "deleted and has content"),
        (frame(b"a") + frame(b"a") + END, "twice"),
        (frame(b"a") + frame(b"a/b") + END, "both a file and a folder"),
        (frame(b"link", 3, b"/etc/passwd") + END, "link: a symbolic link"),
        (frame(b"pipe", 4) + END, "pipe: neither"),
        (frame(b"a", 0, b"", size=2**64 - 1) + END, "middle of a file"),
        (b"\xff\xff\xff\xff", "longer than 1024 bytes"),
        (frame(b"a" * 1025) + END, "longer than 1024 bytes"),
        (frame(b"\xff\xfe") + END, "not valid UTF-8"),
        (b"x" * (MAX_STREAM_BYTES + 1), "larger than 16 MiB"),
        (b"".join(frame(b"f%d" % n) for n in range(MAX_FRAMES + 1)) + END, "more than 1000 files"),
    ],
)
def test_a_broken_rule_is_named(stream: bytes, words: str) -> None:
    with pytest.raises(HostileChange, match=words):
        parse(stream)


def test_every_refused_path_is_listed() -> None:
    links = b"".join(frame(b"link%d" % number, 3, b"x") for number in range(30))
    with pytest.raises(HostileChange, match="and 10 more") as refusal:
        parse(links + END)
    assert [path for path, _ in refusal.value.refused][:2] == ["link0", "link1"]


def test_a_folder_may_take_the_place_of_a_deleted_file() -> None:
    assert parse(frame(b"a", 2) + frame(b"a/b") + END).paths() == ["a", "a/b"]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../x", "a/../b", "a/..", "./a", "a//b", "a/", "", ".", "..",
        ".git/config", ".git", "a/.git/hooks/x", ".GIT/x", ".Git", "a/.gIt",
        ".g\u200cit/config", ".git\u200d", "\ufeff.git", ".gi\u2060t", ".\u206agit",
        "git~1/config", "GIT~1", "a/git~2", "gi7eba~1", "gitmod~1",
        ".git./x", ".git /x", ".git. . ", ".git::$INDEX_ALLOCATION/x", ".git:x",
        ".\uff47it/config", "a\\b", ".git\\x",
        "a\x00b", "a\nb", "a\x1bb", "a\x7fb", "a\x85b", "a\u202eb", "a\u2066b", "a\u200bb",
        "a\u00adb", "a\U000e0041b", "a\ufe0fb", "a\U000e0100b", "a\u3164b", "a\u115fb",
        "a\u2028b", "a\ue000b", "name.", "name ", "con./x",
        "x" * 256, "/".join("a" * 33), "ä" * 128, "a" * 1025,
    ],
)  # fmt: skip
def test_a_path_that_is_unsafe_somewhere_is_refused(path: str) -> None:
    assert why_refused(path)
    with pytest.raises(HostileChange):
        parse(frame(path.encode()) + END)


@pytest.mark.parametrize(
    "path",
    [
        "a", "a/b/c.py", "größe/漢字.txt", "a b.txt", ".gitignore", "x.git", "git", ".github/x",
        "digit~1x", "…", "-x", "a'b\"c", "$(id)", "a;b", "x" * 255, "/".join("a" * 32), "a:b",
        ".hidden", "a~b", "emoji-😀",
    ],
)  # fmt: skip
def test_an_unusual_path_that_is_safe_is_kept(path: str) -> None:
    assert why_refused(path) == ""


def test_the_refusal_shows_no_hidden_character() -> None:
    with pytest.raises(HostileChange) as refusal:
        parse(frame("a\u202e\x1b[2Jb".encode()) + END)
    assert refusal.value.reason.isascii()


def test_memory_stays_bounded() -> None:
    tracemalloc.start()
    many = b"".join(frame(b"f%d" % n, 0, b"x" * 15_000) for n in range(1000)) + END
    before = tracemalloc.get_traced_memory()[0]
    parse(many)
    assert tracemalloc.get_traced_memory()[1] - before < 4 * len(many)
    tracemalloc.stop()


def test_a_forged_size_takes_no_memory() -> None:
    code = (
        "import resource, struct\n"
        "from jobs.repository.change import parse, HostileChange\n"
        "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
        "for size in (2**31, 2**40, 2**64 - 1):\n"
        "    try: parse(struct.pack('>I', 1) + b'a' + struct.pack('>BQ', 0, size))\n"
        "    except HostileChange: print('refused')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ran.stdout.split() == [b"refused"] * 3
