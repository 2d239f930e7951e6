"""Apps, installations, tokens and deliveries as GitHub's JSON."""

import json
from typing import Any

from demo.github.delivery_records import Delivery
from demo.github.present.people import api, instant, node_id, user_json
from demo.github.present.repositories import repository_json
from demo.github.records import App, Installation, Token
from demo.github.state import State

Json = dict[str, Any]


def app_json(state: State, app: App) -> Json:
    """Write an App."""
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": node_id("A", app.id),
        "client_id": app.client_id,
        "owner": user_json(state, app.owner),
        "name": app.name,
        "description": app.description,
        "external_url": app.external_url or state.url,
        "html_url": f"{state.url}/apps/{app.slug}",
        "created_at": instant(app.created_at),
        "updated_at": instant(app.created_at),
        "permissions": dict(app.permissions),
        "events": list(app.events),
    }


def own_app_json(state: State, app: App) -> Json:
    """Write an App as it sees itself."""
    count = sum(each.app.id == app.id for each in state.installations)
    return app_json(state, app) | {"installations_count": count}


def app_or_none_json(state: State, app: App | None) -> Json | None:
    """Write the App through which something was done, if one was."""
    return None if app is None else app_json(state, app)


def installation_json(state: State, installation: Installation) -> Json:
    """Write an installation."""
    url = f"{api(state)}/app/installations/{installation.id}"
    return {
        "id": installation.id,
        "client_id": installation.app.client_id,
        "account": user_json(state, installation.account),
        "repository_selection": "all" if installation.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{api(state)}/installation/repositories",
        "html_url": f"{state.url}/settings/installations/{installation.id}",
        "app_id": installation.app.id,
        "app_slug": installation.app.slug,
        "target_id": installation.account.id,
        "target_type": installation.account.type,
        "permissions": dict(installation.permissions),
        "events": list(installation.events),
        "created_at": instant(installation.created_at),
        "updated_at": instant(installation.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": (
            None if installation.suspended_at is None else instant(installation.suspended_at)
        ),
    }


def token_json(state: State, token: Token) -> Json:
    """Write a new installation token: the only time that its value is shown."""
    shown: Json = {
        "token": token.value,
        "expires_at": instant(token.expires_at or 0.0),
        "permissions": dict(token.permissions),
        "repository_selection": "all" if token.repositories is None else "selected",
    }
    if token.repositories is not None:
        shown["repositories"] = [repository_json(state, each) for each in token.repositories]
    return shown


def delivery_json(delivery: Delivery) -> Json:
    """Write a delivery as in the list."""
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": instant(delivery.delivered_at or delivery.created_at),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.duration_s, 2),
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def full_delivery_json(delivery: Delivery) -> Json:
    """Write a delivery with what was sent and what came back."""
    return delivery_json(delivery) | {
        "url": delivery.app.webhook_url,
        "request": {
            "headers": dict(delivery.request_headers),
            "payload": json.loads(delivery.body),
        },
        "response": {
            "headers": dict(delivery.response_headers),
            "payload": delivery.response_body,
        },
    }
