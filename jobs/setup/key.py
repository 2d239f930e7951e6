"""Makes the key of a snapshot: the same exactly as long as a set-up would come to the same."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import PurePosixPath

from jobs.setup.manifests import Manifests
from jobs.setup.plan import PLAN_VERSION, Plan

_MOST_INPUTS = 500
_NAMES = frozenset(
    {
        *("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "uv.lock", "uv.toml"),
        *("poetry.lock", "poetry.toml", "pdm.lock", "pdm.toml", "Pipfile", "Pipfile.lock"),
        *(".python-version", "MANIFEST.in", "package.json", "package-lock.json", ".nvmrc"),
        *("npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock", ".npmrc"),
        *(".yarnrc.yml", ".yarnrc", "go.mod", "go.sum", "go.work", "go.work.sum"),
    }
)
_REQUIREMENTS = re.compile(
    r"(.*/)?([\w.-]*(requirements?|constraints?)[\w.-]*\.(txt|in)|(requirements?|reqs)/[^/]+\.txt)"
)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_WORD = re.compile(r"[\w./+-]+")


def key_of(
    digest: str,
    plan: Plan,
    manifests: Manifests,
    hosts: tuple[str, ...],
    environment: Mapping[str, str],
) -> str:
    """Return it as a hexadecimal digest.

    In it are the image, the commands, the content of every lock and manifest file and of every
    file that a command names, and what of the operator's settings a set-up can see.
    """
    parts = {
        "version": PLAN_VERSION,
        "image": digest,
        "plan": {**asdict(plan), "problems": ()},
        "files": {path: manifests.object_id(path) for path in _inputs(plan, manifests)},
        "hosts": sorted(hosts),
        "environment": dict(environment),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:40]


def _inputs(plan: Plan, manifests: Manifests) -> list[str]:
    found = {
        path
        for path in manifests.paths
        if PurePosixPath(path).name in _NAMES or _REQUIREMENTS.fullmatch(path)
    }
    kept = sorted(found, key=lambda path: (path.count("/"), path))[:_MOST_INPUTS]
    return [*kept, *sorted(set(_named(plan, manifests)) - found)]


def _named(plan: Plan, manifests: Manifests) -> Iterator[str]:
    for step in plan.steps:
        words = _WORD.findall(step.command)
        yield from (
            word.removeprefix("./") for word in words if word.removeprefix("./") in manifests
        )
        if "make" in words:
            yield from (name for name in _MAKEFILES if name in manifests)
