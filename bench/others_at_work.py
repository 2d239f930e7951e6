"""Lets other agents' own code start a container and run `true` in it; a line asks, a line answers.

It runs in a virtual environment that has their packages and nothing of ours.
"""

import asyncio
import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable

from minisweagent.environments.docker import DockerEnvironment  # type: ignore[import-not-found]
from swerex.deployment.docker import DockerDeployment  # type: ignore[import-not-found]
from swerex.runtime.abstract import (  # type: ignore[import-not-found]
    BashAction,
    Command,
    CreateBashSessionRequest,
)

_TIMES = 10

Took = dict[str, list[float]]


def mini(image: str) -> Took:
    """Do as mini-swe-agent does: a container that sleeps, and `docker exec` for each command."""
    began = time.perf_counter()
    environment = DockerEnvironment(image=image, run_args=["--rm", "--network", "none"])
    try:
        environment.execute({"command": "true"})
        took = {"start": [_ms_since(began)], "command": []}
        for _ in range(_TIMES):
            began = time.perf_counter()
            environment.execute({"command": "true"})
            took["command"].append(_ms_since(began))
    finally:
        environment.cleanup()
    return took


async def swe_rex(image: str) -> Took:
    """Do as SWE-agent does: a server in the container, spoken to over HTTP."""
    began = time.perf_counter()
    deployment = DockerDeployment(image=image, pull="never", port=8000, remove_container=True,
                                  docker_args=["--network", "host"])  # fmt: skip
    try:
        await deployment.start()
        runtime = deployment.runtime
        await runtime.create_session(CreateBashSessionRequest())
        await runtime.run_in_session(BashAction(command="true"))
        took = {"start": [_ms_since(began)], "command": [], "execute": []}
        for _ in range(_TIMES):
            began = time.perf_counter()
            await runtime.run_in_session(BashAction(command="true"))
            took["command"].append(_ms_since(began))
        for _ in range(_TIMES):
            began = time.perf_counter()
            await runtime.execute(Command(command=["true"]))
            took["execute"].append(_ms_since(began))
    finally:
        await deployment.stop()
    return took


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Answer until nothing more is asked."""
    image, with_swe_rex = sys.argv[1:]
    logging.disable(logging.WARNING)
    work: dict[str, Callable[[], Took]] = {
        "mini": lambda: mini(image),
        "swe_rex": lambda: asyncio.run(swe_rex(with_swe_rex)),
    }
    for line in sys.stdin:
        # Their own words are not the answer.
        with contextlib.redirect_stdout(sys.stderr):
            took = work[line.strip()]()
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
