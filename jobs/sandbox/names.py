"""Says in a container's name whose sandbox it is: unlike a label, a name can be changed later."""

import re
import secrets
import time
from typing import Any

from jobs.sandbox import profile
from jobs.sandbox.sandboxes import Running

PREFIX = "patchbay"
_NAMED = re.compile(rf"/{PREFIX}-([a-z0-9]+)-(\d+)-[0-9a-f]{{8}}")


def name(task_id: str, epoch: int) -> str:
    """Return a new name for a sandbox of a task."""
    return f"{PREFIX}-{task_id}-{epoch}-{secrets.token_hex(4)}"


def running(container: dict[str, Any]) -> Running:
    """Read a container as the engine lists it; one with another name is nobody's."""
    name = container["Names"][0] if container.get("Names") else ""
    named = _NAMED.fullmatch(name)
    task_id, epoch = (named[1], int(named[2])) if named else ("", -1)
    deadline = container["Labels"].get(profile.DEADLINE_LABEL, "")
    overdue = not deadline.isdigit() or int(deadline) < time.time()
    return Running(container["Id"], task_id, epoch, overdue)
