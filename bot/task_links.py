"""Makes the links to a task's page, and tells who may follow them.

On a loopback address whoever is on this machine may. Anywhere else the link carries a key, so that
the page opens for those who can read the link, on the issue.
"""

import hashlib
import hmac
import ipaddress
from urllib.parse import urlsplit

from bot.settings import Settings

_KEY_LENGTH = 32


class TaskLinks:
    """Links to the pages of tasks, and the keys in them."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url
        self._secret = settings.webhook_secret.get_secret_value().encode()
        self._open = _is_loopback(urlsplit(settings.public_url).hostname or "")

    def url(self, task_id: str) -> str:
        """Return the address of a task's page."""
        page = f"{self._public_url}/tasks/{task_id}"
        return page if self._open else f"{page}?key={self._key(task_id)}"

    def may_read(self, task_id: str, key: str, *, from_here: bool) -> bool:
        """Say whether this key opens this task; no key opens the list of all (an empty id).

        `from_here` says that the request comes from this machine itself, through nothing else: a
        proxy that serves a loopback address to the world must not open what is open here.
        """
        if self._open and from_here:
            return True
        return bool(task_id) and hmac.compare_digest(key.encode(), self._key(task_id).encode())

    def _key(self, task_id: str) -> str:
        made = hmac.new(self._secret, f"page of task {task_id}".encode(), hashlib.sha256)
        return made.hexdigest()[:_KEY_LENGTH]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
