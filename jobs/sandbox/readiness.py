"""Checks in a real sandbox that everything that must be denied is denied."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.sandbox.errors import SandboxError
from jobs.sandbox.profile import SandboxLimits
from jobs.sandbox.sandbox import Sandbox
from jobs.sandbox.sandboxes import READY, Sandboxes

_MB = 1024 * 1024
_AGENT_ID = 10001
_WRITABLE = {"/workspace", "/tmp", "/run/agent", "/dev/shm", "/dev/mqueue"}  # noqa: S108 - the container's own
_MOUNTED = re.compile(r"/|/(dev|proc|sys)(/.*)?|/etc/(hostname|hosts|resolv\.conf)|/run")
_NAMES_FROM_OUTSIDE = ("TOKEN", "SECRET", "KEY", "PASSWORD", "PROXY", "DATABASE", "REDIS", "DOCKER")

_Facts = dict[str, Any]
_Holds = Callable[[_Facts, SandboxLimits], bool]


def ready(sandboxes: Sandboxes, image: str, limits: SandboxLimits) -> None:
    """Raise SandboxError unless a real sandbox of `image` denies all that it must deny."""
    with sandboxes.start(image, task_id=READY, epoch=0, deadline_s=60) as sandbox:
        check(sandbox, limits)


def check(sandbox: Sandbox, limits: SandboxLimits) -> None:
    """Raise SandboxError, naming what is possible and should not be, and the mend."""
    found = _facts(sandbox)
    if wrong := [words for words, holds in _EXPECTED.items() if not holds(found, limits)]:
        raise SandboxError(
            f"this engine does not keep sandboxes in: {'; '.join(wrong)}. No task may start here. "
            "Check the engine's version and its configuration (docker info), or use another engine."
        )


def _facts(sandbox: Sandbox) -> _Facts:
    source = (Path(__file__).parent / "inside" / "probe.py").read_text(encoding="utf-8")
    script = f"python3 -I -S - <<'END_OF_PROBE'\n{source}\nEND_OF_PROBE\n"
    ended = sandbox.exec(script, timeout_s=30, workdir="/")
    try:
        facts: _Facts = json.loads(ended.output)
    except ValueError:
        raise SandboxError(f"the probe failed in the sandbox: {ended.output}") from None
    return facts


def _limit(name: str, size: Callable[[SandboxLimits], int]) -> _Holds:
    return lambda found, limits: 0 < found[name] <= size(limits)


def _swap(found: _Facts, limits: SandboxLimits) -> bool:
    # Empty: this kernel does not count swap, and Docker has said so at its start.
    return found["swap"] in {"", "0", str(limits.memory_mb * _MB)}


def _processor(found: _Facts, limits: SandboxLimits) -> bool:
    quota = found["cpu"].split()[0]
    return bool(quota == str(int(limits.cpus * 100_000)))


_EXPECTED: dict[str, _Holds] = {
    "commands run as another user than the agent's": lambda f, _: f["uid"] == _AGENT_ID,
    "capabilities are left": lambda f, _: not any(f["capabilities"]),
    "privileges can be gained by setuid": lambda f, _: f["no_new_privileges"] == "1",
    "no seccomp filter is on": lambda f, _: f["seccomp"] == "2",
    "there is a network": lambda f, _: f["interfaces"] == ["lo"],
    "sockets of dangerous families open": lambda f, _: not f["families"],
    "io_uring is open": lambda f, _: not f["io_uring"],
    "namespaces can be made": lambda f, _: not f["unshare"],
    "bpf is open": lambda f, _: not f["bpf"],
    "the kernel's key rings are open": lambda f, _: not f["keys"],
    "processes can be traced": lambda f, _: not f["ptrace"],
    "more than the work folders can be written": lambda f, _: set(f["writable"]) <= _WRITABLE,
    "folders of the host are inside": lambda f, _: all(
        each in _WRITABLE or _MOUNTED.fullmatch(each) for each in f["mounts"]
    ),
    "the tool server's memory can be read": lambda f, _: not f["server_readable"],
    "the engine's socket is inside": lambda f, _: not f["engine_socket"],
    "the control group of the host shows": lambda f, _: f["own_control_group"] == "/",
    "the processes of the host show": lambda f, _: f["parent_of_shell"] == 1,
    "the host's name shows": lambda f, _: f["hostname"] == "sandbox",
    "the environment holds what is not the sandbox's": lambda f, _: (
        not any(part in name for name in f["environment"] for part in _NAMES_FROM_OUTSIDE)
    ),
    "memory is not limited": lambda f, limits: f["memory"] == str(limits.memory_mb * _MB),
    "swap is not limited": _swap,
    "processes are not limited": lambda f, limits: f["pids"] == str(limits.pids),
    "processor time is not limited": _processor,
    "file size is not limited": _limit("file_size", lambda limits: limits.file_mb * _MB),
    "open files are not limited": _limit("open_files", lambda limits: limits.open_files),
    "core dumps are written": lambda f, _: f["core"] == 0,
    "the workspace is not limited": _limit("workspace", lambda limits: limits.workspace_mb * _MB),
    "the folder for temporary files is not limited": _limit(
        "tmp", lambda limits: limits.tmp_mb * _MB
    ),
    "shared memory is not limited": _limit(
        "shared_memory", lambda limits: limits.shared_memory_mb * _MB
    ),
}
