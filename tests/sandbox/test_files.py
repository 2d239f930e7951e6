"""Reading, editing and writing files in the sandbox."""

import base64

import pytest

from jobs.sandbox import Sandbox, ToolRefused

pytestmark = pytest.mark.docker


def lay(box: Sandbox, path: str, content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    assert box.exec(f"echo {encoded} | base64 -d > {path}").exit_code == 0


def content_of(box: Sandbox, path: str) -> bytes:
    return base64.b64decode(box.exec(f"base64 -w0 {path}").output.replace("(no output)", ""))


def test_a_file_is_shown_with_line_numbers(shared_box: Sandbox) -> None:
    lay(shared_box, "a.txt", b"one\r\ntwo\r\nthree")
    assert shared_box.read("a.txt") == "a.txt\n     1\tone\n     2\ttwo\n     3\tthree"


def test_part_of_a_file_is_shown(shared_box: Sandbox) -> None:
    lay(shared_box, "part.txt", b"1\n2\n3\n4\n")
    assert shared_box.read("part.txt", 2, 3) == (
        "part.txt (lines 2 to 3 of 4)\n     2\t2\n     3\t3"
    )
    assert shared_box.read("part.txt", 4, -1).endswith("     4\t4")
    with pytest.raises(ToolRefused, match="has 4 lines"):
        shared_box.read("part.txt", 5)


def test_a_long_file_is_shown_in_parts(shared_box: Sandbox) -> None:
    shared_box.exec("seq 1 2000 > long.txt")
    shown = shared_box.read("long.txt").splitlines()
    assert shown[0] == "long.txt (lines 1 to 800 of 2000)"
    assert shown[-1] == "[go on with start_line 801]"
    assert shared_box.read("long.txt", 1, 100).splitlines()[-1] == "   100\t100"


def test_a_wide_file_is_shown_in_parts(shared_box: Sandbox) -> None:
    lay(shared_box, "wide.txt", (b"x" * 400 + b"\n") * 200)
    shown = shared_box.read("wide.txt")
    assert len(shown) <= 32_200
    assert "go on with start_line" in shown
    lay(shared_box, "wider.txt", b"y" * 5000)
    assert shared_box.read("wider.txt").endswith("[… 3000 more characters in this line]")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "[odd is empty]"),
        (b"a\0b", "[odd is a binary file of 3 bytes]"),
        (b"\xef\xbb\xbfmark\n", "odd\n     1\tmark"),
        (b"caf\xe9\n", "odd\n     1\tcaf\ufffd"),
    ],
)
def test_odd_files_are_shown(shared_box: Sandbox, content: bytes, shown: str) -> None:
    lay(shared_box, "odd", content)
    assert shared_box.read("odd") == shown


def test_a_missing_file_is_named_with_its_likes(shared_box: Sandbox) -> None:
    shared_box.exec("mkdir -p deep/down; touch deep/down/lost.py")
    with pytest.raises(ToolRefused, match=r"there is no lost\.py; there is deep/down/lost\.py"):
        shared_box.read("lost.py")


def test_what_is_no_file_is_refused(shared_box: Sandbox) -> None:
    shared_box.exec("python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('sock')\"")
    for path in ("sock", "/dev/zero"):
        with pytest.raises(ToolRefused):
            shared_box.read(path)


def test_a_folder_is_listed_without_hidden_and_ignored_entries(box: Sandbox) -> None:
    box.exec(
        "mkdir -p src/deep/deeper node_modules/x .hidden build; "
        "touch src/a.py src/deep/b.py src/deep/deeper/c.py node_modules/x/y build/z t.log; "
        "printf 'node_modules\\n*.log\\nbuild/\\n' > .gitignore"
    )
    assert box.read(".").splitlines() == [
        "/workspace/repo/", "README", "src/", "src/a.py", "src/deep/",
    ]  # fmt: skip
    assert box.read("src").splitlines() == [
        "src/", "a.py", "deep/", "deep/b.py", "deep/deeper/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        pytest.param(b"a = 1\n", "a = 1", "a = 2", b"a = 2\n", id="plain"),
        pytest.param(b"a\r\nb\r\n", "a\nb", "x\ny", b"x\r\ny\r\n", id="CRLF"),
        pytest.param(b"\xef\xbb\xbfa\n", "a", "é", b"\xef\xbb\xbf\xc3\xa9\n", id="byte order mark"),
        pytest.param(b"caf\xe9 a\n", "a\n", "é\n", b"caf\xe9 \xe9\n", id="Latin-1"),
        pytest.param(b"no line end", "end", "feed", b"no line feed", id="no last line feed"),
        pytest.param(b"  a\n  b\n", "a\nb", "c\nd", b"  c\n  d\n", id="indentation"),
    ],
)
def test_an_edit_keeps_what_it_does_not_change(
    shared_box: Sandbox, before: bytes, old: str, new: str, after: bytes
) -> None:
    lay(shared_box, "kept", before)
    shared_box.edit("kept", old, new)
    assert content_of(shared_box, "kept") == after


def test_an_edit_keeps_the_mode_and_follows_links_inside(shared_box: Sandbox) -> None:
    shared_box.exec("printf 'a\\n' > tool; chmod 755 tool; ln -sf tool link")
    shared_box.edit("link", "a", "b")
    assert shared_box.exec("stat -c %a tool; cat tool; readlink link").output == "755\nb\ntool"


def test_an_edit_shows_the_changed_region(shared_box: Sandbox) -> None:
    shared_box.exec("seq 1 20 > numbers")
    assert shared_box.edit("numbers", "\n10\n", "\nten\n") == (
        "edited numbers\n"
        "     5\t5\n     6\t6\n     7\t7\n     8\t8\n     9\t9\n    10\tten\n"
        "    11\t11\n    12\t12\n    13\t13\n    14\t14\n    15\t15"
    )


def test_an_edit_everywhere_says_how_often(shared_box: Sandbox) -> None:
    lay(shared_box, "many", b"a\nb\na\n")
    assert shared_box.edit("many", "a", "c", replace_all=True).startswith("edited many, 2 places")
    assert content_of(shared_box, "many") == b"c\nb\nc\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        ("README", "", "x", "use write"),
        ("README", "hello", "hello", "nothing would change"),
        ("README", "absent", "x", "old_str is not in the file"),
        ("missing", "a", "b", "use write to create it"),
        (".git/config", "bare", "x", "inside .git"),
        ("/etc/passwd", "root", "x", "outside of the repository"),
        ("../base.git/config", "bare", "x", "outside of the repository"),
        ("bad\0name", "a", "b", "NUL"),
        (".", "a", "b", "Is a directory"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(
    shared_box: Sandbox, path: str, old: str, new: str, words: str
) -> None:
    with pytest.raises(ToolRefused, match=words):
        shared_box.edit(path, old, new)


def test_links_do_not_lead_an_edit_outside(shared_box: Sandbox) -> None:
    shared_box.exec("ln -sfn /workspace/home home; echo a > /workspace/home/file")
    with pytest.raises(ToolRefused, match="outside of the repository"):
        shared_box.edit("home/file", "a", "b")


@pytest.mark.parametrize(
    ("name", "good", "old", "new"),
    [
        ("a.py", "x = 1\n", "= 1", "= ("),
        ("a.json", '{"a": 1}', "1", ""),
        ("a.toml", "a = 1\n", "1", ""),
        ("a.sh", "if true; then echo; fi\n", "fi", ""),
    ],
)
def test_a_file_that_stops_parsing_is_told_once(
    shared_box: Sandbox, name: str, good: str, old: str, new: str
) -> None:
    assert "parse" not in shared_box.write(name, good)
    assert "does not parse any more" in shared_box.edit(name, old, new)
    assert "parse" not in shared_box.write(name, good.replace(old, new) + " ")


def test_a_file_that_crashes_parsers_does_not_harm_the_server(shared_box: Sandbox) -> None:
    shared_box.write("deep.json", "[" * 500_000)
    shared_box.write("deep.py", "(" * 400_000)
    shared_box.write("slow.py", "-" * 900_000 + "1")
    assert shared_box.exec("echo alive").output == "alive"


def test_a_file_is_written_with_its_folders(shared_box: Sandbox) -> None:
    assert shared_box.write("new/er/file.txt", "a\nb") == (
        "wrote new/er/file.txt (2 lines, 3 bytes)"
    )
    assert shared_box.write("new/er/file.txt", "").startswith("overwrote")
    assert shared_box.write("../../tmp/elsewhere", "x").startswith("wrote /tmp/elsewhere")


def test_too_much_text_is_refused(shared_box: Sandbox) -> None:
    with pytest.raises(ToolRefused, match="the limit is"):
        shared_box.write("big", "x" * ((1 << 20) + 1))
    assert shared_box.write("big", "x" * (1 << 20)).startswith("wrote big")


def test_a_full_disk_leaves_the_old_file(box: Sandbox) -> None:
    box.exec(
        "seq 1 100000 > precious; for i in 1 2 3 4 5; do head -c 250M /dev/zero > filler$i; done"
    )
    before = box.exec("sha1sum precious").output
    with pytest.raises(ToolRefused, match="No space left"):
        box.edit("precious", "\n5\n", "\nfive\n")
    assert box.exec("sha1sum precious").output == before
