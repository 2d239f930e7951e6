"""Brings in packages that people allowed one task, beside what its project needs by itself."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.setup.debian import debian_steps
from jobs.setup.debian import exports as debian_exports
from jobs.setup.interpreters import PythonWish
from jobs.setup.manifests import Manifests, table
from jobs.setup.outcome import SetupOutcome
from jobs.setup.plan import REPORTS, Plan, Step
from jobs.setup.running import shown

# A name that ends like an archive is a file's name to pip and npm.
_NO_FILE = r"(?!.*\.(?:whl|zip|tar|tgz|gz|bz2|xz)$)"
_NPM_WORD = r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?"
_NAMES = {
    "pip": re.compile(rf"{_NO_FILE}[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,98}}[A-Za-z0-9])?"),
    "npm": re.compile(rf"{_NO_FILE}(?:@{_NPM_WORD}/)?{_NPM_WORD}"),
    # apt takes a name that ends in a minus as one to be removed.
    "apt": re.compile(r"[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]"),
}
_VERSIONS = {
    "pip": re.compile(r"[0-9][0-9A-Za-z.!+]{0,49}"),
    "npm": re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]{1,40})?"),
    "apt": re.compile(r"[0-9][0-9A-Za-z.+:~-]{0,79}"),
}
MANAGERS = tuple(_NAMES)

_FILES = (
    *("pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock", "pdm.lock"),
    *("package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"),
)
"""What a package manager may write into; it goes with the code when the environment is kept."""
_MANIFESTS = ("pyproject.toml", "requirements.txt", "package.json")
"""Those of them of which the changed lines are shown, and not their number alone."""
_BEFORE = """\
rm -rf "$TMPDIR/before"; mkdir -p "$TMPDIR/before"
for each in {files}; do
    [ ! -f "$each" ] || cp "$each" "$TMPDIR/before/"
done
"""
_SHOW = """\
for each in {files}; do
    old="$TMPDIR/before/$each"; [ -f "$old" ] || old=/dev/null
    [ -f "$each" ] && ! cmp -s "$old" "$each" || continue
    diff -U0 "$old" "$each" | tail -n +3 | grep '^[-+]' >"$TMPDIR/lines"
    echo "{reports} $each: +$(grep -c '^+' "$TMPDIR/lines") -$(grep -c '^-' "$TMPDIR/lines") lines"
    case " {manifests} " in *" $each "*)
        head -n 3 "$TMPDIR/lines" | sed "s,^,{reports} $each: ,";;
    esac
done
true
"""


class BadPackage(ValueError):
    """No package of a package manager's; the words say what would be one."""


@dataclass(frozen=True)
class Wanted:
    """One package by name; without a version, the newest that the manager takes."""

    manager: str
    name: str
    version: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as the records keep it, and as `wanted` reads it."""
        return {"manager": self.manager, "name": self.name, "version": self.version}

    @property
    def words(self) -> str:
        """Name it for people."""
        return f"{self.name} {self.version or '(newest)'} ({self.manager})"

    @property
    def spec(self) -> str:
        """Name it for its manager; it is a name and a version, whatever it is made of."""
        match self.manager:
            case "npm":
                return f"{self.name}@{self.version or 'latest'}"
            case "apt":
                return f"{self.name}={self.version}" if self.version else self.name
            case _:
                return f"{self.name}=={self.version}" if self.version else self.name


@dataclass(frozen=True)
class Came:
    """What came of one package."""

    package: str
    """In words for people."""
    installed: bool
    said: str = ""
    """Why it is not there: what the package manager printed last, or our own words."""
    changes: tuple[str, ...] = ()
    """What its manager would change in the project's own files, which stay as they are."""


def wanted(entry: Mapping[str, Any]) -> Wanted:
    """Read a package with `manager`, `name` and maybe `version`; BadPackage if it is none."""
    manager, name = str(entry.get("manager", "")), str(entry.get("name", ""))
    version = str(entry.get("version") or "")
    if manager not in _NAMES:
        raise BadPackage(f"`manager` is one of {', '.join(MANAGERS)}.")
    if not _NAMES[manager].fullmatch(name):
        raise BadPackage(
            f"A `name` for {manager} is that of one package alone: no version, path, address, "
            "option or extra in it."
        )
    if version and not _VERSIONS[manager].fullmatch(version):
        raise BadPackage(
            f"A `version` for {manager} is one exact version, as 1.2.3, and no range; leave it out "
            "for the newest."
        )
    return Wanted(manager, name, version)


def with_wanted(plan: Plan, manifests: Manifests, packages: Sequence[Wanted]) -> Plan:
    """Add to a plan, after its own steps, what brings these packages in; the key follows from it.

    Each is a step of its own, so that one that is not to be had takes no other with it.
    """
    if not packages:
        return plan
    if any(one.manager == "pip" for one in packages) and plan.python is None:
        plan = replace(plan, python=PythonWish(), makes_venv=True)
    return replace(
        plan,
        source=", ".join(filter(None, (plan.source, "the packages that people allowed"))),
        steps=(*plan.steps, *(_step(one, plan, manifests) for one in packages)),
    )


def came_of(
    plan: Plan, manifests: Manifests, packages: Sequence[Wanted], outcome: SetupOutcome
) -> tuple[Came, ...]:
    """Say what came of each package."""
    return tuple(_came(one, shown(_step(one, plan, manifests)), outcome) for one in packages)


def _came(one: Wanted, command: str, outcome: SetupOutcome) -> Came:
    tried = next((each for each in outcome.tried if each.command == command), None)
    if tried is None or not outcome.kept:
        return Came(one.words, installed=False, said=outcome.trouble or _NOT_REACHED)
    if tried.exit_code:
        return Came(one.words, installed=False, said=tried.last_lines)
    return Came(one.words, installed=True, changes=tried.reports)


_NOT_REACHED = "The set-up ended before it came to it."


def _step(one: Wanted, plan: Plan, manifests: Manifests) -> Step:
    match one.manager:
        case "npm":
            return _by_npm(manifests, shlex.quote(one.spec))
        case "apt":
            return _by_apt(one.spec, known=bool(plan.packages))
        case _:
            return _by_pip(manifests, shlex.quote(one.spec))


def _by_apt(spec: str, *, known: bool) -> Step:
    """Unpack it; where nothing else is unpacked, no command knows the place yet."""
    [step] = debian_steps((spec,))
    if known:
        return step
    told = f"cat >>\"$AGENT_ENV\" <<'END_OF_EXPORTS'\n{debian_exports()}END_OF_EXPORTS\n"
    return replace(step, command=f"{step.command}{told}")


def _by_pip(manifests: Manifests, spec: str) -> Step:
    install = f"uv pip install {spec}"
    command = f"{install} || python -m pip install {spec}"
    return _noted(command, f"( {_entered(manifests, spec)} ) >/dev/null 2>&1", install)


def _entered(manifests: Manifests, spec: str) -> str:
    """Return the command by which the project's own files would name the package."""
    if "uv.lock" in manifests:
        return f"uv add --no-sync {spec}"
    if "poetry.lock" in manifests:
        return f"poetry add --lock {spec}"
    if "pdm.lock" in manifests:
        return f"pdm add --no-sync {spec}"
    if table(manifests.toml("pyproject.toml"), "project"):
        return f"uv add --frozen --no-sync {spec}"
    if "requirements.txt" in manifests:
        return rf"sed -i -e '$a\' requirements.txt && printf '%s\n' {spec} >>requirements.txt"
    return ":"


def _by_npm(manifests: Manifests, spec: str) -> Step:
    folder = _package_folder(manifests)
    if folder is None:
        install = f"npm install --global --no-audit --no-fund {spec}"
        return Step(install)
    names = manifests.names_in(folder)
    if "pnpm-lock.yaml" in names:
        root = "-w " if "pnpm-workspace.yaml" in names else ""
        install = f"pnpm add {root}{spec}"
    elif "yarn.lock" in names:
        install = f"yarn add {spec}"
    else:
        locked = {"package-lock.json", "npm-shrinkwrap.json"} & set(names)
        install = f"npm install --no-audit --no-fund {'' if locked else '--no-package-lock '}{spec}"
    return replace(_noted(install, ":", install), folder=folder)


def _package_folder(manifests: Manifests) -> str | None:
    """Return the folder nearest to the root that is a package of npm's, if there is one."""
    found = (path for path in manifests.paths if f"/{path}".endswith("/package.json"))
    nearest = min(found, key=lambda path: (path.count("/"), path), default=None)
    return None if nearest is None else nearest.removesuffix("package.json").rstrip("/")


def _noted(install: str, entered: str, label: str) -> Step:
    """Install, and report what the project's own files would have to say of it."""
    files = " ".join(_FILES)
    before = _BEFORE.format(files=files)
    show = _SHOW.format(files=files, manifests=" ".join(_MANIFESTS), reports=REPORTS)
    return Step(f"{before}{{ {install}; }} || exit\n{entered}\n{show}", label=label)
