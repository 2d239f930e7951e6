"""The engine of a checkout: a network of its own, nothing of the host's changed, nothing left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.sandbox.test_life import everything_about_processes, until

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(Path("/var/run/docker.sock").exists(), reason="that engine would be used"),
    pytest.mark.skipif(os.geteuid() != 0, reason="starting an engine needs root"),
    pytest.mark.skipif(not shutil.which("slirp4netns"), reason="there is no slirp4netns"),
]

_EXEC = "--exec-root="
SCRIPT = Path(__file__).resolve().parents[2] / "script" / "engine"
REACH = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as end:
        print(end.recv(5).decode())
except OSError as error:
    print(type(error).__name__)
"""


class Checkout:
    """A folder with an engine of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "script").mkdir(parents=True)
        shutil.copy(SCRIPT, folder / "script")

    def run(self, verb: str, **more: str) -> str:
        outside = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
        ended = subprocess.run(
            [self.folder / "script" / "engine", verb],
            capture_output=True, text=True, check=False, env=outside | more,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def engine(self) -> int:
        return int((self.folder / "var" / "engine" / "dockerd.pid").read_text())

    def exec_root(self) -> Path:
        """Where the engine that runs keeps its running state."""
        command = Path(f"/proc/{self.engine()}/cmdline").read_text().split("\0")
        return Path(next(one.removeprefix(_EXEC) for one in command if one.startswith(_EXEC)))

    def reach(self, host: str, port: int) -> str:
        """Say what a connection from the engine's network brings."""
        inside = ["nsenter", f"--net=/proc/{self.engine()}/ns/net", sys.executable, "-c", REACH]
        ended = subprocess.run(
            [*inside, host, str(port)], capture_output=True, text=True, check=True
        )
        return ended.stdout.strip()

    def is_gone(self) -> bool:
        mounts = Path("/proc/self/mountinfo").read_text()
        return str(self.folder) not in everything_about_processes() + mounts


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Checkout, Checkout]]:
    both = Checkout(tmp_path / "one"), Checkout(tmp_path / "two")
    yield both
    for each in both:
        each.run("stop")


def of_the_host() -> list[str]:
    shown = [Path("/proc/sys/net/ipv4/ip_forward").read_text()]
    shown += sorted(link.name for link in Path("/sys/class/net").iterdir())
    for command in ("iptables-save", "ip6tables-save"):
        ended = subprocess.run([command], capture_output=True, text=True, check=True)
        shown += [line for line in ended.stdout.splitlines() if not line.startswith(("#", ":"))]
    return shown


def own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_way_out:
        any_way_out.connect(("192.0.2.1", 9))
        return str(any_way_out.getsockname()[0])


def test_two_engines_have_a_way_out_and_the_host_is_as_it_was(
    two: tuple[Checkout, Checkout],
) -> None:
    before = of_the_host()
    for each in two:
        client = docker.DockerClient(each.run("start"))
        client.networks.create("test", driver="bridge")
        client.close()
    assert of_the_host() == before
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - the worst case is meant
        port = server.getsockname()[1]
        for each in two:
            # The host's loopback is not the engine's, in either of its two addresses.
            assert each.reach("127.0.0.1", port) == "ConnectionRefusedError"
            assert each.reach("10.0.2.2", port) != ""
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
        server.settimeout(10)
        with subprocess.Popen(
            ["nsenter", f"--net=/proc/{two[0].engine()}/ns/net", sys.executable, "-c", REACH,
             own_address(), str(port)], stdout=subprocess.PIPE, text=True,
        ) as reaching:  # fmt: skip
            connection, _ = server.accept()
            connection.sendall(b"hello")
            connection.close()
            assert reaching.communicate()[0].strip() == "hello"
    two[0].run("stop")
    assert until(two[0].is_gone)
    assert two[1].run("host")
    two[1].run("stop")
    assert until(two[1].is_gone)
    assert of_the_host() == before


def test_starting_one_takes_no_mount_from_another(two: tuple[Checkout, Checkout]) -> None:
    one, other = two
    one.run("start")
    # Docker shares its folder with all mount namespaces: what one of them drops goes in all.
    inside = one.folder / "var" / "engine" / "data" / "inside"
    inside.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", inside], check=True)
    other.run("start")
    # It answers once slirp4netns has shut itself in.
    assert until(lambda: other.reach(own_address(), 9) == "ConnectionRefusedError")
    assert inside.is_mount()


def test_an_engine_that_was_killed_leaves_nothing_and_starts_again(
    two: tuple[Checkout, Checkout],
) -> None:
    checkout, _ = two
    checkout.run("start")
    state = checkout.exec_root()
    os.kill(checkout.engine(), signal.SIGKILL)
    assert until(checkout.is_gone)
    # The number of a process that it left may since be that of another, which is no containerd.
    (state / "containerd" / "containerd.pid").write_text(str(os.getpid()))
    said = (checkout.folder / "var" / "engine" / "dockerd.log").read_text()
    client = docker.DockerClient(checkout.run("start"))
    assert client.containers.list(all=True) == []
    client.close()
    assert (checkout.folder / "var" / "engine" / "dockerd.log.1").read_text() == said != ""


def test_an_engine_that_is_slow_to_answer_is_waited_for(
    two: tuple[Checkout, Checkout], tmp_path: Path
) -> None:
    checkout, _ = two
    host = checkout.run("start")
    engine = checkout.engine()
    asked, docker_client = tmp_path / "asked", tmp_path / "bin" / "docker"
    docker_client.parent.mkdir()
    docker_client.write_text(
        f"#!/bin/sh\n[ -e {asked} ] || {{ : >{asked}; exit 1; }}\n"
        f'exec {shutil.which("docker")} "$@"\n'
    )
    docker_client.chmod(0o755)
    path = f"{docker_client.parent}:{os.environ['PATH']}"
    assert checkout.run("start", PATH=path) == host
    assert asked.exists()
    assert checkout.engine() == engine
