"""The web process: hears GitHub's deliveries, stores them, and shows the pages of tasks."""

import re

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from bot.logging import configure
from bot.redaction import Redactor
from bot.settings import Settings
from bot.task_links import TaskLinks
from bot.webhook import BadSignature, verify
from jobs.queues import Bell, BellSilent
from pages.metrics.page import metrics
from pages.task_page import TaskPages, blueprint
from records.actions import Actions
from records.database import migrate, open_database
from records.deliveries import Deliveries
from records.figures import Figures
from records.tasks import Tasks

# GitHub caps a delivery at 25 MB:
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
LARGEST_DELIVERY = 25 * 1024 * 1024
_NAME = re.compile(r"[\x21-\x7e]{1,100}")

_log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> Flask:
    """Put the web process together; SettingsError if something that it needs is missing."""
    settings = settings or Settings.load()
    configure(
        log_format=settings.log_format,
        level=settings.log_level,
        redactor=Redactor(settings.secrets()),
    )
    migrate(settings.database())
    database = open_database(settings.database())
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_DELIVERY
    deliveries = Deliveries(database)
    bell = Bell(settings.redis_url)
    secret = settings.webhook_secret.get_secret_value().encode()
    app.register_blueprint(
        blueprint(
            TaskPages(
                tasks=Tasks(database),
                actions=Actions(database),
                may_read=TaskLinks(settings).may_read,
                github_url=settings.github_url,
            )
        )
    )

    app.register_blueprint(metrics(Figures(database), TaskLinks(settings).may_read))

    @app.post("/webhook")
    def webhook() -> Response:
        return receive(secret, deliveries, bell)

    @app.get("/healthz")
    def healthy() -> Response:
        return _words("ok")

    return app


def receive(secret: bytes, deliveries: Deliveries, bell: Bell) -> Response:
    """Store one delivery before it is answered; nothing of it is read here."""
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _words("The body is larger than a delivery can be.", 413)
    try:
        verify(secret, body, request.headers.get("X-Hub-Signature-256"))
    except BadSignature as wrong:
        return _words(str(wrong), 401)
    if request.mimetype != "application/json":
        return _words("Set the webhook's content type to application/json.", 415)
    delivery_id = request.headers.get("X-GitHub-Delivery", "")
    event = request.headers.get("X-GitHub-Event", "")
    if not _NAME.fullmatch(delivery_id) or not _NAME.fullmatch(event):
        return _words("X-GitHub-Delivery and X-GitHub-Event must name the delivery.", 400)
    if not deliveries.store(delivery_id, event, body):
        return _words("This delivery is known already.", 200)
    try:
        bell.ring_delivery(delivery_id)
    except BellSilent:
        _log.warning("bell.silent", delivery=delivery_id)
    return _words("Stored.", 202)


def _words(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status=status, mimetype="text/plain")
