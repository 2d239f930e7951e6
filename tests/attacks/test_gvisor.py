"""The same sandbox on both runtimes: what works, what is denied, what gVisor does otherwise.

Rows of docs/security.md: SB01 and the last column, "gVisor".
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from jobs.sandbox import Sandbox, SandboxError, SandboxLimits, SandboxLost, Snapshot
from jobs.sandbox.engine import Engine
from jobs.sandbox.engine_facts import describe
from jobs.sandbox.expectations import EXPECTED, GVISOR
from jobs.sandbox.readiness import ready
from tests.sandbox.repositories import DELETED, REGULAR, Repository, parse

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

Started = Callable[[], Sandbox]


@pytest.fixture(scope="module", params=["runc", "runsc"])
def runtime(request: pytest.FixtureRequest, docker_host: str) -> str:
    name = str(request.param)
    if name not in describe(docker_host, ()).runtimes:
        pytest.skip(f"this engine has no {name}: apt-get install runsc, script/engine stop, start")
    return name


@pytest.fixture(scope="module")
def on(docker_host: str, runtime: str, sandboxes: Engine) -> Engine:
    return Engine(docker_host, runtime, owner=sandboxes._owner)


@pytest.fixture(scope="module")
def shared(on: Engine, sandbox_image: str, code: Repository) -> Iterator[Sandbox]:
    """A sandbox on that runtime, with the code in it."""
    with on.start(sandbox_image, task_id="runtime", epoch=1, deadline_s=600) as box:
        code.put_into(box)
        yield box


@pytest.fixture
def another(on: Engine, sandbox_image: str) -> Iterator[Started]:
    started: list[Sandbox] = []

    def start_one() -> Sandbox:
        started.append(on.start(sandbox_image, task_id="runtime", epoch=2, deadline_s=170))
        return started[-1]

    yield start_one
    for box in started:
        box.close()


def test_sb01_everything_is_denied_that_can_be(
    on: Engine, sandbox_image: str, runtime: str
) -> None:
    facts = ready(on, sandbox_image, SandboxLimits(), runtime=runtime)
    assert facts["capabilities"] == [0, 0, 0]
    assert facts["interfaces"] == ["lo"]
    assert (facts["kernel"] == "4.4.0") == (runtime == "runsc")


def test_sb01_a_runtime_that_is_not_what_it_is_called_is_noticed(
    on: Engine, sandbox_image: str, runtime: str
) -> None:
    if runtime == "runc":
        with pytest.raises(SandboxError, match="the runtime runsc is not gVisor"):
            ready(on, sandbox_image, SandboxLimits(), runtime="runsc")
    else:
        with pytest.raises(SandboxError, match="no seccomp filter is on"):
            ready(on, sandbox_image, SandboxLimits(), runtime="runc")


def test_what_is_not_asked_of_gvisor_is_a_fact_that_is_asked_of_others() -> None:
    assert GVISOR.keys() <= {one.fact for one in EXPECTED}


def test_the_tools_do_the_same(shared: Sandbox) -> None:
    assert shared.exec("echo out; echo err >&2; exit 3").exit_code == 3
    assert shared.exec("git log --oneline | wc -l; git status --short").output == "1"
    shared.write("new.txt", "new\n")
    shared.edit("README", "hello", "goodbye")
    assert "goodbye" in shared.read("README")
    shared.exec("rm src/a.py; mkdir -p deep/er; ln README deep/er/hard")
    change = {path: one.kind for path, one in parse(shared.collect()).items()}
    assert change == {
        "new.txt": REGULAR, "README": REGULAR, "src/a.py": DELETED, "deep/er/hard": REGULAR,
    }  # fmt: skip


def test_a_command_that_hangs_is_ended_with_all_that_it_started(shared: Sandbox) -> None:
    began = time.monotonic()
    told = shared.exec("trap '' TERM; (setsid sleep 77 &); sleep 78", timeout_s=1, workdir="/")
    assert told.timed_out
    assert time.monotonic() - began < 10
    assert "sleep 7" not in shared.exec("ps ax -o args", workdir="/").output


def test_a_flood_is_cut(shared: Sandbox) -> None:
    told = shared.exec("yes", timeout_s=20, workdir="/")
    assert told.killed_for_output
    assert len(told.output) < 30_000


def test_there_is_no_way_out(shared: Sandbox) -> None:
    source = (
        "import socket\n"
        "for place in ('1.1.1.1', 53), ('169.254.169.254', 80), ('172.17.0.1', 22):\n"
        "    try: socket.create_connection(place, 2); print('out')\n"
        "    except OSError: print('no')\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()); print('own')\n"
    )
    told = shared.exec(f"python3 - <<'END'\n{source}END", workdir="/").output
    assert told.split() == ["no", "no", "no", "own"]


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param("bomb() { bomb | bomb & }; bomb; sleep 3", id="processes"),
        pytest.param("python3 -c 'x = bytearray(5 << 30)'; exit 1", id="memory"),
        pytest.param("kill -9 1; kill -9 -1; sleep 1", id="the tool server"),
    ],
)
def test_a_bomb_ends_at_most_its_own_sandbox(another: Started, shared: Sandbox, bomb: str) -> None:
    bombed = another()
    began = time.monotonic()
    with suppress(SandboxLost):
        bombed.exec(bomb, timeout_s=5, workdir="/")
        bombed.exec("true", timeout_s=5, workdir="/")
    assert time.monotonic() - began < 40
    assert shared.exec("echo untouched", workdir="/").output == "untouched"


def test_a_full_folder_is_full_and_one_file_has_a_limit(another: Started) -> None:
    box = another()
    told = box.exec(
        # Not the folder that the output itself goes to: only runc keeps some room in it free.
        "head -c 100M /dev/zero > /dev/shm/full; head -c 1G /dev/zero > /workspace/large; "
        "wc -c < /workspace/large",
        workdir="/",
    ).output
    assert "No space left on device" in told
    assert int(told.splitlines()[-1]) <= 256 << 20


def test_a_sandbox_stands_on_a_snapshot(
    on: Engine, sandboxes: Engine, sandbox_image: str, proxy_image: str
) -> None:
    assert proxy_image
    snapshot = Snapshot(1, "ab" * 32)
    with sandboxes.start(
        sandbox_image, task_id="setup", epoch=1, deadline_s=120, network_hosts=()
    ) as prepared:
        prepared.exec("mkdir -p /workspace/venv; echo kept > /workspace/venv/it", workdir="/")
        sandboxes.save(prepared, snapshot)
    with on.start(
        sandbox_image, task_id="ready", epoch=1, deadline_s=120, snapshot=snapshot
    ) as box:
        told = box.exec("cat venv/it; echo more > venv/it; cat venv/it", workdir="/workspace")
        assert told.output == "kept\nmore"
    with on.start(
        sandbox_image, task_id="again", epoch=1, deadline_s=120, snapshot=snapshot
    ) as box:
        assert box.exec("cat venv/it", workdir="/workspace").output == "kept"
