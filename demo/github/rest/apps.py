"""An App about itself: its installations, their tokens, its webhook deliveries."""

from typing import Any

from demo.github.acts import accounts
from demo.github.acts.announce import redeliver
from demo.github.auth import UNDECODABLE
from demo.github.delivery_records import Delivery
from demo.github.errors import BadCredentials, Forbidden, GitHubError, NotFound
from demo.github.permissions import LEVELS
from demo.github.present.apps import (
    app_json,
    delivery_json,
    full_delivery_json,
    installation_json,
    own_app_json,
    token_json,
)
from demo.github.present.repositories import repository_json
from demo.github.records import Actor, App, Installation, Repository, Token
from demo.github.routes import Answer, Call, Routes

routes = Routes()


def _app(call: Call) -> App:
    if call.caller.app is None:
        raise BadCredentials(UNDECODABLE)
    return call.caller.app


def _installation(call: Call) -> Installation:
    installation = call.state.installation(call.path["installation_id"])
    if installation.app.id != _app(call).id:
        raise NotFound
    return installation


def _own_token(call: Call) -> tuple[Token, Installation]:
    token = call.caller.token
    if token is None or token.installation is None:
        raise Forbidden("You must authenticate with an installation access token")
    return token, token.installation


@routes.on("GET", "/app", "apps/get-authenticated")
def get_app(call: Call) -> Answer:
    """Give the App that calls."""
    return Answer(200, own_app_json(call.state, _app(call)))


@routes.on("GET", "/apps/<slug>", "apps/get-by-slug")
def get_app_by_slug(call: Call) -> Answer:
    """Give any App."""
    return Answer(200, app_json(call.state, call.state.app(call.path["slug"])))


@routes.on("GET", "/app/installations", "apps/list-installations")
def list_installations(call: Call) -> Answer:
    """List where the App is installed."""
    app = _app(call)
    mine = [each for each in call.state.installations if each.app.id == app.id]
    return Answer(200, [installation_json(call.state, each) for each in call.page(mine)])


@routes.on("GET", "/app/installations/<int:installation_id>", "apps/get-installation")
def get_installation(call: Call) -> Answer:
    """Give one installation."""
    return Answer(200, installation_json(call.state, _installation(call)))


@routes.on("DELETE", "/app/installations/<int:installation_id>", "apps/delete-installation")
def delete_installation(call: Call) -> Answer:
    """Take the App off an account."""
    app = _app(call)
    accounts.uninstall(call.state, _installation(call), Actor(app.bot, app))
    return Answer(204)


@routes.on("GET", "/repos/<owner>/<repo>/installation", "apps/get-repo-installation")
def get_repository_installation(call: Call) -> Answer:
    """Give the App's installation on a repository."""
    app = _app(call)
    for installation in call.state.installations_on(call.repository):
        if installation.app.id == app.id:
            return Answer(200, installation_json(call.state, installation))
    raise NotFound


@routes.on("GET", "/users/<login>/installation", "apps/get-user-installation")
@routes.on("GET", "/orgs/<login>/installation", "apps/get-org-installation")
def get_account_installation(call: Call) -> Answer:
    """Give the App's installation on an account."""
    app = _app(call)
    for installation in call.state.installations:
        same = installation.account.login.lower() == call.path["login"].lower()
        if installation.app.id == app.id and same:
            return Answer(200, installation_json(call.state, installation))
    raise NotFound


@routes.on(
    "POST",
    "/app/installations/<int:installation_id>/access_tokens",
    "apps/create-installation-access-token",
)
def create_token(call: Call) -> Answer:
    """Give a token for an installation, narrowed to what is asked for."""
    installation = _installation(call)
    if installation.suspended_at is not None:
        raise Forbidden("This installation has been suspended")
    permissions = _narrowed_permissions(installation, call.body.get("permissions"))
    repositories = _narrowed_repositories(call, installation)
    token = accounts.create_installation_token(call.state, installation, permissions, repositories)
    return Answer(201, token_json(call.state, token))


def _narrowed_permissions(installation: Installation, asked: Any) -> dict[str, str]:
    granted = dict(installation.permissions)
    if not asked:
        return granted
    if not isinstance(asked, dict):
        raise GitHubError(422, "Invalid request.\n\nFor 'properties/permissions', not an object.")
    for name, level in asked.items():
        if level not in LEVELS[1:] or LEVELS.index(level) > LEVELS.index(granted.get(name, "none")):
            raise GitHubError(
                422, "The permissions requested are not granted to this installation."
            )
    return {"metadata": "read"} | asked


def _narrowed_repositories(call: Call, installation: Installation) -> list[Repository] | None:
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if not names and not ids:
        everything = installation.repositories
        return None if everything is None else list(everything)
    wanted = [*(names or []), *(ids or [])]
    covered = [each for each in call.state.repositories if installation.covers(each)]
    chosen = [each for each in covered if each.name in wanted or each.id in wanted]
    if len(chosen) != len(set(wanted)):
        raise GitHubError(
            422,
            "There is at least one repository that does not exist or is not accessible to the "
            "parent installation.",
        )
    return chosen


@routes.on("DELETE", "/installation/token", "apps/revoke-installation-access-token")
def revoke_token(call: Call) -> Answer:
    """Make the token that calls worthless."""
    token, _ = _own_token(call)
    del call.state.tokens[token.value]
    return Answer(204)


@routes.on("GET", "/installation/repositories", "apps/list-repos-accessible-to-installation")
def list_installation_repositories(call: Call) -> Answer:
    """List the repositories that the token opens."""
    token, installation = _own_token(call)
    covered = [each for each in call.state.repositories if installation.covers(each)]
    if token.repositories is not None:
        covered = token.repositories
    shown = [repository_json(call.state, each) for each in call.page(covered)]
    selection = "all" if token.repositories is None else "selected"
    body = {"total_count": len(covered), "repositories": shown, "repository_selection": selection}
    return Answer(200, body)


@routes.on("GET", "/app/hook/config", "apps/get-webhook-config-for-app")
def get_hook_config(call: Call) -> Answer:
    """Give the App's webhook settings."""
    app = _app(call)
    return Answer(
        200,
        {
            "url": app.webhook_url,
            "content_type": "json",
            "insecure_ssl": "0",
            "secret": "********",
        },
    )


@routes.on("PATCH", "/app/hook/config", "apps/update-webhook-config-for-app")
def update_hook_config(call: Call) -> Answer:
    """Change where the App's webhooks go and with which secret they are signed."""
    app = _app(call)
    app.webhook_url = call.body.get("url", app.webhook_url)
    app.webhook_secret = call.body.get("secret", app.webhook_secret)
    return get_hook_config(call)


def _delivery(call: Call) -> Delivery:
    app = _app(call)
    for delivery in call.state.deliveries:
        if delivery.app.id == app.id and delivery.id == call.path["delivery_id"]:
            return delivery
    raise NotFound


@routes.on("GET", "/app/hook/deliveries", "apps/list-webhook-deliveries")
def list_deliveries(call: Call) -> Answer:
    """List deliveries to the App, newest first, with a cursor as GitHub has it."""
    app = _app(call)
    size = min(int(call.query.get("per_page", "30")), 100)
    before = call.query.get("cursor", "")
    mine = [
        each
        for each in reversed(call.state.deliveries)
        if each.app.id == app.id and each.status != "pending"
    ]
    if before:
        mine = [each for each in mine if each.id <= int(before)]
    if len(mine) > size:
        call.links["next"] = f"{call.url}?per_page={size}&cursor={mine[size].id}"
    return Answer(200, [delivery_json(each) for each in mine[:size]])


@routes.on("GET", "/app/hook/deliveries/<int:delivery_id>", "apps/get-webhook-delivery")
def get_delivery(call: Call) -> Answer:
    """Give a delivery with all that was sent and answered."""
    return Answer(200, full_delivery_json(_delivery(call)))


@routes.on(
    "POST", "/app/hook/deliveries/<int:delivery_id>/attempts", "apps/redeliver-webhook-delivery"
)
def redeliver_delivery(call: Call) -> Answer:
    """Deliver once more."""
    redeliver(call.state, _delivery(call))
    return Answer(202, {})
