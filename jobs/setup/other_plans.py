"""Recognises what Go modules need, and what a Makefile offers for setting up."""

import re

from jobs.setup.manifests import Manifests, inside
from jobs.setup.plan import Part, Step
from jobs.setup.python_manifest import read_manifest

_GO_NEEDS = re.compile(r"^\s*require\b", re.MULTILINE)
# Without a build cache the first `go test` compiles the standard library, which takes longer than
# all else. Nothing of the project is run. What does not compile is for its tests to say, not for
# the set-up. `go vet` keeps what it finds out about each package beside what was compiled.
_COMPILE = """\
timeout 400 go test -c -o /dev/null ./...
timeout 200 go vet ./...
true
"""
_TARGET = re.compile(r"^([A-Za-z0-9][\w.-]*)[ \t]*:(?!=)", re.MULTILINE)
_CALL = re.compile(r"\bmake[ \t]+([A-Za-z0-9][\w.-]*)")
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_MOST_TARGETS = 2
_SETS_UP = frozenset(
    {
        *("setup", "set-up", "bootstrap", "init", "install", "prepare", "dev", "develop", "deps"),
        *("dependencies", "requirements", "vendor", "tools", "env", "venv", "configure"),
        *("install-dev", "dev-install", "install-deps", "dev-deps", "deps-dev", "dev-setup"),
        *("setup-dev", "dev-env", "install_dev", "install_deps", "dev_install", "get-deps"),
    }
)


def go_plan(manifests: Manifests, folder: str = "") -> Part | None:
    """Fetch the modules that a module needs, and compile them with what Go itself brings."""
    module = inside(folder, "go.mod")
    if module not in manifests or not _has_go(manifests, folder):
        return None
    compiles = Step(_COMPILE, folder, label="go test -c ./... and go vet ./..., to compile once")
    brings = inside(folder, "vendor/modules.txt") in manifests
    if brings or not _GO_NEEDS.search(manifests.text(module)):
        return Part(module, (compiles,))
    return Part(module, (Step("go mod download", folder), compiles))


def _has_go(manifests: Manifests, folder: str) -> bool:
    start = f"{folder}/" if folder else ""
    return any(path.startswith(start) and path.endswith(".go") for path in manifests.paths)


def make_plan(manifests: Manifests, *, in_python: bool) -> Part | None:
    """Take the targets for setting up that a README or a CI file names, in their order."""
    name = next((name for name in _MAKEFILES if name in manifests), "")
    targets = set(_TARGET.findall(manifests.text(name) if name else "")) & _SETS_UP
    if not targets:
        return None
    for path in sorted(filter(_tells, manifests.paths)):
        called = dict.fromkeys(_CALL.findall(manifests.text(path)))
        if named := [target for target in called if target in targets][:_MOST_TARGETS]:
            return Part(
                f"{name}, as {path} says",
                tuple(Step(f"make {target}") for target in named),
                python=read_manifest(manifests, "").wish if in_python else None,
                makes_venv=in_python,
                builds=True,
            )
    return None


def _tells(path: str) -> bool:
    if path.startswith(".github/workflows/"):
        return path.endswith((".yml", ".yaml"))
    return path.upper().startswith(("README", "CONTRIBUTING", "DEVELOP", "HACKING"))
