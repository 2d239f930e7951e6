"""Says whether this very process could speak to Docker without asking the keeper."""

import socket
from urllib.parse import urlsplit

_USUAL = "unix:///var/run/docker.sock"
_ANSWERS_S = 1.0


def engines_in_reach(docker_host: str | None) -> list[str]:
    """Return which engines this process can open: the one that is set, and the usual one."""
    return [host for host in dict.fromkeys((docker_host or _USUAL, _USUAL)) if _opens(host)]


def docker_in_reach(docker_host: str | None) -> str:
    """Say it in words for the operator of a process with keys; empty if there is none."""
    engines = engines_in_reach(docker_host)
    if not engines:
        return ""
    return (
        f"this process holds keys and can open {' and '.join(engines)}, so what takes it over "
        "has the whole machine: run the keeper as another user, who alone is in the group of that "
        "socket (docs/operating.md, Two users)"
    )


def _opens(host: str) -> bool:
    scheme, _, rest = host.partition("://")
    try:
        if scheme == "unix":
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWERS_S)
                connection.connect(rest)
        else:
            address = urlsplit(host)
            place = (address.hostname or "", address.port or 2375)
            socket.create_connection(place, _ANSWERS_S).close()
    except (OSError, ValueError):  # a port that is no number opens nothing either
        return False
    return True
