"""Serves the files that the API sends its callers to: without a token, for a minute."""

from flask import Blueprint, Response

from demo.github.state import State

GOOD_FOR_S = 60.0


def downloads_blueprint(state: State) -> Blueprint:
    """Serve what `State.open_download` put there."""
    blueprint = Blueprint("downloads", __name__)

    @blueprint.get("/_downloads/<key>")
    def download(key: str) -> Response:
        with state.lock:
            found = state.downloads.get(f"/_downloads/{key}")
            if found is None or state.now() - found[0] > GOOD_FOR_S:
                return Response("Expired.\n", 404, content_type="text/plain")
            return Response(found[1], content_type="text/plain; charset=utf-8")

    return blueprint
