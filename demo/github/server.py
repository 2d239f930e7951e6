"""All of this GitHub together: one Flask application on one port, with its deliverer."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from demo.github import pages
from demo.github.control import control_blueprint
from demo.github.deliveries import Deliverer
from demo.github.dispatch import Dispatcher, Exchange, Recorder, rest_blueprint, unknown_path
from demo.github.downloads import downloads_blueprint
from demo.github.git_http import git_blueprint
from demo.github.graphql.endpoint import graphql_blueprint
from demo.github.http_server import Server
from demo.github.manifest_flow import manifest_blueprint
from demo.github.rest import table
from demo.github.state import State
from demo.github.switches import Switches


class LocalGitHub(Switches):
    """A GitHub that can be started and stopped, with a hand in it.

    `url` is where people and git go, `api_url` the REST API, `graphql` the GraphQL API.
    """

    def __init__(self, data_dir: Path) -> None:
        super().__init__(State(data_dir))
        self.recorder = Recorder(self.state.changed)
        self._dispatcher = Dispatcher(self.state, self.recorder)
        self._deliverer = Deliverer(self.state)
        self._servers: list[Server] = []
        self.application = self._application()

    def _application(self) -> Flask:
        application = Flask("demo.github", static_folder="static", template_folder="templates")
        application.url_map.strict_slashes = False
        application.register_blueprint(rest_blueprint(self._dispatcher, table()))
        application.register_blueprint(graphql_blueprint(self.state, self._dispatcher))
        application.register_blueprint(git_blueprint(self.state))
        application.register_blueprint(downloads_blueprint(self.state))
        application.register_blueprint(control_blueprint(self))
        application.register_blueprint(manifest_blueprint(self.state))
        application.register_blueprint(pages.blueprint(self.state))

        @application.errorhandler(HTTPException)
        def refuse(error: HTTPException) -> Response | HTTPException:
            return unknown_path(error) if request.path.startswith("/api/") else error

        return application

    def start(self, port: int = 0, host: str = "127.0.0.1") -> Self:
        """Serve on a port, a free one by default, and begin to deliver webhooks."""
        server = Server(self.application, host, port)
        self.state.url = self.state.url or f"http://{host}:{server.port}"
        self._serve(server)
        self._deliverer.start()
        return self

    def listen_on_socket(self, path: Path) -> None:
        """Serve on a Unix socket too, as `gh` can be told to use one."""
        self._serve(Server(self.application, "", 0, path))

    def _serve(self, server: Server) -> None:
        server.clock = self.state.now
        server.start()
        self._servers.append(server)

    def stop(self) -> None:
        """Serve and deliver nothing more."""
        for server in self._servers:
            server.stop()
        self._servers.clear()
        with contextlib.suppress(RuntimeError):
            self._deliverer.stop()

    def __enter__(self) -> Self:
        return self.start() if not self._servers else self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where people and git go."""
        return self.state.url

    @property
    def api_url(self) -> str:
        """Where the REST API is."""
        return f"{self.state.url}/api/v3"

    @property
    def graphql(self) -> str:
        """Where the GraphQL API is."""
        return f"{self.state.url}/api/graphql"

    def git_url(self, repository: str) -> str:
        """Where git clones a repository from."""
        return f"{self.state.url}/{repository}.git"

    @property
    def exchanges(self) -> list[Exchange]:
        """Every request to the APIs so far with its answer."""
        return self.recorder.exchanges

    def exchanges_since(self, number: int = 0) -> list[dict[str, Any]]:
        """Show the requests to the APIs after the first `number`, for another process."""
        return [
            {
                "operation": each.operation,
                "method": each.method,
                "path": each.path,
                "query": each.query,
                "request": each.request_body.decode(errors="replace"),
                "status": each.status,
                "response": each.response_body.decode(errors="replace"),
                "at": each.at,
            }
            for each in self.recorder.exchanges[number:]
        ]

    def on_exchange(self, listener: Callable[[Exchange], None]) -> None:
        """Tell somebody about every request to the APIs from now on."""
        self.recorder.listeners.append(listener)
