"""The browser's half of registering an App from a manifest: a form comes in, a code goes back."""

import html
import json
import re
import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from demo.github.acts import accounts
from demo.github.records import User
from demo.github.state import State

ACCOUNT_PATHS = ("/settings/apps/new", "/organizations/<organization>/settings/apps/new")


def manifest_blueprint(state: State) -> Blueprint:
    """Take manifests as GitHub does; whoever sends the form is taken to have agreed."""
    blueprint = Blueprint("manifests", __name__)

    def register(organization: str = "octo-org") -> AnyResponse:
        try:
            manifest = json.loads(request.form.get("manifest", ""))
        except ValueError:
            return Response("The manifest is not JSON.\n", 400, content_type="text/plain")
        with state.lock:
            owner = accounts.create_user(state, organization, "Organization")
            code = register_manifest(state, owner, manifest)
        target = manifest.get("redirect_url", "")
        if not target.startswith(("http://", "https://")):
            shown = html.escape(code)
            return Response(f"<p>The code is <code>{shown}</code></p>", content_type="text/html")
        answers = {"code": code}
        if request.args.get("state"):
            answers["state"] = request.args["state"]
        joint = "&" if "?" in target else "?"
        return redirect(f"{target}{joint}{urlencode(answers)}")

    for path in ACCOUNT_PATHS:
        blueprint.add_url_rule(path, endpoint=path.split("/")[1], view_func=register,
                               methods=["POST"])  # fmt: skip
    return blueprint


def register_manifest(state: State, owner: User, manifest: dict[str, Any]) -> str:
    """Register an App as its manifest says, and give the code that opens its credentials."""
    hook = manifest.get("hook_attributes") or {}
    name = manifest.get("name") or "app"
    new = accounts.NewApp(
        slug=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        owner=owner,
        name=name,
        webhook_url=hook.get("url", ""),
        webhook_secret=secrets.token_hex(20) if hook.get("url") else "",
        permissions={"metadata": "read"} | (manifest.get("default_permissions") or {}),
        events=manifest.get("default_events") or [],
        description=manifest.get("description", ""),
        external_url=manifest.get("url", ""),
    )
    code = secrets.token_hex(20)
    state.manifests[code] = accounts.create_app(state, new)
    return code
