"""Serves `/metrics`; whoever may see the list of all tasks may see these numbers."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, abort, request

from pages.from_here import is_from_here
from pages.task_page import MayRead
from records.figures import Counted, Figures

_KEPT_S = 5.0
"""Numbers are counted no more often than this, however many ask."""
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def metrics(figures: Figures, may_read: MayRead) -> Blueprint:
    """Return the route."""
    routes = Blueprint("metrics", __name__)
    counted = _Kept(figures.now)

    @routes.get("/metrics")
    def all_numbers() -> Response:
        if not may_read("", request.args.get("key", ""), from_here=is_from_here(request)):
            abort(404)
        text = "".join(f"{line}\n" for line in _lines(counted(), time.time()))
        return Response(text, content_type=_PROMETHEUS, headers={"Cache-Control": "no-store"})

    return routes


class _Kept:
    """A count that is made again when it has grown old."""

    def __init__(self, count: Callable[[], Counted]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._at = 0.0
        self._counted = Counted()

    def __call__(self) -> Counted:
        with self._lock:
            if time.monotonic() - self._at > _KEPT_S or not self._at:
                self._counted, self._at = self._count(), time.monotonic()
            return self._counted


def _lines(counted: Counted, now: float) -> Iterator[str]:
    tasks = {_labels(verb=v, state=s, reason=r): n for (v, s, r), n in counted.tasks.items()}
    yield from _metric("patchbay_tasks", "Tasks by verb, state and reason.", tasks)
    fates = {_labels(fate=fate): number for fate, number in counted.pull_requests.items()}
    about = "Pull requests of the bot by what became of them."
    yield from _metric("patchbay_pull_requests", about, fates)
    deliveries = {_labels(state=state): number for state, number in counted.deliveries.items()}
    yield from _metric("patchbay_deliveries", "Webhook deliveries by state.", deliveries)
    for name, about, value in _SPENT:
        found = {
            _labels(verb=verb, pull_request=fate): value(spent)
            for (verb, fate), spent in counted.spent.items()
        }
        yield from _metric(name, about, found)
    oldest = counted.oldest_waiting_since
    about = "How long the task that waits longest has waited for its first worker."
    waited = 0.0 if oldest is None else max(0.0, now - oldest)
    yield from _metric("patchbay_longest_wait_seconds", about, {"": waited})
    about = "Writes to GitHub that wait for their turn."
    yield from _metric("patchbay_github_writes_waiting", about, {"": counted.writes.number})
    about = (
        "For how long GitHub still wants to hear nothing, of the installation that waits longest."
    )
    yield from _metric("patchbay_github_silence_seconds", about, {"": counted.writes.silent_s})


_SPENT: tuple[tuple[str, str, Callable[[Any], float]], ...] = (
    (
        "patchbay_input_tokens",
        "Input tokens by verb and what became of the pull request.",
        lambda spent: spent.input_tokens,
    ),
    (
        "patchbay_output_tokens",
        "Output tokens by verb and what became of the pull request.",
        lambda spent: spent.output_tokens,
    ),
    (
        "patchbay_cost_usd",
        "US dollars by verb and what became of the pull request.",
        lambda spent: spent.usd,
    ),
    (
        "patchbay_task_seconds",
        "Seconds from first worker to end, by verb and what became of the pull request.",
        lambda spent: spent.seconds,
    ),
)


def _metric(name: str, about: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    for labels, value in sorted(values.items()):
        yield f"{name}{labels} {value:.12g}"


def _labels(**labels: str) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{shown}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
