"""What agent-chosen code tries against its sandbox, by the ids of the table in docs/security.md."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest

from jobs.sandbox import Sandbox, SandboxError, SandboxLimits, SandboxLost
from jobs.sandbox.engine import Engine
from tests.attacks.conftest import Start
from tests.peak import Peak

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

_MB = 1024 * 1024
LIMITS = SandboxLimits()


def alive_within(box: Sandbox, seconds: float) -> str:
    """Say how a sandbox does: "answers", or "lost" where another has to take its place."""
    began = time.monotonic()
    try:
        said = box.exec("echo alive", workdir="/", timeout_s=seconds).output
    except SandboxLost:
        said = "lost"
    assert time.monotonic() - began < seconds
    return "answers" if said.endswith("alive") else said


def count(script: str, box: Sandbox) -> int:
    return int(box.exec(script, workdir="/").output)


def test_sb02_abstract_sockets_of_the_host_are_out_of_reach(shared_box: Sandbox) -> None:
    name = f"patchbay-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0" + name)
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("\0" + name)  # from here it is in reach
        tried = shared_box.exec(
            "python3 -c 'import socket; "
            f'socket.socket(socket.AF_UNIX).connect("\\0{name}")\'; cat /proc/net/unix',
            workdir="/",
        )
    assert "ConnectionRefusedError" in tried.output
    assert name not in tried.output.split("Num")[1]


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param("bomb() { bomb | bomb & }; bomb; sleep 3", id="shell"),
        pytest.param("exec python3 -c 'import os\nwhile 1:\n try: os.fork()\n except OSError: 0'",
                     id="python, never resting"),
    ],
)  # fmt: skip
def test_sb04_a_fork_bomb_stops_at_the_limit(
    engine: docker.APIClient, start: Start, bomb: str
) -> None:
    box = start()
    processes: list[int] = []
    watched = threading.Thread(target=_count_processes, args=(engine, box.container, processes))
    watched.start()
    with suppress(SandboxLost):  # its own server died of it: another takes its place
        box.exec(bomb, timeout_s=4, workdir="/")
    watched.join()
    assert max(processes) <= LIMITS.pids
    assert alive_within(box, 10) in {"answers", "lost"}
    assert alive_within(start(), 10) == "answers"


def _count_processes(engine: docker.APIClient, container: str, found: list[int]) -> None:
    ends = time.monotonic() + 3
    while time.monotonic() < ends:
        try:
            found.append(
                engine.stats(container, stream=False, one_shot=True)["pids_stats"]["current"]
            )
        except (docker.errors.APIError, KeyError):
            found.append(0)


def test_sb05_a_memory_bomb_ends_in_its_own_sandbox(start: Start) -> None:
    bomber, neighbour = start(), start()
    steady = "import time\nx = bytearray(300 << 20)\ntime.sleep(6)\nprint('untouched')"
    with ThreadPoolExecutor() as pool:
        other = pool.submit(neighbour.exec, f'python3 -c "{steady}"', workdir="/")
        bombed = bomber.exec("python3 -c 'x = bytearray(8 << 30); print(len(x))'", workdir="/")
        assert bombed.exit_code == 137
        assert "memory" in bombed.output
        assert other.result().output == "untouched"
    assert alive_within(bomber, 10) == "answers"


FILLS = {
    "zeros": "for d in /workspace /workspace/home /tmp /dev/shm /run/agent /run /dev/mqueue; do "
    "for n in $(seq 9); do head -c 250M /dev/zero > $d/fill.$n; done; done 2>/dev/null; sync",
    "empty files": "for d in /workspace /tmp /dev/shm; do mkdir -p $d/many; cd $d/many; "
    "python3 -c 'for n in range(70000): open(str(n), \"w\")'; done 2>/dev/null",
    "sparse files": "for d in /workspace /tmp /dev/shm; do truncate -s 1T $d/sparse; "
    "fallocate -l 250M $d/real.1; fallocate -l 250M $d/real.2; done 2>/dev/null",
    "one large file": "head -c 3G /dev/zero > /workspace/large",
}


@pytest.mark.parametrize("how", FILLS)
def test_sb06_what_is_filled_is_the_sandbox_and_not_the_disk(
    engine: docker.APIClient, start: Start, how: str
) -> None:
    box = start()
    # Files in memory count as memory, and at its end the whole sandbox may go.
    with suppress(SandboxLost):
        box.exec(FILLS[how], timeout_s=60, workdir="/")
        kept = count("cat /workspace/home/fill.* /workspace/fill.* 2>/dev/null | wc -c", box)
        assert kept <= LIMITS.workspace_mb * _MB
        large = count("stat -c %s /workspace/large 2>/dev/null || echo 0", box)
        assert large <= LIMITS.file_mb * _MB
    assert on_disk(engine, box) < 10 * _MB
    assert alive_within(start(), 10) == "answers"


def on_disk(engine: docker.APIClient, box: Sandbox) -> int:
    """Count the bytes that a sandbox takes of the host's disk; a lost one takes none."""
    found = engine.containers(all=True, size=True, filters={"id": box.container})
    return sum(each.get("SizeRw", 0) for each in found)


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_sb07_four_sandboxes_at_full_speed_leave_the_server_quick(
    engine: docker.APIClient, start: Start
) -> None:
    boxes = [start() for _ in range(4)]
    hog = "for n in 1 2 3 4; do timeout 5 sh -c 'while :; do :; done' & done; wait"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    threading.Thread(target=server.serve_forever).start()
    waits = []
    with ThreadPoolExecutor() as pool:
        hogs = [pool.submit(box.exec, hog, workdir="/", timeout_s=30) for box in boxes]
        used = [_processor(engine, box) for box in boxes]
        began = time.monotonic()
        while time.monotonic() < began + 4:
            asked = time.monotonic()
            address = f"http://127.0.0.1:{server.server_port}/"
            urllib.request.urlopen(address, timeout=10).close()
            waits.append(time.monotonic() - asked)
        took = time.monotonic() - began
        spent = [_processor(engine, box) - before for box, before in zip(boxes, used, strict=True)]
        assert all(each.result().exit_code in {0, 124} for each in hogs)
    server.shutdown()
    server.server_close()
    assert sorted(waits)[int(len(waits) * 0.99)] < 2
    assert max(spent) <= took * LIMITS.cpus * 1.2


def _processor(engine: docker.APIClient, box: Sandbox) -> float:
    used = engine.stats(box.container, stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]
    return float(used["total_usage"]) / 1e9


@pytest.mark.parametrize(
    ("flood", "ended"),
    [
        pytest.param("yes | head -c 1G", "output", id="a gigabyte"),
        pytest.param("head -c 1G /dev/urandom", "output", id="binary"),
        pytest.param("head -c 1G /dev/zero | tr '\\0' x", "output", id="no line ends"),
        pytest.param("cat /dev/zero | tr '\\0' '\\033'", "output", id="escapes without end"),
        pytest.param("while :; do printf x; sleep 1; done", "time", id="a byte in a second"),
    ],
)
def test_sb08_a_flood_costs_the_worker_little(shared_box: Sandbox, flood: str, ended: str) -> None:
    peak = Peak()
    told = shared_box.exec(flood, timeout_s=6, workdir="/")
    assert told.timed_out == (ended == "time")
    assert told.killed_for_output == (ended == "output")
    assert len(told.output) < 30_000
    assert peak.grown_kb() < 32 * 1024
    assert alive_within(shared_box, 10) == "answers"


DAEMONS = """
trap '' TERM HUP INT
nohup sleep 1000 > /dev/null 2>&1 &
setsid sleep 1001 < /dev/null > /dev/null 2>&1 &
(setsid sh -c 'trap "" TERM; sleep 1002 & sleep 1003' &) &
python3 - <<'END'
import os, signal, time
for again in range(3):
    if os.fork():
        os._exit(0)
    os.setsid()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
open("/tmp/reborn", "w").close()
while True:
    time.sleep(0.01)
    if os.fork():
        os._exit(0)
END
sleep 0.5
"""


def test_sb09_no_daemon_outlives_the_sweep(box: Sandbox) -> None:
    box.exec(DAEMONS, workdir="/")
    assert count("ls /tmp/reborn | wc -l", box) == 1
    assert count("pgrep -c . ", box) > 5
    box.collect()  # it sweeps first
    assert count("pgrep -vc 'nothing-of-this-name' || true", box) <= 4  # this shell, its helpers, 1


@pytest.mark.parametrize(
    "hang",
    [
        pytest.param("read line < /dev/tty; cat", id="wants to be typed to"),
        pytest.param("mkfifo /tmp/pipe.$$; cat /tmp/pipe.$$", id="nobody writes"),
        pytest.param("trap '' TERM INT HUP; while :; do sleep 1; done", id="will not end"),
        pytest.param("kill -STOP $$", id="stops itself"),
        pytest.param("python3 -c 'import signal; signal.pause()' & wait", id="waits for a child"),
    ],
)
def test_sb10_what_hangs_is_ended_in_time(shared_box: Sandbox, hang: str) -> None:
    began = time.monotonic()
    told = shared_box.exec(hang, timeout_s=2, workdir="/")
    assert time.monotonic() - began < 2 + 5
    assert told.timed_out or told.exit_code == 0 or "No such device" in told.output
    assert alive_within(shared_box, 10) == "answers"


def test_sb12_even_the_engine_s_root_has_no_right_in_there(
    engine: docker.APIClient, shared_box: Sandbox
) -> None:
    script = (
        "id -u; grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status; "
        "mount -t tmpfs none /mnt; cat /proc/1/environ; touch /etc/x; kill -9 1"
    )
    run = engine.exec_create(shared_box.container, ["sh", "-c", script], user="0")
    said = engine.exec_start(run["Id"]).decode()
    assert "0" in said.splitlines()
    rights = [line for line in said.splitlines() if line.startswith("Cap")]
    assert len(rights) == 5
    assert all(line.endswith("\t0000000000000000") for line in rights)
    assert "NoNewPrivs:\t1" in said
    assert "Seccomp:\t2" in said
    assert said.count("denied") + said.count("Read-only") + said.count("not permitted") >= 2
    assert alive_within(shared_box, 10) == "answers"


def test_sb13_the_tool_server_cannot_be_killed_or_read(shared_box: Sandbox) -> None:
    tried = shared_box.exec(
        "for s in KILL STOP SEGV TERM HUP USR1 ALRM CHLD; do kill -$s 1; done; "
        "cat /proc/1/environ /proc/1/maps /proc/1/stack; ls /proc/1/fd /proc/1/root; "
        'python3 -c \'open("/proc/1/mem", "r+b")\'; echo junk > /proc/1/fd/1; '
        "echo -1000 > /proc/1/oom_score_adj; prlimit --pid 1 --nofile=1 2>&1",
        workdir="/",
    ).output
    assert tried.count("denied") >= 7
    assert alive_within(shared_box, 10) == "answers"


def test_sb14_a_name_that_is_taken_is_an_error_of_its_kind(
    engine: docker.APIClient,
    docker_host: str,
    sandbox_image: str,
    sandboxes: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = Engine(docker_host, owner=sandboxes._owner)
    monkeypatch.setattr(secrets, "token_hex", lambda size=8: "0123456789abcdef"[: 2 * size])
    with mine.start(sandbox_image, task_id="name", epoch=1, deadline_s=60) as first:
        with pytest.raises(SandboxError, match="already in use"):
            mine.start(sandbox_image, task_id="name", epoch=1, deadline_s=60)
        assert alive_within(first, 10) == "answers"
    assert not engine.containers(all=True, filters={"name": "patchbay-name-1-"})


@pytest.mark.parametrize("how", ["kill", "stop", "out of memory"])
def test_sb14_a_sandbox_that_dies_under_a_call_is_lost_at_once(
    engine: docker.APIClient, start: Start, how: str
) -> None:
    box = start()
    ways: dict[str, Callable[[str], object]] = {
        "kill": engine.kill,
        "stop": partial(engine.stop, timeout=1),
        "out of memory": partial(_end_from_outside, engine),
    }
    end = threading.Timer(0.5, ways[how], (box.container,))
    end.start()
    began = time.monotonic()
    with pytest.raises(SandboxLost):
        box.exec("sleep 60", workdir="/", timeout_s=60)
    assert time.monotonic() - began < 20
    end.join()
    box.close()
    assert not engine.containers(all=True, filters={"id": box.container})


def _end_from_outside(engine: docker.APIClient, container: str) -> None:
    """Do to the tool server what the kernel does when memory is out."""
    os.kill(engine.inspect_container(container)["State"]["Pid"], signal.SIGKILL)


def test_sb18_a_sandbox_finds_nothing_of_the_one_before_or_beside(start: Start) -> None:
    mark = f"canary-{secrets.token_hex(6)}"
    leave = (
        "for d in /workspace /workspace/home /tmp /dev/shm /run/agent; do "
        f"echo {mark} > $d/{mark}; done; echo export LEFT={mark} >> $AGENT_ENV; "
        f"(exec -a {mark} sleep 600 &); "
        f"git config --global user.name {mark}; echo {mark} >> README"
    )
    look = (
        f"grep -rls {mark} /workspace /tmp /dev/shm /run /dev/mqueue | grep -v /cmd/; "
        f"find / -xdev -name '*{mark}*' 2>/dev/null; env | grep {mark}; pgrep -fl '^{mark}'; "
        "git config --get user.name; ls /workspace"
    )
    gone = start()
    gone.exec(leave)
    gone.close()
    beside = start()
    beside.exec(leave)
    assert beside.exec(look).output.count(mark) > 5  # what it left, it finds
    found = start().exec(look).output.splitlines()
    assert [line for line in found if mark in line] == []


def test_sb21_a_bomb_in_an_archive_fills_its_own_folder(
    engine: docker.APIClient, shared_box: Sandbox
) -> None:
    told = shared_box.exec(
        "mkdir -p /tmp/bomb && cd /tmp/bomb && python3 - <<'END'\n"
        "import zipfile\n"
        "with zipfile.ZipFile('b.zip', 'w', zipfile.ZIP_DEFLATED) as z:\n"
        "    zero = bytes(1 << 24)\n"
        "    for n in range(6):\n"
        "        with z.open(str(n), 'w') as f:\n"
        "            for _ in range(4): f.write(zero)\n"
        "END\n"
        "python3 -m zipfile -e b.zip . ; tar -czf t.tgz b.zip; cd /; rm -rf /tmp/bomb; echo over",
        timeout_s=60,
        workdir="/",
    )
    assert "No space left on device" in told.output
    assert told.output.endswith("over")
    assert on_disk(engine, shared_box) < 10 * _MB


def test_sb22_the_host_s_name_is_nowhere(shared_box: Sandbox) -> None:
    name = socket.gethostname()
    seen = shared_box.exec(
        "hostname; cd /proc/sys/kernel; cat hostname domainname /etc/hostname /etc/hosts "
        "/etc/resolv.conf /proc/self/mountinfo; env; uname -n; dmesg",
        workdir="/",
    ).output
    words = set(seen.replace("/", " ").replace("=", " ").split())
    assert "sandbox" in words
    assert name not in words


def test_dk04_a_gigabyte_of_output_leaves_a_page_of_it(
    docker_host: str, engine: docker.APIClient, shared_box: Sandbox
) -> None:
    assert docker_host
    told = shared_box.exec("yes | head -c 1G", timeout_s=20, workdir="/")
    assert len(told.output) < 30_000
    kept = engine.inspect_container(shared_box.container)
    assert kept["HostConfig"]["LogConfig"]["Type"] == "none"
    assert kept["LogPath"] == ""


def test_dk05_a_worker_without_descriptors_says_so_and_leaves_nothing(
    docker_host: str, sandbox_image: str, sandboxes: Engine
) -> None:
    source = (
        "import os, resource, sys\nfrom jobs.sandbox import SandboxError\n"
        "from jobs.sandbox.engine import Engine\n"
        "made = Engine(sys.argv[1], owner=sys.argv[3])\nmade.running()\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "held = []\n"
        "while len(held) < 64:\n"
        "    try: held.append(os.open('/dev/null', 0))\n"
        "    except OSError: break\n"
        "try: made.start(sys.argv[2], task_id='few', epoch=1, deadline_s=60)\n"
        "except (SandboxError, OSError) as error: print(type(error).__name__)\n"
    )
    command = [sys.executable, "-c", source, docker_host, sandbox_image, sandboxes._owner]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=Path.cwd(), check=False)
    assert ran.stdout.strip() in {"SandboxError", "OSError"}, ran.stderr
    assert not [one for one in sandboxes.running() if one.task_id == "few"]
