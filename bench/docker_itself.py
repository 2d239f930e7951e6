"""Measures Docker's own ways to run a command, to stand beside a step of ours."""

import subprocess
import time

from bench.figures import Figure, Measured

_IMAGE = "patchbay/python"
_TIMES = 4
"""How often a run does each; its value is their mean."""
_RUN = (
    "`docker run --rm --network none patchbay/python true` at the command line, in a new container "
    f"each time; a run's value is the mean of {_TIMES}."
)
_EXEC = (
    "`docker exec CONTAINER true` at the command line, in a container that runs already; a run's "
    f"value is the mean of {_TIMES}."
)


def measure(docker_host: str, runs: int) -> Measured:
    """Time both ways, by turns."""
    docker = ["docker", "--host", docker_host]
    idle = [*docker, "run", "--detach", "--rm", "--network", "none", _IMAGE, "sleep", "600"]
    container = subprocess.run(idle, check=True, capture_output=True, text=True).stdout.strip()
    by_run: list[float] = []
    by_exec: list[float] = []
    try:
        for _ in range(runs):
            by_run.append(_mean_ms([*docker, "run", "--rm", "--network", "none", _IMAGE, "true"]))
            by_exec.append(_mean_ms([*docker, "exec", container, "true"]))
    finally:
        subprocess.run([*docker, "rm", "--force", container], check=True, capture_output=True)
    return Measured(
        [
            Figure("docker_run_ms", "ms", by_run, _RUN),
            Figure("docker_exec_ms", "ms", by_exec, _EXEC),
        ]
    )


def _mean_ms(command: list[str]) -> float:
    began = time.perf_counter()
    for _ in range(_TIMES):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000 / _TIMES
