"""Says what a small container of the keeper's own may do: it runs none of the project's code."""

from typing import Any

from jobs.sandbox import profile

_MB = 1024 * 1024


def errand(
    image: str,
    command: list[str],
    mounts: list[dict[str, Any]],
    *,
    user: str = profile.AGENT,
    memory_mb: int = 64,
    pids: int = 8,
) -> dict[str, Any]:
    """Return the container in the names of Docker's API; whoever makes it labels it.

    There is no network, as for a sandbox, and Docker does not make one first, which is half of a
    start. So there is no /etc/hosts, nor shared memory: for a sandbox this will not do.
    """
    return {
        "Image": image,
        "Entrypoint": [],
        "Cmd": command,
        "User": user,
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": True,
        "HostConfig": {
            "NetworkMode": "none",
            "Dns": ["127.0.0.1"],
            "IpcMode": "none",
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true", f"seccomp={profile.seccomp()}"],
            "ReadonlyRootfs": True,
            "Memory": memory_mb * _MB,
            "MemorySwap": memory_mb * _MB,
            "PidsLimit": pids,
            "LogConfig": {"Type": "none", "Config": {}},
            "Mounts": mounts,
        },
    }


def mount_of(volume: str, target: str, *, read_only: bool = False) -> dict[str, Any]:
    """Return a mount of a volume that is there, in which nothing of the image is laid down."""
    return {
        "Type": "volume",
        "Source": volume,
        "Target": target,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True},
    }
