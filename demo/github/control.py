"""The methods of a handle as JSON over HTTP, for those in another process.

`POST /_control/<method>` with the arguments as a JSON object answers `{"result": …}`.
"""

import inspect
import json
from typing import Any

from flask import Blueprint, Response, request

from demo.github.errors import GitHubError
from demo.github.switches import Switches

ONLY_IN_PROCESS = frozenset({"wait_until", "start", "stop", "listen_on_socket", "on_exchange"})


def control_blueprint(handle: Switches) -> Blueprint:
    """Serve the public methods of a handle."""
    blueprint = Blueprint("control", __name__, url_prefix="/_control")
    methods = {
        name: method
        for name, method in inspect.getmembers(handle, inspect.ismethod)
        if not name.startswith("_") and name not in ONLY_IN_PROCESS
    }

    @blueprint.route("/", methods=["GET"])
    def index() -> Response:
        shown = {
            name: {"arguments": str(inspect.signature(method)), "does": inspect.getdoc(method)}
            for name, method in sorted(methods.items())
        }
        return _json(shown)

    @blueprint.route("/<name>", methods=["GET", "POST"])
    def run(name: str) -> Response:
        method = methods.get(name)
        if method is None:
            return _json({"error": f"there is no method {name}: see /_control/"}, 404)
        arguments = request.get_json(silent=True) if request.get_data() else {}
        if not isinstance(arguments, dict):
            return _json({"error": "the arguments are one JSON object"}, 400)
        try:
            inspect.signature(method).bind(**arguments)
            return _json({"result": method(**arguments)})
        except GitHubError as error:
            return _json({"error": error.message, "detail": error.body()}, error.status)
        except (TypeError, ValueError, TimeoutError, StopIteration) as error:
            return _json({"error": f"{name}: {error}"}, 400)

    return blueprint


def _json(content: Any, status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
