"""A set-up runs what strangers wrote: it finds no secret, no way out, and breaks nothing."""

import json

import pytest

from tests.setup.conftest import MakeProject

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

LOOK = """\
env
cat /proc/1/environ /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
ls -la / /workspace /run /var/run/docker.sock 2>&1
cat /root/.ssh/* /workspace/../.env /etc/shadow 2>&1
"""
LEAVE = """\
curl -sS -m 5 --noproxy '*' https://1.1.1.1 && echo LEFT directly
curl -sS -m 5 https://example.com && echo LEFT by name
curl -sS -m 5 https://1.1.1.1 && echo LEFT by address
curl -sS -m 5 http://169.254.169.254/ | grep -q instance && echo LEFT to the cloud
getent hosts example.com && echo LEFT by name server
python3 - <<'END' && echo LEFT past the list
import os, socket, urllib.parse
proxy = urllib.parse.urlsplit(os.environ["https_proxy"])
one = socket.create_connection((proxy.hostname, proxy.port), 5)
one.sendall(b"CONNECT pypi.org:22 HTTP/1.1\\r\\nHost: pypi.org\\r\\n\\r\\n")
assert b" 200 " in one.recv(4096).splitlines()[0]
END
true
"""
PLANT = """\
rm -rf /workspace/repo && ln -s /etc /workspace/repo
rm -rf /workspace/home && ln -s /proc /workspace/home
rm -f /workspace/env && ln -s /workspace/repo/shadow /workspace/env
mkdir -p /workspace/base.git && echo planted >/workspace/base.git/HEAD
"""
FILL = """\
for i in $(seq 30); do head -c 200M /dev/zero >/workspace/full$i; done 2>/dev/null
for i in $(seq 20000); do : >/workspace/f$i; done 2>/dev/null
true
"""
FORK = "bomb() { bomb | bomb & }; bomb; sleep 2; true"
LOCK = json.dumps({"lockfileVersion": 3, "packages": {"": {"name": "a", "version": "1.0.0"}}})


def files(script: str) -> dict[str, str | bytes]:
    return {
        "hostile.sh": script,
        ".github/agent.yml": "env:\n  setup: ['bash hostile.sh']\n",
        "shop.py": "",
    }


def lines_of(told: list[tuple[str, str, str]]) -> str:
    return "\n".join("\n".join(each) for each in told)


def test_a_set_up_sees_nothing_of_its_worker(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-of-the-worker")
    shop = project(
        files(LOOK + "exit 1\n"), environment={"PIP_INDEX_URL": "https://pypi.org/simple"}
    )
    environment = shop.prepare()
    said = lines_of(shop.told) + "\n".join(environment.facts)
    assert "canary-of-the-worker" not in said
    with shop.sandbox(environment) as box:
        # Not even what the operator gave the set-up is there for the agent.
        assert "https://pypi.org/simple" not in box.exec("env").output
        assert "HTTP_PROXY" not in box.exec("env").output.upper()
        assert "HTTPS_PROXY" not in box.exec("env").output.upper()


def test_a_set_up_gets_out_by_the_list_alone(project: MakeProject) -> None:
    shop = project(files(LEAVE + "exit 1\n"))
    environment = shop.prepare()
    said = lines_of(shop.told) + "\n".join(environment.facts)
    assert "LEFT" not in said
    [(_, refused, _)] = [each for each in shop.told if "proxy refused" in each[0]]
    assert "example.com" in refused


@pytest.mark.parametrize("script", [PLANT, FILL, FORK], ids=["plants", "fills", "forks"])
def test_the_next_sandbox_works_whatever_a_set_up_did(project: MakeProject, script: str) -> None:
    shop = project(files(script))
    environment = shop.prepare()
    with shop.sandbox(environment) as box:
        assert box.exec("cat hostile.sh && git status --short").output.strip() == script.strip()
        assert box.exec("echo x >>shop.py && id -u").output == "10001"
        assert b"shop.py" in box.collect()


def test_a_set_up_that_ends_its_sandbox_is_not_tried_again_by_the_same_task(
    project: MakeProject,
) -> None:
    # The tool server listens on what the engine attached: nothing of it may be reached from here.
    shop = project(files("dd if=/dev/zero of=/dev/shm/x bs=1M count=9999; kill -9 -1; kill -9 1\n"))
    environment = shop.prepare()
    assert shop.told
    shop.told.clear()
    assert shop.prepare() == environment
    assert shop.told == []
    with shop.sandbox(environment) as box:
        assert box.exec("cat shop.py && echo fine").output == "fine"


def test_an_install_script_of_npm_is_kept_in_as_well(project: MakeProject) -> None:
    package = {
        "name": "a",
        "version": "1.0.0",
        "scripts": {"postinstall": "bash hostile.sh >out.txt 2>&1; cat out.txt; exit 1"},
    }
    shop = project(
        {
            "package.json": json.dumps(package),
            "package-lock.json": LOCK,
            "hostile.sh": LEAVE,
            "index.js": "",
        }
    )
    environment = shop.prepare()
    assert environment.image in {"patchbay/node", "patchbay/full", "patchbay/python"}
    assert "LEFT" not in lines_of(shop.told) + "\n".join(environment.facts)
    assert any("failed" in fact for fact in environment.facts)
