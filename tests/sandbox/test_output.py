"""What a command printed becomes text that is fit to be read."""

import time

import pytest

from jobs.sandbox.inside.output import clean, shorten


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"plain\n", "plain\n", id="text stays"),
        pytest.param("héllo ✓\n".encode(), "héllo ✓\n", id="so does UTF-8"),
        pytest.param(b"caf\xe9 au lait, please\n", "caf� au lait, please\n", id="else replaced"),
        pytest.param(b"\x1b[1;31mred\x1b[0m", "red", id="colours go"),
        pytest.param(b"\x1b]0;title\x07x", "x", id="titles go"),
        pytest.param(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", id="links go"),
        pytest.param(b"\x1b]never ended\nnext", "\nnext", id="an open escape ends with its line"),
        pytest.param(b"1%\r50%\r100%\n", "100%\n", id="progress bars show their end"),
        pytest.param(b"long line\rab\n", "abng line\n", id="what is not covered stays"),
        pytest.param(b"abc\r\ndef\r\n", "abc\ndef\n", id="CRLF is a line end"),
        pytest.param(b"ab\b\bcd\n", "cd\n", id="backspaces take back"),
        pytest.param(b"this is a\x07 bell\x00\n", "this is a bell\n", id="controls go"),
        pytest.param(b"\x00\x01\x02\x03" * 9, "[binary output, 36 bytes]", id="binary is named"),
        pytest.param(b"\xff\xfe\xfd\xfc" * 9, "[binary output, 36 bytes]", id="so is no UTF-8"),
        pytest.param(b"a\n" * 4, "a … ×4\n", id="repeats are counted"),  # noqa: RUF001
        pytest.param(b"a\n" * 3, "a\na\na\n", id="three are no repeat"),
        pytest.param(b"", "", id="nothing stays nothing"),
    ],
)
def test_output_is_cleaned(raw: bytes, text: str) -> None:
    assert clean(raw) == text


def test_short_output_is_whole() -> None:
    assert shorten("a\nb\n", "/log") == ("a\nb\n", False)


def test_long_output_keeps_head_and_tail_on_line_ends() -> None:
    text = "".join(f"line {n}\n" for n in range(10_000))
    short, cut = shorten(text, "/log")
    lines = short.splitlines()
    assert cut
    assert len(short) <= 20_100
    assert lines[0] == "line 0"
    assert lines[-1] == "line 9999"
    note = next(line for line in lines if "left out" in line)
    kept = len(lines) - 1
    assert note == f"[… {10_000 - kept} lines left out; all of it is in /log …]"


def test_a_long_line_is_cut() -> None:
    short, cut = shorten("x" * 5_000 + "\nend", "/log")
    assert cut
    assert short == "x" * 2_000 + "[… 3000 more characters in this line]\nend"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"x" * (4 << 20) + b"\r" * (4 << 20), id="returns over a long line"),
        pytest.param(b"\n" * (8 << 20), id="empty lines"),
        pytest.param(b"a\n" * (4 << 20), id="repeats"),
        pytest.param(b"\x1b[" + b"0;" * (4 << 20), id="an escape without end"),
        pytest.param(b"\x1b]" * (4 << 20), id="escapes only"),
        pytest.param(b"ab\b" * (2 << 20), id="backspaces"),
    ],
)
def test_hostile_output_is_cleaned_in_time(raw: bytes) -> None:
    began = time.monotonic()
    shorten(clean(raw), "/log")
    assert time.monotonic() - began < 9
