"""Writes a webhook for every App that listens and hands it to the deliverer."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from demo.github.delivery_records import Delivery
from demo.github.present.people import node_id, user_json
from demo.github.present.repositories import full_repository_json
from demo.github.records import Actor, App, Installation, Repository
from demo.github.state import State

ALWAYS_HEARD = frozenset({"installation", "installation_repositories", "github_app_authorization"})


def announce(
    state: State,
    repository: Repository,
    event: str,
    actor: Actor,
    details: dict[str, Any],
    only: App | None = None,
) -> None:
    """Tell the Apps on a repository, or one, what happened; `details` begins with the action."""
    for installation in state.installations_on(repository):
        if event not in installation.events or installation.suspended_at is not None:
            continue
        if only is not None and installation.app.id != only.id:
            continue
        body = details | {
            "repository": _repository(state, repository),
            "sender": user_json(state, actor.user),
            "installation": {
                "id": installation.id,
                "node_id": node_id("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation.id),
            },
        }
        if repository.owner.type == "Organization":
            body["organization"] = _organization(state, repository)
        _post(state, installation, event, body, repository)


def announce_installation(
    state: State, installation: Installation, actor: Actor, event: str, details: dict[str, Any]
) -> None:
    """Tell an App about its own installation."""
    body = details | {"sender": user_json(state, actor.user)}
    _post(state, installation, event, body, None)


def _repository(state: State, repository: Repository) -> dict[str, Any]:
    shown = full_repository_json(state, repository)
    for only_in_rest in ("temp_clone_token", "network_count", "subscribers_count"):
        shown.pop(only_in_rest)
    return shown | {"custom_properties": {}}


def _organization(state: State, repository: Repository) -> dict[str, Any]:
    owner = repository.owner
    url = f"{state.url}/api/v3/orgs/{owner.login}"
    shown = user_json(state, owner)
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": shown["node_id"],
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": shown["avatar_url"],
        "description": "",
    }


def _post(
    state: State,
    installation: Installation,
    event: str,
    body: dict[str, Any],
    repository: Repository | None,
) -> None:
    app = installation.app
    if not app.webhook_url:
        return
    delivery = Delivery(
        id=state.next_id(),
        guid=str(uuid.uuid1()),
        app=app,
        event=event,
        action=body.get("action"),
        body=json.dumps(body).encode(),
        created_at=state.now(),
        installation_id=installation.id,
        repository_id=repository.id if repository else None,
    )
    send(state, [delivery])


def send(state: State, deliveries: Sequence[Delivery]) -> None:
    """Remember deliveries and hand them on as the plan says: twice, late, out of order."""
    plan = state.delivery_plan
    for delivery in deliveries:
        state.deliveries.append(delivery)
        delivery.wait_s = plan.delay_s
        if plan.drop:
            delivery.status, delivery.status_code = "failed to connect to host", 502
            delivery.delivered_at = state.now()
            continue
        copies = [delivery] * plan.times
        if plan.hold > 0:
            plan.held += copies
            plan.hold -= 1
            if plan.hold == 0:
                release(state)
            continue
        for each in copies:
            state.outbox.put(each)


def release(state: State) -> None:
    """Send what was held back, last first."""
    plan = state.delivery_plan
    held, plan.held, plan.hold = plan.held, [], 0
    for each in reversed(held):
        state.outbox.put(each)


def redeliver(state: State, delivery: Delivery) -> Delivery:
    """Bring a delivery once more, under the same GUID."""
    again = Delivery(
        id=state.next_id(),
        guid=delivery.guid,
        app=delivery.app,
        event=delivery.event,
        action=delivery.action,
        body=delivery.body,
        created_at=state.now(),
        installation_id=delivery.installation_id,
        repository_id=delivery.repository_id,
        redelivery=True,
    )
    send(state, [again])
    return again


def ping(state: State, app: App) -> None:
    """Greet the webhook of a new App, as GitHub does."""
    if not app.webhook_url:
        return
    body = {
        "zen": "Keep it logically awesome.",
        "hook_id": app.hook_id,
        "hook": {
            "type": "App",
            "id": app.hook_id,
            "name": "web",
            "active": True,
            "events": list(app.events),
            "config": {
                "content_type": "json",
                "insecure_ssl": "0",
                "secret": "********",
                "url": app.webhook_url,
            },
            "updated_at": "2026-01-01T00:00:00Z",
            "created_at": "2026-01-01T00:00:00Z",
            "app_id": app.id,
            "deliveries_url": f"{state.url}/api/v3/app/hook/deliveries",
        },
    }
    delivery = Delivery(
        id=state.next_id(),
        guid=str(uuid.uuid1()),
        app=app,
        event="ping",
        action=None,
        body=json.dumps(body).encode(),
        created_at=state.now(),
    )
    send(state, [delivery])
