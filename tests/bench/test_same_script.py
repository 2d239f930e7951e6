"""What is compared of the agents is counted alike for all of them."""

import subprocess
import sys

import pytest

from bench.same_script import session_mb, share_kept, weighed


def test_what_a_server_reads_again_is_compared_in_the_order_it_reads() -> None:
    first = {"model": "m", "messages": [{"role": "user", "content": "a"}], "tools": [{"name": "t"}]}
    more = [*first["messages"], {"role": "assistant", "content": "b"}]
    assert share_kept(first, {"tools": first["tools"], "messages": more}) == 1.0
    other = [{"role": "user", "content": "b"}]
    assert 0.5 < share_kept(first, {**first, "messages": other}) < 1.0
    assert share_kept(first, {**first, "tools": []}) < 0.1
    begun = {"instructions": "i", "input": [{"content": "a"}], "tools": []}
    assert share_kept(begun, {**begun, "input": [{"content": "a"}, {"content": "b"}]}) == 1.0


def test_all_processes_of_a_session_are_weighed() -> None:
    big = "import sys; x = bytearray(60_000_000); print(flush=True); sys.stdin.read()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {big!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        with weighed(process.pid) as peak:
            assert session_mb(process.pid) == pytest.approx(70, abs=12)
            process.stdin.close()
            process.wait()
    assert session_mb(process.pid) == 0
    assert peak[0] < 90
