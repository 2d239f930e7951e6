"""Says whether a file that parsed before an edit still does: cheaply, and away from the server."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import time
import warnings
from typing import Callable

_LIMIT_S = 5
_COMPLAINT = 600


def newly_broken(path: str, before: bytes | None, after: bytes) -> str:
    """Return what is wrong with `after`, if it is and nothing was wrong with `before`."""
    check = _check_for(path)
    if not check:
        return ""
    complaint = check(after)
    if not complaint or (before is not None and check(before)):
        return ""
    return complaint


def _check_for(path: str) -> Callable[[bytes], str] | None:
    suffix = os.path.splitext(path)[1]
    if suffix in (".py", ".pyi"):
        return lambda data: _apart(_python, data)
    if suffix == ".json":
        return lambda data: _apart(_json, data)
    if suffix == ".toml":
        return lambda data: _apart(_toml, data)
    if suffix in (".sh", ".bash"):
        return lambda data: _by_command(["bash", "-n", "/dev/stdin"], data)
    if suffix in (".js", ".cjs") and shutil.which("node"):
        return lambda data: _by_command(["node", "--check", "-"], data)
    return None


def _python(data: bytes) -> str:
    warnings.simplefilter("ignore")
    try:
        compile(data, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}: {(error.text or '').strip()[:200]}"
    except ValueError as error:
        return str(error)
    return ""


def _json(data: bytes) -> str:
    try:
        json.loads(data)
    except ValueError as error:
        return str(error)
    return ""


def _toml(data: bytes) -> str:
    try:
        import tomllib  # noqa: PLC0415 - Python 3.11 and newer have it
    except ImportError:
        return ""
    try:
        tomllib.loads(data.decode())
    except ValueError as error:
        return str(error)
    return ""


def _apart(check: Callable[[bytes], str], data: bytes) -> str:
    """Run `check` in a process of its own, which a file made to crash a parser may take down."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        signal.set_wakeup_fd(-1)
        try:
            os.write(writer, check(data).encode("utf-8", "replace")[:_COMPLAINT])
        finally:
            os._exit(0)
    os.close(writer)
    until = time.monotonic() + _LIMIT_S
    said = b""
    while select.select([reader], [], [], max(0, until - time.monotonic()))[0]:
        more = os.read(reader, _COMPLAINT)
        if not more:
            break
        said += more
    os.close(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return said.decode("utf-8", "replace")


def _by_command(command: list[str], data: bytes) -> str:
    try:
        ended = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    if not ended.returncode:
        return ""
    return ended.stdout.decode("utf-8", "replace").strip()[:_COMPLAINT]
