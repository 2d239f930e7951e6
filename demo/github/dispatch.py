"""Takes a REST request from Flask to its handler and back: who, may they, faults, headers."""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from demo.github.auth import UNDECODABLE, Caller, identify
from demo.github.errors import (
    BadCredentials,
    BadRequest,
    Forbidden,
    GitHubError,
    Moved,
    NotFound,
)
from demo.github.faults import Fault
from demo.github.http_server import DROP_CONNECTION
from demo.github.permissions import demand
from demo.github.rate_limits import BUDGET, hour_end
from demo.github.routes import Answer, Call, Route, Table
from demo.github.state import State

MEDIA_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as a test may want to look at them."""

    operation: str
    method: str
    path: str
    query: dict[str, str]
    request_headers: dict[str, str]
    request_body: bytes
    status: int
    response_headers: dict[str, str]
    response_body: bytes
    faulty: bool
    at: float = field(default_factory=time.time)


class Recorder:
    """Keeps what was said, and tells those who listen."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.exchanges: list[Exchange] = []
        self.listeners: list[Callable[[Exchange], None]] = []

    def note(self, operation: str, response: Response, *, faulty: bool) -> None:
        """Write the current request down with its answer."""
        exchange = Exchange(
            operation=operation,
            method=request.method,
            # As it was sent: only there a slash in a label is told from one between names.
            path=urlsplit(request.environ.get("RAW_URI", request.path)).path,
            query=request.args.to_dict(),
            request_headers=dict(request.headers),
            request_body=request.get_data(),
            status=response.status_code,
            response_headers=dict(response.headers),
            response_body=response.get_data(),
            faulty=faulty,
        )
        with self._changed:
            self.exchanges.append(exchange)
            self._changed.notify_all()
        for listener in self.listeners:
            listener(exchange)


class Dispatcher:
    """Runs operations."""

    def __init__(self, state: State, recorder: Recorder) -> None:
        self._state = state
        self._recorder = recorder

    def rest(self, table: Table, path: str) -> Response:
        """Answer the current request to the REST API."""
        method = "GET" if request.method == "HEAD" else request.method
        found = table.find(method, self._by_name(path))
        if found is None:
            return self.respond("unknown", lambda _caller: _unknown())
        route, slots = found
        return self.respond(route.operation, lambda caller: self._handle(route, caller, slots))

    def _by_name(self, path: str) -> str:
        """Turn a repository's address by number into the one by name."""
        number = re.match(r"/repositories/([0-9]+)/", path)
        if number is None:
            return path
        try:
            name = self._state.repository_by_id(int(number[1])).full_name
        except NotFound:
            return path
        return f"/repos/{name}/{path[number.end() :]}"

    def respond(self, operation: str, work: Callable[[Caller], Answer]) -> Response:
        """Do an operation with whatever fault waits for it."""
        fault = self._state.faults.meet(operation)
        if fault is not None and fault.latency_s:
            time.sleep(fault.latency_s)
        response: Response
        if fault is not None and not fault.after and _answers(fault):
            response = self._faulty(fault)
        else:
            response = self._work(work)
            if fault is not None and _answers(fault):
                response = self._faulty(fault)
        self._recorder.note(operation, response, faulty=fault is not None and _answers(fault))
        return response

    def _work(self, work: Callable[[Caller], Answer]) -> Response:
        caller = Caller()
        try:
            with self._state.lock:
                caller = identify(self._state, request.headers.get("Authorization", ""))
                if not request.headers.get("User-Agent"):
                    raise Forbidden("Request forbidden by administrative rules.")
                answer = work(caller)
        except GitHubError as error:
            headers = {}
            if isinstance(error, Moved):
                error.answer_to(request.method, self._state.url, request.path)
                headers = {"Location": error.url}
            answer = Answer(error.status, error.body(), headers)
        return self._write(answer, caller)

    def _handle(self, route: Route, caller: Caller, path: dict[str, Any]) -> Answer:
        if caller.app is not None and not route.operation.startswith("apps/"):
            raise BadCredentials(UNDECODABLE)
        call = Call(
            state=self._state,
            caller=caller,
            path=path,
            query=request.args.to_dict(),
            body=_json_body(),
            accept=request.headers.get("Accept", ""),
            url=f"{self._state.url}{request.path}",
        )
        self._find_repository(route, call)
        answer = route.handler(call)
        if call.links:
            link = ", ".join(f'<{url}>; rel="{name}"' for name, url in call.links.items())
            return Answer(answer.status, answer.body, {**answer.headers, "Link": link})
        return answer

    def _find_repository(self, route: Route, call: Call) -> None:
        if "repository_id" in call.path:
            call.found = self._state.repository_by_id(call.path["repository_id"])
        elif "repo" in call.path:
            name = call.path["repo"].removesuffix(".git")
            call.found = self._state.repository(call.path["owner"], name)
        if call.found is not None and route.need is not None:
            demand(call.caller, call.found, route.need)

    def _write(self, answer: Answer, caller: Caller) -> Response:
        if isinstance(answer.body, bytes):
            response = Response(answer.body, answer.status)
        elif answer.body is None:
            response = Response(status=answer.status)
        else:
            response = Response(json.dumps(answer.body), answer.status, content_type=MEDIA_JSON)
        response.headers.update(self._standing_headers(caller))
        response.headers.update(answer.headers)
        return response

    def _standing_headers(self, caller: Caller) -> dict[str, str]:
        headers = self.rate_headers(caller)
        headers["X-GitHub-Request-Id"] = uuid.uuid4().hex[:20].upper()
        headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        if caller.token is not None and caller.token.installation is None:
            headers["X-OAuth-Scopes"] = "repo, read:org, workflow"
            headers["X-Accepted-OAuth-Scopes"] = ""
        return headers

    def rate_headers(self, caller: Caller) -> dict[str, str]:
        """Count a request and say how many are left."""
        used = self._state.count_request(caller.name)
        return {
            "X-RateLimit-Limit": str(BUDGET),
            "X-RateLimit-Remaining": str(max(0, BUDGET - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(hour_end(self._state)),
            "X-RateLimit-Resource": "core",
        }

    def _faulty(self, fault: Fault) -> Response:
        if fault.body is not None:
            response = Response(fault.body, fault.status or 200, content_type="text/html")
        else:
            body = {"message": fault.message, "documentation_url": "https://docs.github.com/rest"}
            response = Response(json.dumps(body), fault.status or 500, content_type=MEDIA_JSON)
        response.headers.update(self._standing_headers(Caller()) | fault.headers)
        if fault.drop:
            request.environ[DROP_CONNECTION] = True
        return response


def _answers(fault: Fault) -> bool:
    return fault.drop or fault.status is not None or fault.body is not None


def _json_body() -> dict[str, Any]:
    raw = request.get_data()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise BadRequest from None
    if isinstance(body, list):
        # Labels may come as a bare list.
        return {"labels": body}
    if not isinstance(body, dict):
        raise BadRequest("Body should be a JSON object")
    return body


def rest_blueprint(dispatcher: Dispatcher, table: Table) -> Blueprint:
    """Put the operations below /api/v3."""
    blueprint = Blueprint("rest", __name__, url_prefix="/api/v3")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    blueprint.add_url_rule("/", "root", lambda: dispatcher.rest(table, "/"), methods=methods)
    blueprint.add_url_rule(
        "/<path:rest>", "rest", lambda rest: dispatcher.rest(table, f"/{rest}"), methods=methods
    )
    return blueprint


def _unknown() -> Answer:
    raise NotFound


def unknown_path(error: HTTPException) -> Response:
    """Answer what Flask itself refuses below /api/ in GitHub's form."""
    status = error.code or 404
    body = {"message": error.name, "documentation_url": "https://docs.github.com/rest"}
    return Response(json.dumps(body | {"status": str(status)}), status, content_type=MEDIA_JSON)
