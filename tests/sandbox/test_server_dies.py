"""Whatever a command does to the tool server: the sandbox works afterwards, or is lost at once."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox, SandboxLost
from jobs.sandbox.engine import Engine
from jobs.sandbox.inside.places import SCRATCH
from tests.sandbox.conftest import Start

pytestmark = pytest.mark.docker

AT_ONCE_S = 5.0
"""A second and what a busy machine may add to it."""
FULL = "for n in 1 2 3; do head -c 255M /dev/zero > /tmp/$n; done;"
HOGS = "for n in 1 2 3 4; do (while :; do :; done) & done"


def python(program: str) -> str:
    return f"python3 - <<'END'\nimport ctypes, os, resource, time\n{program}\nEND"


def limit_of_server(name: str) -> str:
    return python(f"resource.prlimit(1, resource.RLIMIT_{name}, (1, 1))")


@contextmanager
def without_bash(docker_host: str) -> Iterator[str]:
    """Make an image that has a POSIX shell and Python, and no bash."""
    image, made = "patchbay-tests/without-bash", "patchbay-tests-without-bash"
    docker = ["docker", "--host", docker_host]
    removing = ["run", "--user=0", "--name", made, "--network=none", "patchbay/python", "rm", "-f"]
    subprocess.run([*docker, *removing, "/bin/bash", "/usr/bin/bash"], check=True)
    try:
        subprocess.run([*docker, "commit", made, image], check=True, capture_output=True)
        yield image
    finally:
        subprocess.run([*docker, "rm", "-f", made], check=True, capture_output=True)
        subprocess.run([*docker, "rmi", "-f", image], check=True, capture_output=True)


SURVIVED = {
    "every signal": "for s in $(seq 64); do kill -$s 1; done",
    "a storm of signals": "(while :; do kill -ALRM 1; kill -CHLD 1; done) & sleep 0.2",
    "the first to die": "echo 1000 > /proc/1/oom_score_adj",
    "its memory": "echo x > /proc/1/mem; cat /proc/1/environ",
    "its open files": "echo x > /proc/1/fd/1; echo x > /proc/1/fd/0",
    "traced": python("ctypes.CDLL(None).ptrace(16, 1, 0, 0)"),
    "read": python("ctypes.CDLL(None).process_vm_readv(1, 0, 0, 0, 0, 0)"),
    "everything killed": "kill -9 -1",
    "the next shell killed": "(sleep 0.3; kill -9 -1) &",
    "everything stopped": "(sleep 0.3; for p in /proc/[0-9]*; do p=${p#/proc/}; "
    "[ $p = 1 ] || [ $p = $BASHPID ] || kill -STOP $p; done) &",
    "its folders full": f"{FULL} head -c 200M /dev/zero > /run/agent/x",
    "its folders full of files": f"{FULL} cd /run/agent; for n in $(seq 2000); do : > $n; done",
    "its folders closed": f"{FULL} chmod 0 /tmp/agent /run/agent",
    "its folder a file": "rm -rf /tmp/agent; echo x > /tmp/agent",
    "its folder a link": "rm -rf /tmp/agent; ln -s /etc /tmp/agent",
    "its folders links": "rm -rf /tmp/agent/*; ln -s /etc /tmp/agent/cmd; ln -s / /tmp/agent/out",
    "its next files taken": "for n in $(seq 99); do mkdir /tmp/agent/{cmd/$n.sh,out/$n.log}; done",
    "no room for a process": python(
        "for n in range(300):\n try: os.fork() or time.sleep(60)\n except OSError: break"
    ),
    "no memory": python(
        "for d in ('/workspace', '/tmp', '/dev/shm'):\n"
        " for n in range(8):\n"
        "  try: open(f'{d}/{n}', 'wb').write(bytes(250 << 20))\n"
        "  except OSError: pass\n"
        "x = [bytearray(os.urandom(1 << 20)) for _ in range(3000)]"
    ),
    "a priority below all": python("os.setpriority(0, 1, 19)"),
    "the lowest of schedules": python("os.sched_setscheduler(1, 5, os.sched_param(0))"),
    "a schedule and hogs": python("os.sched_setscheduler(1, 5, os.sched_param(0))") + f"\n{HOGS}",
    "no open file": limit_of_server("NOFILE"),
    "no memory to address": limit_of_server("AS"),
    "no file to write": limit_of_server("FSIZE"),
    "no process to start": limit_of_server("NPROC"),
    "no stack": limit_of_server("STACK"),
    "no time": limit_of_server("CPU"),
}


@pytest.mark.parametrize("command", [pytest.param(SURVIVED[name], id=name) for name in SURVIVED])
def test_it_works_afterwards_or_is_lost_at_once(start: Start, command: str) -> None:
    box = start()
    alive = []
    try:
        box.exec(command, workdir="/", timeout_s=60)
        time.sleep(0.5)  # some of them wait for the next shell
        for _ in range(2):
            began = time.monotonic()
            alive.append(box.exec("echo alive", workdir="/", timeout_s=20).output)
            assert time.monotonic() - began < AT_ONCE_S
    except SandboxLost:
        assert time.monotonic() - began < AT_ONCE_S
        with pytest.raises(SandboxLost):
            box.exec("true", workdir="/")
    else:
        assert all(each.endswith("alive") for each in alive), alive


def test_a_server_that_was_taken_something_from_says_so(start: Start) -> None:
    box = start()
    box.exec(python("os.setpriority(0, 1, 19)"), workdir="/")
    with pytest.raises(SandboxLost, match="changed what the tool server may use"):
        box.exec("true", workdir="/")


def test_a_container_that_dies_is_noticed_at_once(start: Start, sandboxes: Engine) -> None:
    box = start()
    box.exec("(sleep 60 &)", workdir="/")
    sandboxes.remove(box.container)
    began = time.monotonic()
    with pytest.raises(SandboxLost):
        box.exec("true", workdir="/")
    assert time.monotonic() - began < 1


def test_the_waiting_shell_is_like_any_other(shared_box: Sandbox) -> None:
    shared_box.exec("true")
    ended = shared_box.exec(
        "echo $0; pwd; echo ${OLDPWD-none} ${BASH_ENV-none}; ls /proc/$$/fd; set"
    )
    shell, folder, unset, *rest = ended.output.splitlines()
    assert (Path(shell).parent.as_posix(), folder, unset) == (
        f"{SCRATCH}/cmd",
        "/workspace/repo",
        "none none",
    )
    assert [line for line in rest if line.isdigit()] == ["0", "1", "2", "255"]
    assert not any("PATCHBAY" in line for line in rest if "BASH_EXECUTION" not in line)
    assert shared_box.exec("cat", workdir="/tmp").output == "(no output)"  # noqa: S108
    odd = "/tmp/odd\n-name ü"  # noqa: S108
    shared_box.exec(f"mkdir '{odd}'")
    assert shared_box.exec("pwd", workdir=odd).output == odd


def test_what_is_exported_is_there_in_the_next_shell(shared_box: Sandbox) -> None:
    shared_box.exec("echo 'export SEEN=1' >> $AGENT_ENV")
    assert shared_box.exec("echo $SEEN; bash -c 'echo $SEEN'").output == "1\n1"
    shared_box.exec("rm $AGENT_ENV")
    assert shared_box.exec("echo ${SEEN-gone}").output == "gone"


def test_an_image_without_bash_will_do(docker_host: str, sandboxes: Engine) -> None:
    with (
        without_bash(docker_host) as image,
        sandboxes.start(image, task_id="sh", epoch=1, deadline_s=60) as box,
    ):
        box.exec("echo 'export SEEN=1' >> $AGENT_ENV", workdir="/")
        ended = box.exec("echo $0 $SEEN\npwd; [ -e /bin/bash ] || echo no bash", workdir="/tmp")  # noqa: S108
        first, *rest = ended.output.splitlines()
        assert first.startswith(f"{SCRATCH}/cmd/")
        assert (first.split()[1:], rest) == (["1"], ["/tmp", "no bash"])  # noqa: S108
        assert box.exec("echo one\nif", workdir="/").exit_code == 2
