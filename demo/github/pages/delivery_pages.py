"""Webhook deliveries: what was sent to the Apps, what came back, and sending again."""

import json
from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from demo.github.acts.announce import redeliver
from demo.github.delivery_records import Delivery as DeliveryRecord
from demo.github.errors import NotFound
from demo.github.pages.read_repository import person
from demo.github.pages.site import Site
from demo.github.pages.views import Delivery, Person

MOST_SHOWN = 100


@dataclass(frozen=True)
class Listener:
    """An App and where it listens."""

    name: str
    person: Person
    webhook_url: str


def register(pages: Blueprint, site: Site) -> None:
    """Add the addresses of this module."""

    @pages.get("/deliveries")
    def deliveries() -> str:
        with site.state.lock:
            newest = site.state.deliveries[: -MOST_SHOWN - 1 : -1]
            apps = [
                Listener(a.name, person(a.bot), a.webhook_url) for a in site.state.apps if a.events
            ]
            shown = [_view(site, each) for each in newest]
            return site.page("github/deliveries.html", deliveries=shown, apps=apps)

    @pages.get("/deliveries/<int:delivery_id>")
    def delivery(delivery_id: int) -> str:
        with site.state.lock:
            found = _find(site, delivery_id)
            return site.page("github/delivery.html", delivery=_view(site, found, full=True))

    @pages.post("/deliveries/<int:delivery_id>/redeliver")
    def again(delivery_id: int) -> Response:
        with site.state.lock:
            redeliver(site.state, _find(site, delivery_id))
            return site.done("/deliveries", site.user())


def _find(site: Site, delivery_id: int) -> DeliveryRecord:
    for each in site.state.deliveries:
        if each.id == delivery_id:
            return each
    raise NotFound


def _view(site: Site, record: DeliveryRecord, *, full: bool = False) -> Delivery:
    names = {each.id: each.full_name for each in site.state.repositories}
    return Delivery(
        id=record.id,
        guid=record.guid,
        event=record.event,
        action=record.action or "",
        repository=names.get(record.repository_id or 0, ""),
        at=record.created_at,
        status=record.status,
        status_code=record.status_code,
        seconds=record.duration_s,
        redelivery=record.redelivery,
        url=record.app.webhook_url,
        request_headers=_headers(record.request_headers) if full else "",
        payload=json.dumps(json.loads(record.body), indent=2) if full else "",
        response=_headers(record.response_headers) + "\n\n" + record.response_body if full else "",
    )


def _headers(headers: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
