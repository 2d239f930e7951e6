"""The page of a task: what it is, where it stands, and its action log while it grows."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import Blueprint, Response, abort, render_template, request, stream_with_context

from pages.from_here import is_from_here
from pages.visible import visible
from records.actions import Action, Actions
from records.pacing import WritesWaiting
from records.pulls import PullRecord
from records.task import Task, TaskNotFound
from records.tasks import Tasks

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A stream holds a thread of the web process, and deliveries need threads too: there are few streams
# at once, and each is short. The browser opens it again by itself, where it was.
_LIVE_LOGS = 8
_LIVE_LOG_S = 60.0
_SIGN_OF_LIFE_S = 5.0  # without one, nobody would notice for long that the reader has gone
_LOOK_AGAIN_S = 0.5
# Any other status than 200 would keep the browser from ever asking again.
_COME_BACK = "retry: 5000\n\n"
_GOES_ON = "retry: 1000\n\n"
_SIGN_OF_LIFE = ":\n\n"
_SHOWN_TEXT = 20_000
_RECENT = 50
_FIRST_LINE = 200
_NONE = "-"


class MayRead(Protocol):
    """Decides who may read a page; `bot.task_links.TaskLinks` does."""

    def __call__(self, task_id: str, key: str, *, from_here: bool) -> bool:
        """Say whether the key opens this task; an empty id stands for the list of all tasks."""


@dataclass(frozen=True)
class TaskPages:
    """What the pages read, and who may read it."""

    tasks: Tasks
    actions: Actions
    may_read: MayRead
    github_url: str


def blueprint(pages: TaskPages) -> Blueprint:
    """Return the routes under `/tasks`."""
    routes = Blueprint(
        "tasks",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/tasks/static",
    )
    routes.add_app_template_filter(visible)
    routes.add_app_template_filter(_utc, "utc")
    routes.add_app_template_filter(_span, "span")
    routes.add_app_template_filter(_clock, "clock")
    routes.after_request(_harden)
    _serve_people(routes, pages)
    _serve_programs(routes, pages)
    return routes


def _serve_people(routes: Blueprint, pages: TaskPages) -> None:
    """Serve the list, the page of a task, and its live log."""
    places = threading.BoundedSemaphore(_LIVE_LOGS)

    @routes.get("/")
    @routes.get("/tasks")
    def every_task() -> str:
        _refuse_strangers(pages, "")
        return render_template("tasks.html", tasks=pages.tasks.recent(_RECENT))

    @routes.get("/tasks/<task_id>")
    def one_task(task_id: str) -> str:
        task = _task(pages, task_id)
        actions = pages.actions.all(task_id)
        choices = [action.content for action in actions if action.kind == "choice"]
        return render_template(
            "task.html",
            task=task,
            fate=_fate(pages, task),
            writes=_writes(pages, task),
            entries=[entry for entry in map(_entry, actions) if entry],
            choice=choices[-1] if choices else None,
            key=_key(),
            github_url=pages.github_url,
        )

    @routes.get("/tasks/<task_id>/live")
    def live_log(task_id: str) -> Response:
        _task(pages, task_id)
        after = request.headers.get("Last-Event-ID") or request.args.get("after", "0")
        number = int(after) if after.isascii() and after.isdigit() else 0
        stream = stream_with_context(_live(pages, task_id, number, places))
        return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _writes(pages: TaskPages, task: Task) -> WritesWaiting:
    """Say what is to be written in the task's repository and waits for GitHub's limits."""
    return pages.tasks.pacing.waiting(task.installation_id, task.repository_id)


def _serve_programs(routes: Blueprint, pages: TaskPages) -> None:
    """Serve the same facts as JSON, and the whole action log as JSON lines."""

    @routes.get("/tasks.json")
    def every_task_as_json() -> Response:
        _refuse_strangers(pages, "")
        return _json([asdict(task) for task in pages.tasks.recent(_RECENT)])

    @routes.get("/tasks/<task_id>.json")
    def one_task_as_json(task_id: str) -> Response:
        task = _task(pages, task_id)
        fate = _fate(pages, task)
        return _json({**asdict(task), "pull_request_fate": fate.fate if fate else None})

    @routes.get("/tasks/<task_id>/log.jsonl")
    def whole_log(task_id: str) -> Response:
        _task(pages, task_id)
        lines = (json.dumps(asdict(action)) + "\n" for action in pages.actions.all(task_id))
        return Response(
            lines,
            mimetype="text/plain",
            headers={"Content-Disposition": f'attachment; filename="task-{task_id}.jsonl"'},
        )


def _live(
    pages: TaskPages, task_id: str, number: int, places: threading.Semaphore
) -> Iterator[str]:
    """Yield server-sent events; where too many read along already, ask to come back."""
    # Only here, since a stream that nobody reads is closed before it begins.
    if not places.acquire(blocking=False):
        yield _COME_BACK
        return
    try:
        yield _GOES_ON
        yield from _events(pages, task_id, number)
    finally:
        places.release()


def _events(pages: TaskPages, task_id: str, number: int) -> Iterator[str]:
    """Yield each new entry, and the head of the page when it changed."""
    ends_at = time.monotonic() + _LIVE_LOG_S
    shown_head = ""
    said_at = time.monotonic()
    while time.monotonic() < ends_at:
        before = (number, shown_head)
        task = pages.tasks.get(task_id)
        for action in pages.actions.since(task_id, number):
            number = action.number
            entry = _entry(action)
            if entry:
                yield _event("entry", number, render_template("entry.html", entry=entry))
        fate = _fate(pages, task)
        head = render_template(
            "head.html",
            task=task,
            fate=fate,
            writes=_writes(pages, task),
            github_url=pages.github_url,
        )
        if head != shown_head:
            shown_head = head
            yield _event("head", number, head)
        if task.state.ended:
            yield _event("end", number, "")
            return
        if (number, shown_head) != before:
            said_at = time.monotonic()
        elif time.monotonic() - said_at >= _SIGN_OF_LIFE_S:
            said_at = time.monotonic()
            yield _SIGN_OF_LIFE
        time.sleep(_LOOK_AGAIN_S)


def _event(name: str, number: int, fragment: str) -> str:
    data = "".join(f"data: {line}\n" for line in fragment.splitlines() or [""])
    return f"event: {name}\nid: {number}\n{data}\n"


@dataclass(frozen=True)
class Entry:
    """One row of the log as people read it."""

    number: int
    at: float
    kind: str
    title: str
    result: str
    text: str


def _entry(action: Action) -> Entry | None:
    content: dict[str, Any] = action.content
    match action.kind:
        case "helper" if content.get("what") == "reply" and not content.get("text"):
            return None
        case (
            "observation"
            | "event"
            | "helper"
            | "failure"
            | "ending"
            | "review"
            | "choice"
            | "recap"
            | "given"
            | "result"
        ):
            title, result = str(content.get("title", "")), str(content.get("result", ""))
            text = str(content.get("text", ""))
        case "reply":
            text = str(content.get("text", "")).strip()
            if not text:
                return None
            title, result = "the model says", text.splitlines()[0][:_FIRST_LINE]
        case "message":
            title, result, text = "given to the model", "", str(content.get("text", ""))
        case _:
            return None
    if attempt := content.get("attempt"):
        title = f"attempt {attempt}: {title}"
    if len(text) > _SHOWN_TEXT:
        text = text[:_SHOWN_TEXT] + "\n… (the rest is in the log as JSON lines)"
    return Entry(action.number, action.at, action.kind, title, result, text)


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


def _task(pages: TaskPages, task_id: str) -> Task:
    """Return the task, or 404 for whoever may not know whether there is one."""
    _refuse_strangers(pages, task_id)
    try:
        return pages.tasks.get(task_id)
    except TaskNotFound:
        abort(404)


def _fate(pages: TaskPages, task: Task) -> PullRecord | None:
    """Return what became of the task's pull request; None where it has none."""
    number = task.pull_request_number
    return None if number is None else pages.tasks.pulls.get(task.repository_id, number)


def _refuse_strangers(pages: TaskPages, task_id: str) -> None:
    if not pages.may_read(task_id, _key(), from_here=is_from_here(request)):
        abort(404)


def _key() -> str:
    return request.args.get("key", "")


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _utc(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else _NONE


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _span(seconds: float | None) -> str:
    if seconds is None:
        return _NONE
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} m {rest:02d} s" if minutes else f"{rest} s"
