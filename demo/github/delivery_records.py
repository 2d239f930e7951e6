"""Webhook deliveries as this GitHub remembers them, and the plan by which they go out."""

from dataclasses import dataclass, field

from demo.github.records import App


@dataclass
class Delivery:
    """One attempt to bring a webhook to an App."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    body: bytes
    created_at: float
    installation_id: int | None = None
    repository_id: int | None = None
    redelivery: bool = False
    status: str = "pending"
    status_code: int = 0
    duration_s: float = 0.0
    delivered_at: float | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    wait_s: float = 0.0


@dataclass
class DeliveryPlan:
    """How deliveries go out: once and at once, unless a test wants them otherwise."""

    times: int = 1
    delay_s: float = 0.0
    hold: int = 0
    """Keep so many back and then send them last first: out of order."""
    drop: bool = False
    """Write them down as failed without sending: as if the bot could not be reached."""
    held: list[Delivery] = field(default_factory=list)
