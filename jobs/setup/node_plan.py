"""Recognises how a JavaScript project is installed, and whether its tests need it built."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

from jobs.setup.manifests import Manifests, inside, table
from jobs.setup.npm_again import npm_again
from jobs.setup.plan import Part, Step, placed

_NEEDS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_MANAGER = re.compile(r"(npm|pnpm|yarn)@(\d+(?:\.\d+){0,2})")
_ENTRIES = ("main", "module", "types", "typings", "bin", "exports")
REGISTRY = "https://registry.npmjs.org"
YARN_MAY_LOCK = "YARN_ENABLE_IMMUTABLE_INSTALLS=false"
"""Yarn 2 and later write no lock file of their own accord where nobody looks on."""
_DONE_BY_INSTALL = ("prepare", "install", "postinstall")
"""Scripts that npm, pnpm and yarn run themselves after an install."""


def node_plan(manifests: Manifests, folder: str = "") -> Part | None:
    """Find out how the package in a folder is installed; None where it needs nothing."""
    package = manifests.json(inside(folder, "package.json"))
    if not package:
        return None
    source, steps, runner = _install(manifests, folder, package)
    if not steps:
        return None
    build = _needs_build(manifests, folder, package)
    if build:
        steps = [*steps, Step(f"{runner} run build")]
    prepares = "prepare" in table(package, "scripts")
    return Part(inside(folder, source), placed(folder, steps), builds=build or prepares)


def _install(
    manifests: Manifests, folder: str, package: dict[str, Any]
) -> tuple[str, list[Step], str]:
    """Return what says so, the steps, and the program that runs scripts."""

    def has(name: str) -> bool:
        return inside(folder, name) in manifests

    manager, version = node_manager(manifests, folder)
    if manager == "pnpm":
        return _pnpm(version, locked=has("pnpm-lock.yaml"))
    if manager == "yarn":
        modern = is_modern(manifests, folder, version)
        return _yarn(version, modern=modern, locked=has("yarn.lock"))
    install = "npm install --no-audit --no-fund"
    for lock in ("package-lock.json", "npm-shrinkwrap.json"):
        if has(lock):
            ways = (install, npm_again(install))
            return lock, [Step("npm ci --no-audit --no-fund", otherwise=ways)], "npm"
    needs = any(table(package, key) for key in _NEEDS) or package.get("workspaces")
    if not needs:
        return "", [], "npm"
    # No lock file is left behind that the project does not have.
    install = f"{install} --no-package-lock"
    return "package.json", [Step(install, otherwise=(npm_again(install),))], "npm"


def node_manager(manifests: Manifests, folder: str) -> tuple[str, str]:
    """Return the package manager of the package in a folder, and its version if that is said."""
    package = manifests.json(inside(folder, "package.json"))
    said = _MANAGER.match(str(package.get("packageManager", "")))
    named, version = (said[1], said[2]) if said else ("", "")
    for manager, lock in (("pnpm", "pnpm-lock.yaml"), ("yarn", "yarn.lock")):
        if inside(folder, lock) in manifests or named == manager:
            return manager, version if named == manager else ""
    return "npm", ""


def is_modern(manifests: Manifests, folder: str, version: str) -> bool:
    """Say whether the yarn of a folder is version 2 or later, which is another program."""
    named = bool(version) and not version.startswith("1.")
    return named or inside(folder, ".yarnrc.yml") in manifests


def _pnpm(version: str, *, locked: bool) -> tuple[str, list[Step], str]:
    install = "pnpm install"
    first, second = (f"{install} --frozen-lockfile", f"{install} --no-frozen-lockfile")
    step = Step(first, otherwise=(second,)) if locked else Step(second)
    return "pnpm-lock.yaml" if locked else "package.json", [program("pnpm", version), step], "pnpm"


def _yarn(version: str, *, modern: bool, locked: bool) -> tuple[str, list[Step], str]:
    source = "yarn.lock" if locked else "package.json"
    if modern:
        # Yarn 2 and later are another package; version 1 hands over to one in the repository.
        bring = program("yarn", version if version and not version.startswith("1.") else "4")
        install = f"YARN_NPM_REGISTRY_SERVER={REGISTRY} yarn install"
        anyhow = f"{YARN_MAY_LOCK} {install}"
        return source, [bring, Step(f"{install} --immutable", otherwise=(anyhow,))], "yarn"
    bring = program("yarn", "1")
    if not locked:
        install = f"YARN_REGISTRY={REGISTRY} yarn install --no-lockfile"
        return source, [bring, Step(install)], "yarn"
    # The same packages by another name, which is not on the list of hosts.
    same = Step("sed -i 's,//registry.yarnpkg.com/,//registry.npmjs.org/,' yarn.lock")
    frozen = Step("yarn install --frozen-lockfile", otherwise=("yarn install",))
    return source, [bring, same, frozen], "yarn"


def program(name: str, version: str) -> Step:
    """Bring in a package manager, in the version that is named, where it is not there."""
    package = "@yarnpkg/cli-dist" if name == "yarn" and not version.startswith("1") else name
    wanted = f"{package}@{version}" if version else package
    major = version.split(".", maxsplit=1)[0]
    there = f"command -v {name}"
    if major:
        there = f"{name} --version | grep -q '^{major}\\.'"
    return Step(
        shlex.join(["npm", "install", "--global", "--no-audit", "--no-fund", wanted]), unless=there
    )


def _needs_build(manifests: Manifests, folder: str, package: dict[str, Any]) -> bool:
    """Say whether what others (and tests) import of the package has to be built first.

    It has, if there is a `build` script and an entry point names a file that is not in the
    repository; workspaces import each other by such entry points. An install runs `prepare`.
    """
    scripts = table(package, "scripts")
    if not isinstance(scripts.get("build"), str):
        return False
    if any("build" in str(scripts.get(name, "")) for name in _DONE_BY_INSTALL):
        return False
    folders = [folder]
    if package.get("workspaces") or inside(folder, "pnpm-workspace.yaml") in manifests:
        start = f"{folder}/" if folder else ""
        folders += [
            path.removesuffix("/package.json")
            for path in manifests.paths
            if path.startswith(start) and path.endswith("/package.json")
        ][:_MOST_WORKSPACES]
    return any(_is_missing(manifests, one) for one in folders)


_MOST_WORKSPACES = 40


def _is_missing(manifests: Manifests, folder: str) -> bool:
    package = manifests.json(inside(folder, "package.json"))
    for entry in (target for key in _ENTRIES for target in _targets(package.get(key))):
        path = inside(folder, entry.removeprefix("./"))
        if "*" not in path and not any(
            each in manifests for each in (path, f"{path}.js", f"{path}/index.js")
        ):
            return True
    return False


def _targets(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for value in entry.values():
            yield from _targets(value)
