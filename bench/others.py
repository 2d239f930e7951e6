"""Measures what others do for a command, beside a command of ours, in turns on the same machine.

mini-swe-agent's own Docker environment and SWE-ReX's own client and server come from PyPI into a
virtual environment of their own (bench/requirements.txt, in var/bench); `others_at_work` drives
them there.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bench.figures import Figure, Measured, percentile
from bench.keeping import Kept, open_keeper
from bench.machine import ROOT
from jobs.sandbox import Sandbox

IMAGE = "patchbay/python"
WITH_SWE_REX = "patchbay/bench-swe-rex"
_REQUIREMENTS = ROOT / "bench" / "requirements.txt"
_FOLDER = ROOT / "var" / "bench" / "others"
_COMMANDS = 20
_FEW = 4
"""How often a run does what takes Docker a quarter of a second."""
_OURS = (
    f"`Sandbox.exec('true')` in a sandbox from the keeper, {_COMMANDS} in a row in each run, the "
    "keeper at rest"
)
_START = "from asking the keeper until the first `true` has been run in it"
_SWE_REX = (
    "SWE-ReX 1.4.0 (its `DockerDeployment`, its server in an image that has it already, on the "
    "host's network)"
)
_TIMES = "How many times as long as `{}`, run by run."
_MINI = "mini-swe-agent 2.4.6 (its `DockerEnvironment`)"

Json = dict[str, Any]


def measure(docker_host: str, runs: int) -> Measured:
    """Let everybody start and run `true`, by turns."""
    subprocess.run(
        [ROOT / "script" / "images", "--derive", WITH_SWE_REX, "--pip", "swe-rex==1.4.0"],
        check=True,
        stdout=sys.stderr,
    )
    found: dict[str, list[list[float]]] = {}
    with open_keeper(docker_host) as kept, at_work(docker_host) as ask:
        for _ in range(runs):
            for name, took in _round(docker_host, kept, ask):
                found.setdefault(name, []).append(took)
    return Measured(list(_figures(found)))


def _round(docker_host: str, kept: Kept, ask: "Ask") -> Iterator[tuple[str, list[float]]]:
    """Yield what everybody took in one run, in milliseconds."""
    kept.wait_for_pool()
    began = time.perf_counter()
    with kept.start(IMAGE) as sandbox:
        sandbox.exec("true", workdir="/")
        yield "ours_start", [_ms_since(began)]
        # The keeper starts another one for its pool meanwhile, which the others have not.
        kept.wait_for_pool()
        yield "ours", [_one(sandbox) for _ in range(_COMMANDS)]
    run = ("run", "--rm", "--network", "none", IMAGE, "true")
    yield "docker_run", [_docker(docker_host, *run) for _ in range(_FEW)]
    for name in ("mini", "swe_rex"):
        for key, took in ask(name).items():
            yield f"{name}_{key}", took
    container = _start_idle(docker_host)
    try:
        yield "docker_exec", [_docker(docker_host, "exec", container, "true") for _ in range(_FEW)]
    finally:
        _docker(docker_host, "rm", "--force", container)


def _figures(found: dict[str, list[list[float]]]) -> Iterator[Figure]:
    def medians(name: str) -> list[float]:
        return [percentile(took, 50) for took in found[name]]

    def figure(name: str, key: str, how: str, aim: float | None = None) -> Figure:
        everything = [each for took in found[key] for each in took]
        return Figure(name, "ms", medians(key), how, aim=aim, p95=percentile(everything, 95))

    def ratio(name: str, key: str, ours: str, how: str) -> Figure:
        pairs = zip(medians(key), medians(ours), strict=True)
        return Figure(name, "times", [theirs / our for theirs, our in pairs], how)

    yield figure("exec_true_ms", "ours", f"{_OURS}; a run's value is its median.", aim=2.0)
    tails = [percentile(took, 95) for took in found["ours"]]
    yield Figure("exec_true_p95_ms", "ms", tails, "The slowest of these twenty.", aim=5.0)
    yield figure("start_ms", "ours_start", f"A sandbox from the pool, {_START}.")
    times = f"{_FEW} in each run, by turns with the others."
    run = f"`docker run --rm --network none {IMAGE} true` at the command line; {times}"
    yield figure("docker_run_ms", "docker_run", run)
    exec_ = f"`docker exec CONTAINER true` at the command line; {times}"
    yield figure("docker_exec_ms", "docker_exec", exec_)
    yield figure("mini_start_ms", "mini_start", f"{_MINI}: until its first command has run.")
    yield figure("mini_command_ms", "mini_command", f"{_MINI}: `true`, as its agent runs it.")
    first = f"{_SWE_REX}: start, session, and its first command."
    yield figure("swe_rex_start_ms", "swe_rex_start", first)
    in_session = f"{_SWE_REX}: `true` in its session, with the exit code checked."
    yield figure("swe_rex_command_ms", "swe_rex_command", in_session)
    yield figure("swe_rex_execute_ms", "swe_rex_execute", f"{_SWE_REX}: `true` without a session.")
    for name in ("docker_exec", "mini_command", "swe_rex_command", "swe_rex_execute"):
        yield ratio(f"{name}_over_ours", name, "ours", _TIMES.format("exec_true_ms"))
    for name in ("docker_run", "mini_start", "swe_rex_start"):
        yield ratio(f"{name}_over_ours", name, "ours_start", _TIMES.format("start_ms"))


class Ask:
    """Speaks with `others_at_work` in its own virtual environment."""

    def __init__(self, questions: IO[str], answers: IO[str]) -> None:
        self._questions = questions
        self._answers = answers

    def __call__(self, name: str) -> dict[str, list[float]]:
        """Let one of them start and work; returns what each step took, in milliseconds."""
        print(name, file=self._questions, flush=True)
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"{name} ended without an answer; its words are above")
        answer: dict[str, list[float]] = json.loads(line)
        return answer


@contextmanager
def at_work(docker_host: str) -> Iterator[Ask]:
    """Start the other agents' own programs; they answer when asked."""
    python = python_of_others()
    environment = {"DOCKER_HOST": docker_host, "PATH": "/usr/local/bin:/usr/bin:/bin",
                   "HOME": str(_FOLDER), "MSWEA_SILENT_STARTUP": "1"}  # fmt: skip
    program = [str(python), str(ROOT / "bench" / "others_at_work.py"), IMAGE, WITH_SWE_REX]
    with subprocess.Popen(
        [*_in_the_engines_network(docker_host), *program],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Ask(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def _in_the_engines_network(docker_host: str) -> list[str]:
    """Return what a command begins with that has to reach the ports of containers.

    The engine of a checkout has a network of its own, to which no way leads from here.
    """
    pid = ROOT / "var" / "engine" / "dockerd.pid"
    if docker_host != f"unix://{pid.with_name('docker.sock')}" or not pid.exists():
        return []
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    return [*as_root, "nsenter", f"--net=/proc/{pid.read_text().strip()}/ns/net", "--"]


def python_of_others() -> Path:
    """Return the Python that has the others' packages; they are installed once."""
    stamp = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    python, known = _FOLDER / "bin" / "python", _FOLDER / ".stamp"
    if not known.exists() or known.read_text() != stamp:
        subprocess.run([sys.executable, "-m", "venv", "--clear", _FOLDER], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        locked = ["--require-hashes", "-r", str(_REQUIREMENTS)]
        subprocess.run([*install, *locked], check=True, stdout=sys.stderr)
        known.write_text(stamp)
    return python


def _one(sandbox: Sandbox) -> float:
    began = time.perf_counter()
    sandbox.exec("true", workdir="/")
    return _ms_since(began)


def _start_idle(docker_host: str) -> str:
    command = ["docker", "--host", docker_host, "run", "--detach", "--rm", "--network", "none"]
    ran = subprocess.run(
        [*command, IMAGE, "sleep", "600"], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def _docker(docker_host: str, *arguments: str) -> float:
    began = time.perf_counter()
    command = ["docker", "--host", docker_host, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return _ms_since(began)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
