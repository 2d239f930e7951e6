"""Lets other agents and ours work through the same twenty steps, by turns, in one run.

Each speaks with a scripted model on loopback, which asks for the same twenty commands by the name
that the agent's shell has.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Figure, Measured, percentile
from bench.peers import FOLDER, PEERS, Peer, bring, environment_of
from bench.scripts import nothing_to_do, script, steps
from bench.world import World, open_world
from demo.model.record import Recorded
from demo.model.server import ScriptedModel

Json = dict[str, Any]
_STEPS = 20
_LONGEST_S = 180
_LOOK_S = 0.02
_BYTES_PER_TOKEN = 4
_OURS = "Patchbay, its sandbox"
_AIMS = {"step_ms": 5.0, "first_request_s": 0.5, "first_tokens": 2500.0, "peak_mb": 120.0,
         "prefix_kept": 1.0}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What one run of an agent came to."""

    first_s: float
    """From its start to its first request."""
    requests: list[Recorded]
    peak_mb: float

    @property
    def steps_ms(self) -> list[float]:
        """What passed between each answer of the model and the next request."""
        pairs = list(pairwise(self.requests))[:_STEPS]
        return [(then.at - (asked.answered_at or asked.at)) * 1000 for asked, then in pairs]

    @property
    def tokens(self) -> list[float]:
        """About how many each request has."""
        return [one.size / _BYTES_PER_TOKEN for one in self.requests]

    @property
    def kept(self) -> float:
        """The share of a request that the next one begins with, where that is least."""
        return min(share_kept(a.parsed, b.parsed) for a, b in pairwise(self.requests))


def measure(docker_host: str, runs: int) -> Measured:
    """Let all of them work, by turns."""
    bring()
    names = {"ours": _OURS, **{peer.key: peer.words for peer in PEERS}}
    found: dict[str, list[Told]] = {key: [] for key in names}
    with open_world(docker_host, workers=1) as world:
        for _ in range(runs):
            found["ours"].append(_ours(world))
            for peer in PEERS:
                found[peer.key].append(_theirs(peer, docker_host))
    figures = [one for key, words in names.items() for one in _figures(key, words, found[key])]
    return Measured([*figures, _half_of_codex(found)])


def _ours(world: World) -> Told:
    """Have a task worked on: from its start by the worker; the worker with its job is weighed."""
    number = world.open_issue([*steps(_STEPS), *nothing_to_do()])
    with weighed(world.house.bot.started["worker-1"].pid) as peak:
        run = world.run(number, _STEPS + 2)
    return Told(run.requests[0].at - run.task["started_at"], run.requests, peak[0])


def _theirs(peer: Peer, docker_host: str) -> Told:
    turns = [peer.tool(f"true {number}") for number in range(_STEPS)] + [peer.last]
    homes = FOLDER / "homes"  # Codex does without some of its parts below /tmp
    homes.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=homes, ignore_cleanup_errors=True) as folder,
        ScriptedModel([script("", turns)]) as model,
    ):
        place = Path(folder)
        (place / "repo").mkdir()
        subprocess.run(["git", "init", "-q", str(place / "repo")], check=True)
        command = peer.prepare(place, model.base_url)
        began = time.time()
        code, peak = _run(command, place, docker_host)
        asked = [one for one in model.requests if _is_of_the_work(one)]
        if code != 0 or len(asked) != len(turns):
            said = (place / "said.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{peer.key}: {len(asked)} requests, exit code {code}\n{said}")
        return Told(asked[0].at - began, asked, peak)


def _run(command: list[str], place: Path, docker_host: str) -> tuple[int, float]:
    """Run an agent in a session of its own; returns its exit code and the most that it held."""
    with (place / "said.log").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=place / "repo",
            env=environment_of(place, docker_host),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    with weighed(process.pid) as peak:
        try:
            return process.wait(_LONGEST_S), peak[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def weighed(session: int) -> Iterator[list[float]]:
    """Look again and again what a session's processes hold; the one value is the most, in MB."""
    peak, over = [0.0], threading.Event()

    def weigh() -> None:
        while not over.wait(_LOOK_S):
            peak[0] = max(peak[0], session_mb(session))

    watcher = threading.Thread(target=weigh)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def session_mb(session: int) -> float:
    """Return the proportional set size of all processes of a session."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                rollup = (stat.parent / "smaps_rollup").read_text()
                total += int(rollup.partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return total / 1024


def _is_of_the_work(request: Recorded) -> bool:
    """Say whether a request is part of the work: some ask for a title beside it, without tools."""
    return isinstance(request.parsed, dict) and bool(request.parsed.get("tools"))


def share_kept(request: Json, following: Json) -> float:
    """Return how much of what a server reads of a request the next one begins with."""
    before, after = _as_read(request), _as_read(following)
    same = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    return same / len(before)


def _as_read(request: Json) -> str:
    """Put a request in the order in which servers read it: tools, instructions, history."""
    items = request.get("messages") or request.get("input") or []
    parts = [request.get("tools"), request.get("instructions"), *items]
    return "\n".join(json.dumps(part) for part in parts)


def _figures(key: str, words: str, told: list[Told]) -> Iterator[Figure]:
    def figure(name: str, unit: str, values: list[float], how: str, **more: Any) -> Figure:
        aim = _AIMS.get(name) if key == "ours" else None
        return Figure(f"{key}_{name}", unit, values, f"{words}: {how}", aim=aim, **more)

    step = (
        f"from the model's answer to the next request, over {_STEPS} commands `true` (the time of "
        "the command is in it)."
    )
    every = percentile([one for run in told for one in run.steps_ms], 95)
    yield figure("step_ms", "ms", [median(one.steps_ms) for one in told], step, p95=every)
    began = "from the task's start by a worker" if key == "ours" else "from its start"
    first = f"{began} to its first request."
    yield figure("first_request_s", "s", [one.first_s for one in told], first)
    tokens = f"bytes of its first request, divided by {_BYTES_PER_TOKEN}."
    yield figure("first_tokens", "tokens", [one.tokens[0] for one in told], tokens)
    total = "the same of all its requests."
    yield figure("sum_tokens", "tokens", [sum(one.tokens) for one in told], total)
    kept = "of tools, instructions and history, the share that the next request begins with."
    yield figure("prefix_kept", "", [one.kept for one in told], kept, at_least=True)
    weight = "the most that its processes held at once (PSS); no container is counted."
    yield figure("peak_mb", "MB", [one.peak_mb for one in told], weight)


def _half_of_codex(found: dict[str, list[Told]]) -> Figure:
    pairs = zip(found["ours"], found["codex"], strict=True)
    shares = [sum(ours.tokens) / sum(theirs.tokens) for ours, theirs in pairs]
    how = "Patchbay's sum of input tokens over Codex's, run by run."
    return Figure("sum_tokens_over_codex", "", shares, how, aim=0.5)
