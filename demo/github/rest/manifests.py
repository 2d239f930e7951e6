"""Registering an App from a manifest: the code that a person's click gave becomes credentials."""

import secrets

from demo.github.errors import NotFound
from demo.github.present.apps import app_json
from demo.github.routes import Answer, Call, Routes

routes = Routes()


@routes.on("POST", "/app-manifests/<code>/conversions", "apps/create-from-manifest")
def convert(call: Call) -> Answer:
    """Give the new App's id, key and secrets, once."""
    registered = call.state.manifests.pop(call.path["code"], None)
    if registered is None:
        raise NotFound
    app, private_key = registered
    body = app_json(call.state, app) | {
        "client_secret": secrets.token_hex(20),
        "webhook_secret": app.webhook_secret or None,
        "pem": private_key,
    }
    return Answer(201, body)
