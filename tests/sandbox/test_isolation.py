"""What a sandbox denies, and that the self-check would notice if it did not."""

import socket
from typing import Any

import pytest

from jobs.sandbox import Sandbox, SandboxError, SandboxLimits
from jobs.sandbox.engine import Engine
from jobs.sandbox.profile import host_config
from jobs.sandbox.readiness import ready
from tests.sandbox.conftest import Start

pytestmark = pytest.mark.docker

TMPFS = host_config(SandboxLimits(), "runc")["Tmpfs"]


def python(box: Sandbox, source: str) -> str:
    return box.exec(f"python3 - <<'END_OF_SOURCE'\n{source}\nEND_OF_SOURCE").output


def test_the_self_check_is_content(sandboxes: Engine, sandbox_image: str) -> None:
    ready(sandboxes, sandbox_image, SandboxLimits())


@pytest.mark.parametrize(
    ("weaker", "words"),
    [
        pytest.param({"NetworkMode": "host"}, "there is a network", id="network"),
        pytest.param({"CapDrop": []}, "capabilities are left", id="capabilities"),
        pytest.param({"Privileged": True}, "capabilities are left", id="privileged"),
        pytest.param({"SecurityOpt": ["no-new-privileges:true", "seccomp=unconfined"]},
                     "no seccomp filter", id="no seccomp"),
        pytest.param({"SecurityOpt": ["no-new-privileges:true"]},
                     "dangerous families", id="Docker's own seccomp"),
        pytest.param({"ReadonlyRootfs": False, "User": "0"}, "another user", id="user"),
        pytest.param({"Memory": 0, "MemorySwap": 0}, "memory is not limited", id="memory"),
        pytest.param({"MemorySwap": -1}, "swap is not limited", id="swap"),
        pytest.param({"PidsLimit": 0}, "processes are not limited", id="processes"),
        pytest.param({"NanoCpus": 0}, "processor time", id="processor"),
        pytest.param({"Ulimits": []}, "file size is not limited", id="ulimits"),
        pytest.param({"Tmpfs": {**TMPFS, "/workspace": "mode=1777"}}, "workspace", id="workspace"),
        pytest.param({"ShmSize": 1 << 30}, "shared memory", id="shared memory"),
        pytest.param({"IpcMode": "host"}, "shared memory", id="the host's shared memory"),
        pytest.param({"CgroupnsMode": "host"}, "control group", id="control group"),
        pytest.param({"PidMode": "host"}, "processes of the host", id="the host's processes"),
        pytest.param({"UTSMode": "host"}, "host's name", id="the host's name"),
        pytest.param({"Binds": ["/usr/lib:/mnt"]}, "folders of the host", id="a folder"),
    ],
)  # fmt: skip
def test_a_weakened_profile_is_noticed(
    docker_host: str, sandbox_image: str, sandboxes: Engine, weaker: dict[str, Any], words: str
) -> None:
    weak = Engine(docker_host, owner=sandboxes._owner)
    container = weak._container("", {}, 60)
    container["User"] = weaker.pop("User", container["User"])
    container["HostConfig"] |= weaker
    if "UTSMode" in weaker or container["HostConfig"]["NetworkMode"] == "host":
        del container["Hostname"]
    weak._container = lambda *_: {**container, "Image": sandbox_image}  # type: ignore[method-assign]
    with pytest.raises(SandboxError, match=words):
        ready(weak, sandbox_image, SandboxLimits())


def test_no_new_privileges_is_noticed_when_missing(
    docker_host: str, sandbox_image: str, sandboxes: Engine
) -> None:
    weak = Engine(docker_host, owner=sandboxes._owner)
    container = weak._container(sandbox_image, {}, 60)
    container["HostConfig"]["SecurityOpt"] = container["HostConfig"]["SecurityOpt"][1:]
    weak._container = lambda *_: container  # type: ignore[method-assign]
    # Without it an unprivileged user may not even load a filter, or the flag is missing.
    with pytest.raises(SandboxError, match="privileges can be gained"):
        ready(weak, sandbox_image, SandboxLimits())


def test_there_is_no_way_out(shared_box: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"""
import socket
for family, kind, address in [
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {port})),
    (socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80)),
    (socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 443)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("2606:4700::1111", 443)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("1.1.1.1", 53)),
]:
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(3)
            s.connect(address)
            print("connected", address)
    except OSError:
        pass
try:
    print(socket.getaddrinfo("example.org", 80))
except OSError:
    print("no name")
"""
        assert python(shared_box, source) == "no name"


def test_the_loopback_of_its_own_works(shared_box: Sandbox) -> None:
    source = """
import socket
for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_UNIX, None):
    with socket.socket(family) as server:
        server.bind((host, 0) if host else "/tmp/own.sock")
        server.listen()
        with socket.socket(family) as client:
            client.connect(server.getsockname())
            print("connected")
"""
    assert python(shared_box, source) == "connected\nconnected"


def test_nothing_of_the_image_can_be_changed(shared_box: Sandbox) -> None:
    for path in ("/etc/passwd", "/usr/bin/git", "/usr/lib/python3/dist-packages/x.py", "/x"):
        assert "Read-only file system" in shared_box.exec(f"echo x > {path}").output or (
            "Permission denied" in shared_box.exec(f"echo x > {path}").output
        )


def test_nobody_can_become_somebody_else(shared_box: Sandbox) -> None:
    assert shared_box.exec("find / -xdev -perm /6000 -type f 2>/dev/null").output == "(no output)"
    assert shared_box.exec("su -c id 2>&1; unshare -r id 2>&1; chroot / id 2>&1").exit_code
    assert "NoNewPrivs:\t1" in shared_box.exec("cat /proc/self/status").output
    assert shared_box.exec("id -u").output == "10001"


def test_the_tool_server_cannot_be_looked_into(shared_box: Sandbox) -> None:
    shown = shared_box.exec(
        "ls /proc/1/fd; cat /proc/1/environ /proc/1/maps; readlink /proc/1/exe; "
        "head -c 1 /proc/1/mem; echo forged > /proc/1/fd/1"
    ).output
    assert shown.count("Permission denied") >= 4
    assert shared_box.exec("echo alive").output == "alive"


def test_the_environment_is_the_sandbox_s_own(shared_box: Sandbox) -> None:
    names = {line.split("=")[0] for line in shared_box.exec("env").output.splitlines()}
    assert names == {
        "AGENT_ENV", "CI", "DEBIAN_FRONTEND", "GIT_EDITOR", "GIT_PAGER", "GIT_TERMINAL_PROMPT",
        "HOME", "LANG", "LESS", "LOGNAME", "MANPAGER", "NO_COLOR", "PAGER", "PATH",
        "PIP_PROGRESS_BAR",
        "PIP_DISABLE_PIP_VERSION_CHECK", "PWD", "PYTHONUNBUFFERED", "SHELL", "SHLVL", "TERM",
        "USER", "TQDM_DISABLE", "_",
    }  # fmt: skip


def test_dangerous_files_of_the_kernel_are_shut(shared_box: Sandbox) -> None:
    ended = shared_box.exec(
        "for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /sys/fs/cgroup/release_agent "
        "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; "
        "do (echo 1 > $f) 2>/dev/null && echo wrote $f; done; head -c1 /proc/kcore 2>/dev/null; "
        "ls /var/run/docker.sock /run/docker.sock 2>/dev/null; mount -t tmpfs x /mnt 2>/dev/null; "
        "mknod /tmp/null c 1 3 2>/dev/null; true"
    )
    assert ended.output == "(no output)"


def test_the_host_s_name_server_is_not_told(shared_box: Sandbox) -> None:
    assert shared_box.exec("grep nameserver /etc/resolv.conf").output == "nameserver 127.0.0.1"
    assert shared_box.exec("hostname").output == "sandbox"


def test_one_sandbox_sees_nothing_of_another(start: Start) -> None:
    first, second = start(), start()
    first.exec(
        "echo canary > /tmp/canary; echo canary > /dev/shm/canary; echo canary > ~/canary; "
        "(exec -a canary sleep 100 &)", workdir="/",
    )  # fmt: skip
    found = second.exec("grep -rl canary /tmp /dev/shm /home /workspace; pgrep -fl '^canary'",
                        workdir="/")  # fmt: skip
    assert not [line for line in found.output.splitlines() if "/agent/cmd/" not in line]


def test_limits_are_what_was_asked_for(
    docker_host: str, sandbox_image: str, sandboxes: Engine
) -> None:
    small = SandboxLimits(memory_mb=512, cpus=0.5, pids=64, workspace_mb=64, tmp_mb=32)
    ready(Engine(docker_host, limits=small, owner=sandboxes._owner), sandbox_image, small)
