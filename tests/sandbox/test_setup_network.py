"""The way out while a sandbox is set up: a proxy with a list of hosts, and nothing beside it."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from jobs.sandbox import Sandbox, SandboxError, networks
from jobs.sandbox.connection import is_young
from jobs.sandbox.engine import Engine
from jobs.sandbox.networks import minimal
from tests.sandbox.test_life import until

pytestmark = pytest.mark.docker

HOSTS = ("pypi.org", ".pythonhosted.org", "deb.debian.org", "within.example.org")
TALK = """
import json, os, socket, sys
from urllib.parse import urlsplit
proxy = urlsplit(os.environ["http_proxy"])
def say(line):
    with socket.create_connection((proxy.hostname, proxy.port), timeout=20) as talk:
        talk.sendall(line.encode() + b"\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n")
        return int(talk.recv(4096).split(None, 2)[1])
print(json.dumps([say(line) for line in json.loads(sys.argv[1])]))
"""
REACH = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def reach(family, kind, host, port):
    try:
        with socket.socket(family, kind) as end:
            end.settimeout(1.5)
            end.connect((host, port))
            end.sendall(b"x\\r\\n\\r\\n")  # which servers of HTTP answer, if only to refuse it
            return bool(end.recv(1))
    except OSError:
        return False
questions = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(questions)) as all_at_once:
    print(json.dumps(list(all_at_once.map(lambda each: reach(*each), questions))))
"""


@pytest.fixture(scope="module")
def engine(docker_host: str) -> Iterator[docker.APIClient]:
    client = docker.APIClient(docker_host, "auto")
    yield client
    client.close()


@pytest.fixture(scope="module")
def setting_up(sandboxes: Engine, sandbox_image: str, proxy_image: str) -> Iterator[Sandbox]:
    assert proxy_image
    with sandboxes.start(
        sandbox_image, task_id="setup", epoch=1, deadline_s=600, network_hosts=HOSTS
    ) as box:
        yield box


def ask(box: Sandbox, source: str, *questions: Any) -> Any:
    script = f"python3 - {shlex.quote(json.dumps(questions))} <<'END'\n{source}\nEND\n"
    ended = box.exec(script, workdir="/")
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.output)


def way_of(engine: docker.APIClient, box: Sandbox) -> str:
    return str(engine.inspect_container(box.container)["Config"]["Labels"]["dev.patchbay.way"])


def parts_of(engine: docker.APIClient, way: str) -> list[dict[str, Any]]:
    which = {"label": f"dev.patchbay.way={way}"}
    return [*engine.containers(all=True, filters=which), *engine.networks(filters=which)]


def proxy_of(engine: docker.APIClient, way: str) -> str:
    which = {"label": ["dev.patchbay.kind=proxy", f"dev.patchbay.way={way}"]}
    [proxy] = engine.containers(filters=which)
    return str(proxy["Id"])


def addresses(engine: docker.APIClient, container: str) -> list[str]:
    about = engine.inspect_container(container)["NetworkSettings"]["Networks"]
    return [one["IPAddress"] for one in about.values()]


def test_hosts_on_the_list_are_reached(setting_up: Sandbox) -> None:
    assert ask(
        setting_up,
        TALK,
        "CONNECT pypi.org:443 HTTP/1.1",
        "CONNECT files.pythonhosted.org:443 HTTP/1.1",
        "GET http://deb.debian.org/debian/dists/stable/InRelease HTTP/1.1",
    ) == [200, 200, 200]


def test_a_package_is_installed_as_people_do_it(setting_up: Sandbox) -> None:
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    certificates = Path(bundle).read_text()
    ended = setting_up.exec(
        f"cat >~/certificates <<'END'\n{certificates}\nEND\n"
        "pip install -q --target /workspace/venv --cert ~/certificates iniconfig==2.0.0 && "
        "PYTHONPATH=/workspace/venv python3 -c 'import iniconfig; print(iniconfig.__name__)'",
        workdir="/",
    )
    assert ended.output.splitlines()[-1] == "iniconfig"


REFUSED = {
    "another host": "CONNECT example.com:443 HTTP/1.1",
    "another host in plain": "GET http://example.com/ HTTP/1.1",
    "a name that ends like one": "CONNECT notpypi.org:443 HTTP/1.1",
    "a name that begins like one": "CONNECT pypi.org.example.com:443 HTTP/1.1",
    "below a name that stands alone": "CONNECT test.pypi.org:443 HTTP/1.1",
    "an address": "CONNECT 203.0.113.80:443 HTTP/1.1",
    "an address as a number": "CONNECT 3405803856:443 HTTP/1.1",
    "an address of IPv6": "CONNECT [2001:db8::1]:443 HTTP/1.1",
    "metadata of a cloud": "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1",
    "the proxy itself": "GET http://127.0.0.1:3128/squid-internal-mgr/info HTTP/1.1",
    "the proxy's own page": "GET http://proxy:3128/squid-internal-mgr/config HTTP/1.1",
    "a tunnel to another port": "CONNECT pypi.org:22 HTTP/1.1",
    "a tunnel to the port of plain HTTP": "CONNECT pypi.org:80 HTTP/1.1",
    "plain HTTP to another port": "GET http://pypi.org:8080/ HTTP/1.1",
    "sending in plain": "POST http://deb.debian.org/ HTTP/1.1",
    "another protocol": "GET ftp://deb.debian.org/ HTTP/1.1",
}


@pytest.mark.parametrize("what", REFUSED)
def test_su05_the_proxy_refuses(setting_up: Sandbox, what: str) -> None:
    assert ask(setting_up, TALK, REFUSED[what]) == [403]


def test_su05_a_name_that_leads_inside_is_refused(
    engine: docker.APIClient, setting_up: Sandbox, sandbox_image: str
) -> None:
    way = way_of(engine, setting_up)
    [outside] = [one for one in parts_of(engine, way) if one.get("Name", "").endswith("-outside")]
    # In this network the engine's name server answers for it, with a private address.
    endpoint = engine.create_endpoint_config(aliases=["within.example.org"])
    neighbour = engine.create_container(
        sandbox_image,
        ["python3", "-m", "http.server", "443"],
        user="0",
        host_config=engine.create_host_config(network_mode=outside["Name"]),
        networking_config={"EndpointsConfig": {outside["Name"]: endpoint}},
    )["Id"]
    try:
        engine.start(neighbour)
        made = engine.exec_create(proxy_of(engine, way), ["getent", "hosts", "within.example.org"])[
            "Id"
        ]
        assert addresses(engine, neighbour)[0] in engine.exec_start(made).decode()
        assert ask(setting_up, TALK, "CONNECT within.example.org:443 HTTP/1.1") == [403]
    finally:
        engine.remove_container(neighbour, force=True)


def test_su05_what_was_refused_is_told(
    sandboxes: Engine, sandbox_image: str, proxy_image: str
) -> None:
    assert proxy_image
    with sandboxes.start(
        sandbox_image, task_id="setup", epoch=1, deadline_s=60, network_hosts=["pypi.org"]
    ) as box:
        assert sandboxes.refused_hosts(box) == ()
        ask(
            box,
            TALK,
            "CONNECT pypi.org:443 HTTP/1.1",
            *["CONNECT secret.example.com:443 HTTP/1.1"] * 3,
            "CONNECT pypi.org:22 HTTP/1.1",
            "GET http://203.0.113.9/ HTTP/1.1",
        )
        assert sandboxes.refused_hosts(box) == (
            "secret.example.com", "pypi.org:22", "203.0.113.9",
        )  # fmt: skip


def test_su05_nothing_is_reached_beside_the_proxy(
    engine: docker.APIClient, setting_up: Sandbox
) -> None:
    way = way_of(engine, setting_up)
    [inside] = [one for one in parts_of(engine, way) if one.get("Name", "").endswith("-inside")]
    subnet = inside["IPAM"]["Config"][0]["Subnet"]
    bridge = subnet.rpartition(".")[0] + f".{int(subnet.rpartition('.')[2].split('/')[0]) + 1}"
    with (
        socket.create_server(("0.0.0.0", 0)) as server,  # noqa: S104 - the worst case is meant
        socket.create_server(("::", 0), family=socket.AF_INET6) as server6,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names,
    ):
        names.bind(("0.0.0.0", 0))  # noqa: S104
        here = {bridge, "172.17.0.1", "127.0.0.1", "10.0.2.2", *own_addresses()}
        port, port6 = server.getsockname()[1], server6.getsockname()[1]
        questions = [
            *((socket.AF_INET, socket.SOCK_STREAM, host, port) for host in sorted(here)),
            *((socket.AF_INET, socket.SOCK_DGRAM, host, names.getsockname()[1])
              for host in sorted(here)),
            *((socket.AF_INET6, socket.SOCK_STREAM, host, port6)
              for host in ("fe80::1%eth0", "ff02::1%eth0", "fd00::1", "fd00::2")),
            (socket.AF_INET, socket.SOCK_STREAM, "1.1.1.1", 443),
            (socket.AF_INET, socket.SOCK_STREAM, "203.0.113.80", 443),
            (socket.AF_INET, socket.SOCK_DGRAM, "1.1.1.1", 53),
            (socket.AF_INET, socket.SOCK_STREAM, "169.254.169.254", 80),
            (socket.AF_INET6, socket.SOCK_STREAM, "2606:4700:4700::1111", 443),
        ]  # fmt: skip
        assert ask(setting_up, REACH, *questions) == [False] * len(questions)
        for one in (server, server6, names):
            one.settimeout(0)
            with pytest.raises(BlockingIOError):
                one.accept() if one is not names else one.recv(1)


def own_addresses() -> set[str]:
    shown = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout
    return {address for address in shown.split() if ":" not in address}


def test_su05_no_name_is_answered_and_none_leaves(
    engine: docker.APIClient, setting_up: Sandbox
) -> None:
    source = textwrap.dedent("""
        import json, socket, sys
        def answered(name):
            try:
                return bool(socket.getaddrinfo(name, 443))
            except OSError:
                return False
        print(json.dumps([answered(name) for name in json.loads(sys.argv[1])]))
    """)
    names = ("pypi.org", "c2VjcmV0.tunnel.example.com", "deb.debian.org")
    assert ask(setting_up, source, *names) == [False] * 3
    # The engine's own name server does not ask outside on its behalf (CVE-2024-29018).
    servers = setting_up.exec("cat /etc/resolv.conf", workdir="/").output
    assert "nameserver 127.0.0." in servers
    assert addresses(engine, setting_up.container) != []


def test_two_set_ups_do_not_meet(
    engine: docker.APIClient, setting_up: Sandbox, sandboxes: Engine, sandbox_image: str
) -> None:
    with sandboxes.start(
        sandbox_image, task_id="other", epoch=1, deadline_s=60, network_hosts=HOSTS
    ) as other:
        other.exec("cd /tmp; python3 -m http.server 8000 >/dev/null 2>&1 &", workdir="/")
        [address] = addresses(engine, other.container)
        theirs = addresses(engine, proxy_of(engine, way_of(engine, other)))
        questions = [(2, 1, address, 8000), *((2, 1, one, 3128) for one in theirs)]
        assert until(lambda: ask(other, REACH, *questions).count(True) == 2)  # not its far side
        assert ask(setting_up, REACH, *questions) == [False] * 3
        assert ask(setting_up, TALK, f"GET http://{address}:8000/ HTTP/1.1") == [403]


def test_the_rest_of_the_profile_is_as_always(
    engine: docker.APIClient, setting_up: Sandbox
) -> None:
    about = engine.inspect_container(setting_up.container)
    host = about["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["ReadonlyRootfs"]
    assert any(option.startswith("seccomp={") for option in host["SecurityOpt"])
    assert about["Config"]["User"] == "10001:10001"
    assert 0 < host["Memory"] == host["MemorySwap"]
    assert not host["Binds"]
    shown = setting_up.exec(
        "grep -E 'Cap(Eff|Bnd)|NoNewPrivs|Seccomp:' /proc/self/status", workdir="/"
    )
    assert shown.output.split() == [
        "CapEff:", "0000000000000000", "CapBnd:", "0000000000000000",
        "NoNewPrivs:", "1", "Seccomp:", "2",
    ]  # fmt: skip


def test_the_proxy_can_do_nothing_but_its_work(
    engine: docker.APIClient, setting_up: Sandbox
) -> None:
    about = engine.inspect_container(proxy_of(engine, way_of(engine, setting_up)))
    host = about["HostConfig"]
    assert about["Config"]["User"] == "13:13"
    assert (host["CapDrop"], host["CapAdd"], host["ReadonlyRootfs"]) == (["ALL"], None, True)
    assert host["Binds"] is None
    assert about["Mounts"] == []


def test_a_way_goes_with_its_sandbox(
    engine: docker.APIClient, sandboxes: Engine, sandbox_image: str
) -> None:
    box = sandboxes.start(
        sandbox_image, task_id="setup", epoch=1, deadline_s=60, network_hosts=["pypi.org"]
    )
    way = way_of(engine, box)
    assert len(parts_of(engine, way)) == 4
    box.close()
    assert parts_of(engine, way) == []


def test_the_way_of_a_killed_worker_is_swept_and_no_other(
    engine: docker.APIClient,
    docker_host: str,
    sandboxes: Engine,
    sandbox_image: str,
    setting_up: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = (
        "import sys, time\nfrom jobs.sandbox.engine import Engine\n"
        "made = Engine(sys.argv[1], owner=sys.argv[3])\n"
        "box = made.start(sys.argv[2], task_id='orphan', epoch=1, deadline_s=600,"
        " network_hosts=['pypi.org'])\n"
        "print(box.container, flush=True)\nbox.exec('sleep 500', workdir='/')\n"
    )
    command = [sys.executable, "-c", source, docker_host, sandbox_image, sandboxes._owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as worker:
        assert worker.stdout
        container = worker.stdout.readline().strip()
        way = engine.inspect_container(container)["Config"]["Labels"]["dev.patchbay.way"]
        os.kill(worker.pid, signal.SIGKILL)
    engine.wait(container, condition="removed")
    assert [is_young(one["Labels"]) for one in parts_of(engine, way)] == [True] * 3
    assert not [said for said in sandboxes.sweep() if way in said]
    monkeypatch.setattr(networks, "_OPENS_S", -1)
    sandboxes._networks._opening.add(way)
    assert not [said for said in sandboxes.sweep() if way in said]
    sandboxes._networks.opened(way)
    assert f"the network of set-up {way}" in sandboxes.sweep()
    assert parts_of(engine, way) == []
    assert len(parts_of(engine, way_of(engine, setting_up))) == 4


@pytest.mark.parametrize(
    ("hosts", "kept"),
    [
        (["pypi.org", "PyPI.org "], ["pypi.org"]),
        ([".pypi.org", "pypi.org", "test.pypi.org"], [".pypi.org"]),
        ([".a.org", "b.a.org", ".c.a.org"], [".a.org"]),
        ([".b.example.org", "ab.example.org"], [".b.example.org", "ab.example.org"]),
        ([], []),
    ],
)  # fmt: skip
def test_a_list_of_hosts_is_made_as_squid_wants_it(hosts: list[str], kept: list[str]) -> None:
    assert minimal(hosts) == kept


@pytest.mark.parametrize(
    "host",
    [
        "1.2.3.4", "localhost", ".org",
        "*.pypi.org", "pypi.org:443", "https://pypi.org", "pypi.org/x",
        "a b.org", "pypi.org\nhttp_access allow all", "[::1]", "", ".", "-a.org", "a..org",
        "ünïcode.org", '"/etc/passwd"', "x" * 64 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_host_is_refused(host: str) -> None:
    with pytest.raises(SandboxError, match="not the name of a host"):
        minimal([host])
