"""How a bash script runs, ends and is told of."""

import time

import pytest

from jobs.sandbox import Sandbox, ToolRefused

pytestmark = pytest.mark.docker


def test_a_command_tells_how_it_ended(shared_box: Sandbox) -> None:
    ended = shared_box.exec("echo out; echo err >&2; exit 3")
    assert (ended.exit_code, ended.output, ended.lines, ended.bytes) == (3, "out\nerr", 2, 8)
    assert (ended.cut, ended.timed_out, ended.killed_for_output) == (False, False, False)
    assert 0 < ended.seconds < 5
    assert shared_box.exec(f"cat {ended.log}").output == "out\nerr"


def test_no_output_is_said(shared_box: Sandbox) -> None:
    assert shared_box.exec("true").output == "(no output)"


def test_every_call_is_a_new_shell_in_the_repository(shared_box: Sandbox) -> None:
    shared_box.exec("cd /tmp; x=1; export y=2")
    assert shared_box.exec('pwd; echo "[$x$y]"').output == "/workspace/repo\n[]"


def test_a_folder_to_run_in_can_be_chosen(shared_box: Sandbox) -> None:
    shared_box.exec("mkdir -p /workspace/there sub")
    assert shared_box.exec("pwd", workdir="/workspace/there").output == "/workspace/there"
    assert shared_box.exec("pwd", workdir="sub").output == "/workspace/repo/sub"
    with pytest.raises(ToolRefused, match="there is no directory"):
        shared_box.exec("pwd", workdir="/nowhere")


def test_what_is_in_the_environment_file_is_in_every_later_shell(box: Sandbox) -> None:
    box.exec("echo 'export COLOUR=red; plain=yes' >> $AGENT_ENV")
    assert box.exec('echo "$COLOUR $plain"').output == "red yes"
    assert box.exec("bash -c 'echo \"$COLOUR [$plain] [$BASH_ENV]\"'").output == "red [] []"


def test_commands_have_no_input(shared_box: Sandbox) -> None:
    ended = shared_box.exec("read -t 5 line; echo $?; cat; python3 -c 'input()' 2>&1 | tail -1")
    assert ended.output == "1\nEOFError: EOF when reading a line"


@pytest.mark.parametrize(
    "script",
    ["git log -1 --format=%s", "git -c core.pager=less log", "git commit --allow-empty; true",
     "git rebase -i HEAD; true", "sudo -S true; true", "ssh nobody@127.0.0.1; true", "python3 -i",
     "git clone https://127.0.0.1:1/private; true"],
)  # fmt: skip
def test_what_would_ask_somebody_does_not_wait(shared_box: Sandbox, script: str) -> None:
    began = time.monotonic()
    assert not shared_box.exec(script, timeout_s=20).timed_out
    assert time.monotonic() - began < 10


def test_a_syntax_error_is_told_before_anything_runs(shared_box: Sandbox) -> None:
    ended = shared_box.exec("touch /tmp/ran\nif true; then\n")
    assert ended.exit_code == 2
    assert ended.output.startswith("[syntax error: nothing was run]\n")
    assert "line 3: syntax error: unexpected end of file" in ended.output
    assert shared_box.exec("test -e /tmp/ran").exit_code == 1


@pytest.mark.parametrize("end", ["fi", "done", "(", "'", "}", "&& ||"])
def test_nothing_of_a_wrong_line_runs(shared_box: Sandbox, end: str) -> None:
    ended = shared_box.exec(f"touch /tmp/ran; {end}")
    assert ended.exit_code
    assert ".sh: line " in ended.output
    assert shared_box.exec("test -e /tmp/ran").exit_code == 1


def test_parsing_runs_nothing_of_the_environment_file(box: Sandbox) -> None:
    box.exec("echo 'echo sourced' >> $AGENT_ENV")
    assert "sourced" not in box.exec("if true; then\necho").output
    assert box.exec("true").output == "sourced"


def test_a_script_of_any_length_runs(shared_box: Sandbox) -> None:
    text = "x" * 200_000
    ended = shared_box.exec(f"cat > /tmp/long <<'END'\n{text}\nEND\nwc -c < /tmp/long")
    assert ended.output == "200001"


def test_a_script_over_the_limit_is_refused(shared_box: Sandbox) -> None:
    with pytest.raises(ToolRefused, match="the limit is"):
        shared_box.exec("x" * (9 << 20))


def test_a_nul_byte_is_refused_in_words(shared_box: Sandbox) -> None:
    with pytest.raises(ToolRefused, match="NUL byte"):
        shared_box.exec("echo a\0b")


def test_windows_line_ends_are_understood(shared_box: Sandbox) -> None:
    assert shared_box.exec("x=1\r\necho [$x]\r\n").output == "[1]"


def test_text_outside_of_unicode_does_no_harm(shared_box: Sandbox) -> None:
    assert shared_box.exec("echo 'a\ud800b'").output == "a?b"


def test_long_output_is_cut_and_kept_whole_in_a_file(shared_box: Sandbox) -> None:
    ended = shared_box.exec("seq 1 100000")
    assert ended.cut
    assert ended.lines == 100_000
    assert ended.output.startswith("1\n2\n")
    assert ended.output.endswith("\n99999\n100000")
    assert ended.log in ended.output
    assert shared_box.exec(f"sed -n 50000p {ended.log}").output == "50000"


def test_a_flood_is_stopped(box: Sandbox) -> None:
    began = time.monotonic()
    ended = box.exec("yes 'so much to say'", timeout_s=60)
    assert ended.killed_for_output
    assert ended.bytes == 8 << 20
    assert time.monotonic() - began < 20
    assert box.exec(f"stat -c %s {ended.log}").output == str(8 << 20)


def test_a_flood_without_line_ends_is_stopped(box: Sandbox) -> None:
    ended = box.exec("tr '\\0' x < /dev/zero")
    assert ended.killed_for_output
    assert len(ended.output) < 21_000


def test_old_output_gives_way_to_new(box: Sandbox) -> None:
    logs = [box.exec("head -c 8000000 /dev/zero | tr '\\0' 'x\\n'").log for _ in range(14)]
    assert box.exec(f"ls {logs[0]}").exit_code
    assert box.exec(f"stat -c %s {logs[-1]}").output == "8000000"


def test_binary_output_is_named(shared_box: Sandbox) -> None:
    ended = shared_box.exec("head -c 1000 /dev/urandom")
    assert ended.output == "[binary output, 1000 bytes]"


def test_a_background_process_does_not_hold_the_call(shared_box: Sandbox) -> None:
    ended = shared_box.exec("sleep 60 & echo started")
    assert ended.output == "started"
    assert ended.seconds < 5


def test_a_server_lives_on_after_its_command(box: Sandbox) -> None:
    box.exec("python3 -m http.server 8123 --bind 127.0.0.1 >/tmp/http.log 2>&1 &")
    asked = (
        "python3 - <<'END'\nimport time, urllib.request\n"
        "for _ in range(100):\n    try:\n"
        "        print(urllib.request.urlopen('http://127.0.0.1:8123').status); break\n"
        "    except OSError:\n        time.sleep(0.1)\nEND"
    )
    assert box.exec(asked).output == "200"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep inf", id="sleeping"),
        pytest.param("trap '' TERM INT HUP; while :; do sleep 1; done", id="deaf to TERM"),
        pytest.param("tail -f /dev/null", id="waiting"),
        pytest.param("setsid bash -c 'trap \"\" TERM; sleep inf' & wait", id="in its own session"),
        pytest.param("while :; do :; done", id="busy"),
    ],
)
def test_a_command_over_its_time_is_ended_with_all_it_started(box: Sandbox, script: str) -> None:
    began = time.monotonic()
    ended = box.exec(f"echo begun; {script}", timeout_s=1)
    assert ended.timed_out
    assert ended.exit_code == 124
    assert ended.output == "begun"
    assert time.monotonic() - began < 6
    assert others(box) == []


def test_a_command_may_clean_up_when_it_is_told_to_end(box: Sandbox) -> None:
    ended = box.exec("trap 'echo bye; exit 0' TERM; sleep inf & wait", timeout_s=1)
    assert ended.output == "bye"


def test_killing_everything_does_not_kill_the_sandbox(box: Sandbox) -> None:
    box.exec("pkill -9 python3; kill -9 1; kill -STOP 1; pkill -9 -u agent")
    box.exec("kill -9 -1")
    box.exec("kill -INT 1; kill -ALRM 1; kill -CHLD 1; kill -HUP 1; kill -TERM 1")
    assert box.exec("echo alive").output == "alive"


def test_scratch_files_may_be_deleted(box: Sandbox) -> None:
    box.exec("rm -rf /tmp/* /tmp/.[a-z]*")
    assert box.exec("echo alive").output == "alive"


def test_the_processor_is_kept_for_the_server(box: Sandbox) -> None:
    box.exec("for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done")
    began = time.monotonic()
    box.read("README")
    assert time.monotonic() - began < 3


def others(box: Sandbox) -> list[str]:
    """Return the commands that run beside the tool server and the one that asks."""
    shown = box.exec("ps -eo pid=,comm= | grep -v -E '^ +1 | ps$| bash$| grep$'").output
    return [] if shown == "(no output)" else shown.splitlines()
