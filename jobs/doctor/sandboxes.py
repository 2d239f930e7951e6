"""Looks at what sandboxes need: engine, runtime, images, keeper; and at a sandbox itself."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import SandboxSettings
from jobs.doctor.finding import Finding, fail, ok, warning
from jobs.keeper.client import Keeper
from jobs.keeper.reach import engines_in_reach
from jobs.limits import limits_of
from jobs.sandbox import SandboxError, Sandboxes
from jobs.sandbox.engine import Engine
from jobs.sandbox.engine_facts import EngineFacts, describe
from jobs.sandbox.networks import IMAGE as PROXY
from jobs.sandbox.readiness import is_gvisor, ready

_OLD_DAYS = 45
_OWNER = "doctor"
_RUNC_MENDED = ((1, 2, 8), (1, 3, 3), (1, 4, 0))
"""The first of each line that has the mends of CVE-2025-31133, -52565 and -52881."""
_KEEPER_AWAY_S = 1.0


def check_sandboxes(settings: SandboxSettings) -> Iterator[Finding]:
    """Check all that a sandbox is made of, and then a sandbox itself."""
    images = dict.fromkeys((settings.sandbox_image, *settings.sandbox_images, PROXY))
    try:
        facts = describe(settings.docker_host, images)
    except SandboxError as silent:
        yield warning(
            "engine",
            str(silent),
            "script/engine start, or set DOCKER_HOST; a process "
            "that reaches the keeper only need not see it",
        )
    else:
        yield from _engine(facts, settings.sandbox_runtime)
        yield from _images(facts, settings.sandbox_image)
    yield _socket(settings)
    keeper = _keeper(settings)
    yield keeper[0]
    yield _probe(keeper[1], settings)


def _engine(facts: EngineFacts, runtime: str) -> Iterator[Finding]:
    runc = facts.parts.get("runc", "")
    yield ok("engine", f"Docker {facts.version}, runc {runc}, cgroup v{facts.cgroup_version}")
    if not facts.seccomp:
        yield fail("engine", "it has no seccomp", "a kernel with CONFIG_SECCOMP_FILTER")
    for lacks in facts.warnings:
        if "limit" in lacks:
            yield warning("engine", lacks, "a kernel that counts it; the probe below decides")
    yield _runtime(facts, runtime)
    if not is_gvisor(runtime) and not is_mended(runc):
        yield warning(
            "runc",
            f"{runc} lacks the mends of CVE-2025-31133, -52565 and -52881",
            "runc 1.2.8, 1.3.3 or newer, or gVisor (SANDBOX_RUNTIME=runsc); until then "
            "docs/security.md says what limits the damage",
        )


def _runtime(facts: EngineFacts, runtime: str) -> Finding:
    if runtime not in facts.runtimes:
        return fail(
            "runtime",
            f"the engine has no {runtime}, only {', '.join(facts.runtimes)}",
            "register it in the engine's daemon.json, or set SANDBOX_RUNTIME=runc",
        )
    if is_gvisor(runtime) and "--network=none" not in facts.runtimes[runtime]:
        return fail(
            "runtime",
            f"{runtime} is registered without --network=none",
            '"runtimeArgs": ["--network=none"] in the engine\'s daemon.json',
        )
    return ok("runtime", runtime)


def is_mended(runc: str) -> bool:
    """Tell whether a version of runc keeps a container in while it starts."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", runc)
    if not found:
        return False
    version = tuple(map(int, found.groups()))
    line = [first for first in _RUNC_MENDED if first[:2] == version[:2]]
    return version >= line[0] if line else version > _RUNC_MENDED[-1]


def _images(facts: EngineFacts, wanted: str) -> Iterator[Finding]:
    for image, built in facts.images.items():
        name = image.rpartition("/")[2]
        if built is None:
            missing = fail if image == wanted else warning
            yield missing("image", f"there is no {image}", f"script/images {name}")
            continue
        days = (datetime.now(UTC) - built).days
        if days > _OLD_DAYS:
            mend = f"sandbox-images/build --again {name}, for Debian's updates"
            yield warning("image", f"{image} is {days} days old", mend)
        else:
            yield ok("image", f"{image}, built {built:%Y-%m-%d}")


def _socket(settings: SandboxSettings) -> Finding:
    """Whoever can open the engine's socket is root on this machine; workers must not."""
    engines = engines_in_reach(settings.docker_host)
    if not engines:
        return ok("Docker socket", "this user cannot open it")
    return warning(
        "Docker socket",
        f"this user can open {' and '.join(engines)}",
        "run workers as a user that is neither root nor in the group of the socket; only the "
        "keeper needs it",
    )


def _keeper(settings: SandboxSettings) -> tuple[Finding, Sandboxes]:
    path = settings.keeper_path()
    keeper = Keeper(path, patience_s=_KEEPER_AWAY_S)
    try:
        keeper.status()
    except SandboxError as away:
        own = Engine(
            settings.docker_host, settings.sandbox_runtime, limits_of(settings), owner=_OWNER
        )
        return warning("keeper", str(away), "script/server starts one"), own
    return _private(path), keeper


def _private(path: Path) -> Finding:
    mode = path.stat().st_mode & 0o777
    if mode & 0o007:
        return fail("keeper", f"anybody may speak to {path} (mode {mode:o})", f"chmod o= {path}")
    return ok("keeper", f"answers at {path}")


def _probe(sandboxes: Sandboxes, settings: SandboxSettings) -> Finding:
    image, limits = settings.sandbox_image, limits_of(settings)
    through = "keeper's" if isinstance(sandboxes, Keeper) else "engine's"
    try:
        facts = ready(sandboxes, image, limits, runtime=settings.sandbox_runtime, files=True)
    except SandboxError as unfit:
        return fail("sandbox", str(unfit), "what the line names; docs/security.md has the table")
    if raising := facts["raising_files"]:
        return warning(
            "sandbox",
            f"{image} has files that raise rights: {', '.join(raising)}",
            "chmod u-s,g-s and setcap -r in the image; no-new-privileges makes them "
            "worthless in a sandbox",
        )
    return ok("sandbox", f"one of {image}, the {through}, denies all that it must deny")
