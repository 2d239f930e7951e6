"""Measures the webhook receiver under load: deliveries a second, and the slowest hundredth."""

import json
import subprocess
import sys
from typing import Any

from bench.figures import Figure, Measured, percentile
from bench.machine import ROOT
from bench.world import World, open_world
from bot.webhook import signature
from demo.stage import WEBHOOK_SECRET

_CONNECTIONS = 16
_WARM_UP = 200
_RPS = (
    "Deliveries a second: {count:,} signed `issue_comment` deliveries of {size:,} bytes, each with "
    f"its own id, over {_CONNECTIONS} kept connections from one process beside the server (which "
    "used {share:.0%} of a core itself); gunicorn as the Procfile starts it (2 processes of 16 "
    "threads), SQLite with `synchronous=FULL`, the bell in Redis, no intake running. All were "
    "answered with 202 and found in the database."
)
_P99 = "The time within which 99 % of those deliveries were answered."


def measure(docker_host: str, runs: int, *, count: int) -> Measured:
    """Send `count` deliveries in each run."""
    rates: list[float] = []
    slowest: list[float] = []
    shares: list[float] = []
    with open_world(docker_host, workers=1) as world:
        for name in ("intake", "worker-1", "clock"):
            world.house.bot.started[name].kill()
        body = _body(world)
        _send(world, body, _WARM_UP)
        for _ in range(runs):
            sent = _send(world, body, count)
            rates.append(count / sent["seconds"])
            slowest.append(percentile(sent["took_s"], 99) * 1000)
            shares.append(sent["cpu_share"])
    how = _RPS.format(count=count, size=len(body), share=max(shares))
    return Measured(
        [
            Figure("webhook_rps", "per s", rates, how),
            Figure("webhook_p99_ms", "ms", slowest, _P99),
        ]
    )


def _body(world: World) -> bytes:
    """Return a delivery as the local GitHub sent it."""
    world.house.comment(world.house.stage.issues[0], "To be measured with, as it is.")
    world.house.wait_for(lambda: _stored(world), "a delivery in the records")
    [(payload,)] = world.query(
        "SELECT payload FROM deliveries WHERE event = 'issue_comment' ORDER BY received_at LIMIT 1"
    )
    return bytes(payload)


def _send(world: World, body: bytes, count: int) -> dict[str, Any]:
    before = _stored(world)
    signed = signature(WEBHOOK_SECRET.encode(), body)
    numbers = [str(number) for number in (world.house.stage.web_port, count, _CONNECTIONS)]
    command = [sys.executable, "-m", "bench.hammer", *numbers, signed]
    ran = subprocess.run(command, input=body, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    lost = before + count - _stored(world)
    if lost:
        raise RuntimeError(f"{lost} of {count} deliveries were answered and not stored")
    sent: dict[str, Any] = json.loads(ran.stdout)
    return sent


def _stored(world: World) -> int:
    [(count,)] = world.query("SELECT count(*) FROM deliveries WHERE event = 'issue_comment'")
    return int(count)
