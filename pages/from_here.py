"""Tells whether a request comes from this machine itself, and not by way of somebody's proxy."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Request

# What proxies add. One that adds nothing and asks by this machine's own name cannot be told from a
# browser here; for it there is PATCHBAY_PUBLIC_URL.
_OF_PROXIES = ("Forwarded", "Via", "X-Real-Ip", "X-Client-Ip")
_ALSO_OF_PROXIES = "X-Forwarded"


def is_from_here(request: Request) -> bool:
    """Say whether a program on this machine asks, by this machine's own name.

    The name matters too: a web page elsewhere can point a name of its own at this machine.
    """
    names = {name.title() for name in request.headers.keys()}  # noqa: SIM118 - iterating gives pairs
    if any(name in _OF_PROXIES or name.startswith(_ALSO_OF_PROXIES) for name in names):
        return False
    try:
        asked_for = urlsplit(f"//{request.host}").hostname or ""
        return _is_loopback(request.remote_addr or "") and _is_loopback(asked_for)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback
