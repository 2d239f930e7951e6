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

PROFILE = host_config(SandboxLimits(), "runc")
TMPFS, ULIMITS = PROFILE["Tmpfs"], PROFILE["Ulimits"]
TMP = "/tmp"  # noqa: S108 - the container's own


def python(box: Sandbox, source: str) -> str:
    return box.exec(f"python3 - <<'END_OF_SOURCE'\n{source}\nEND_OF_SOURCE").output


def test_the_self_check_is_content(sandboxes: Engine, sandbox_image: str) -> None:
    ready(sandboxes, sandbox_image, SandboxLimits())


def without(*flags: str) -> list[dict[str, Any]]:
    return [each for each in ULIMITS if each["Name"] not in flags]


def tmpfs(path: str, before: str, after: str) -> dict[str, dict[str, str]]:
    """One folder's options, with one of them changed."""
    assert before in TMPFS[path]
    return {"Tmpfs": {**TMPFS, path: TMPFS[path].replace(before, after)}}


SECRET_ENVIRONMENT = ["HOME=/workspace/home", "OPENAI_API_KEY=x"]
DISGUISED = ["HOME=/workspace/home", "HARMLESS=ghs_0123456789abcdef0123456789abcdef"]
SECCOMP = next(each for each in PROFILE["SecurityOpt"] if each.startswith("seccomp="))
NO_NEW = "no-new-privileges:true"
DEVICE = {
    "PathOnHost": "/dev/loop-control", "PathInContainer": "/dev/kvm", "CgroupPermissions": "rwm"
}  # fmt: skip
MASKED = ["/proc/kcore", "/proc/keys"]
WEAKER: dict[str, tuple[dict[str, Any], str]] = {
    "network": ({"NetworkMode": "host"}, "there is a network"),
    "network, by its routes": ({"NetworkMode": "host"}, "a way to other machines"),
    "name servers": ({"Dns": ["192.0.2.53"]}, "the host's name servers are told"),
    "capabilities": ({"CapDrop": []}, "capabilities are left"),
    "one capability": ({"CapAdd": ["SYS_PTRACE"]}, "capabilities are left"),
    "privileged": ({"Privileged": True}, "capabilities are left"),
    "privileged, by its devices": ({"Privileged": True}, "devices of the host are inside"),
    "no new privileges": ({"SecurityOpt": [SECCOMP]}, "privileges can be gained by setuid"),
    "seccomp": ({"SecurityOpt": [NO_NEW, "seccomp=unconfined"]}, "no seccomp filter"),
    "Docker's own seccomp": ({"SecurityOpt": [NO_NEW]}, "dangerous families open (AF_VSOCK"),
    "Docker's own seccomp, by its calls": ({"SecurityOpt": [NO_NEW]}, "let through (io_uring"),
    "masked paths": ({"MaskedPaths": MASKED}, "kernel are not masked (/proc/timer_list"),
    "read-only paths": ({"ReadonlyPaths": []}, "files of the kernel are not read-only (/proc/bus"),
    "read-only root": ({"ReadonlyRootfs": False}, "the file system is not read-only"),
    # Without capabilities another user could not even write in the work folders, and start.
    "user": ({"User": "0", "CapDrop": []}, "another user than the agent's"),
    "the user's own group": ({"User": "10001:0"}, "groups besides the agent's (0)"),
    "group": ({"GroupAdd": ["44"]}, "groups besides the agent's (44, 10001)"),
    "memory": ({"Memory": 0, "MemorySwap": 0}, "memory is not limited"),
    "less memory than all": ({"Memory": 3 << 30, "MemorySwap": 3 << 30}, "memory is not limited"),
    "swap": ({"MemorySwap": -1}, "swap is not limited"),
    "processes": ({"PidsLimit": 0}, "processes are not limited (max)"),
    "processor": ({"NanoCpus": 0}, "processor time is not limited (-1)"),
    "who is ended first": ({"OomScoreAdj": 0}, "the host's processes are ended before"),
    "ulimit of file size": ({"Ulimits": without("fsize")}, "file size is not limited"),
    "ulimit of open files": ({"Ulimits": without("nofile")}, "open files are not limited"),
    "ulimit of core dumps": ({"Ulimits": without("core")}, "core dumps are written"),
    "ulimit of locked memory": ({"Ulimits": without("memlock")}, "locked memory is not limited"),
    "size of the workspace": (tmpfs("/workspace", "size=", "size=9"),
                              "the workspace is not limited"),
    "size of the temporary folder": (tmpfs(TMP, "size=", "size=9"), "temporary files is not"),
    "number of files": (tmpfs("/workspace", "nr_inodes=200k", "nr_inodes=0"),
                        "the number of files is not limited"),
    "nosuid": (tmpfs("/workspace", "nosuid", "suid"), "mounted without nosuid"),
    "nodev": (tmpfs(TMP, "nodev", "dev"), "mounted without nodev"),
    "shared memory": ({"ShmSize": 1 << 30}, "shared memory is not limited"),
    "the host's shared memory": ({"IpcMode": "host"}, "namespaces of the host are shared (ipc)"),
    "control group": ({"CgroupnsMode": "host"}, "the control group of the host shows (/docker/"),
    "the host's processes": ({"PidMode": "host"}, "the processes of the host show"),
    "the host's name": ({"UTSMode": "host"}, "the host's name shows"),
    "a folder": ({"Binds": ["/usr/lib:/mnt"]}, "folders of the host are inside"),
    "a folder, read-only": ({"Binds": ["/etc:/srv:ro"]}, "folders of the host are inside"),
    "the engine's socket": ({"Binds": ["/dev/null:/run/docker.sock"]}, "engine's socket is inside"),
    "a device": ({"Devices": [DEVICE]}, "devices of the host are inside (kvm)"),
    "an environment with a secret": ({"Env": SECRET_ENVIRONMENT}, "the environment holds"),
    "an environment with a secret's value": ({"Env": DISGUISED}, "the environment holds"),
}  # fmt: skip
"""What is weakened, one thing at a time, and what the check has to say to it."""


@pytest.mark.parametrize("name", WEAKER)
def test_sb23_a_weakened_profile_is_noticed_and_named(
    docker_host: str, sandbox_image: str, sandboxes: Engine, name: str
) -> None:
    weaker, words = WEAKER[name]
    weak = Engine(docker_host, owner=sandboxes._owner)
    whole = weak._container

    def container(*asked: Any, **more: Any) -> dict[str, Any]:
        made = whole(*asked, **more)
        if weaker.keys() & {"NetworkMode", "Dns"}:
            # Without Docker's part in the network neither has any effect.
            made["NetworkDisabled"] = False
        own = {key: value for key, value in weaker.items() if key in {"User", "Env"}}
        made["HostConfig"] |= {key: value for key, value in weaker.items() if key not in own}
        if made["HostConfig"].get("UTSMode") == "host" or weaker.get("NetworkMode") == "host":
            del made["Hostname"]
        if weaker.keys() & {"NetworkMode", "Dns"}:
            made["NetworkDisabled"] = False
        return made | own

    weak._container = container  # type: ignore[method-assign]
    with pytest.raises(SandboxError) as refused:
        ready(weak, sandbox_image, SandboxLimits())
    said = str(refused.value)
    assert words in said
    assert "\n" not in said
    assert "no task may start" in said
    assert said.split(words)[1].partition("[mend: ")[2]


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
        "AGENT_ENV", "ASAN_OPTIONS", "CI", "DEBIAN_FRONTEND", "GIT_EDITOR", "GIT_PAGER",
        "GIT_TERMINAL_PROMPT",
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
    assert shared_box.exec("cat /etc/resolv.conf").output == "(no output)"
    assert shared_box.exec("hostname").output == "sandbox"


def test_a_sandbox_knows_itself_by_name(shared_box: Sandbox) -> None:
    source = "import socket; print([socket.gethostbyname(n) for n in ('localhost', 'sandbox')])"
    assert shared_box.exec(f'python3 -c "{source}"').output == "['127.0.0.1', '127.0.0.1']"
    assert "localhost" in shared_box.exec("getent hosts ::1").output
    assert shared_box.exec("echo 1.2.3.4 pypi.org >>/etc/hosts").exit_code


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
