"""Says by which commands each package manager adds one package to what a project has."""

import shlex
from collections.abc import Iterable
from dataclasses import replace

from jobs.setup.debian import debian_steps
from jobs.setup.debian import exports as debian_exports
from jobs.setup.detect import BESIDE
from jobs.setup.manifests import Manifests, inside, table
from jobs.setup.node_plan import REGISTRY, YARN_MAY_LOCK, is_modern, node_manager, program
from jobs.setup.plan import REPORTS, Step

_FILES = (
    *("pyproject.toml", "requirements.txt", "uv.lock", "poetry.lock", "pdm.lock"),
    *("package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"),
)
"""What a package manager may write into; it goes with the code when the environment is kept."""
_MANIFESTS = ("pyproject.toml", "requirements.txt", "package.json")
"""Those of them of which the changed lines are shown, and not their number alone."""
WRITTEN = "~/added"
"""Where those files lie in the task's sandboxes as their package manager left them."""
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
    mkdir -p {written} && cp "$each" {written}/
    diff -U0 "$old" "$each" | tail -n +3 | grep '^[-+]' >"$TMPDIR/lines"
    echo "{reports} $each: +$(grep -c '^+' "$TMPDIR/lines") -$(grep -c '^-' "$TMPDIR/lines") lines"
    case " {manifests} " in *" $each "*)
        head -n 6 "$TMPDIR/lines" | sed "s,^,{reports} $each: ,";;
    esac
done
true
"""
_LIKE_OURS = f'"${{npm_config_registry:-{REGISTRY}}}"'
"""The registry for yarn, whose own name for the public one is not on the list of hosts."""


def added_by_apt(spec: str, *, known: bool) -> tuple[Step, ...]:
    """Unpack it; where nothing else is unpacked, no command knows the place yet."""
    [step] = debian_steps((spec,))
    if known:
        return (step,)
    told = f"cat >>\"$AGENT_ENV\" <<'END_OF_EXPORTS'\n{debian_exports()}END_OF_EXPORTS\n"
    return (replace(step, command=f"{step.command}{told}"),)


def added_by_pip(manifests: Manifests, spec: str) -> tuple[Step, ...]:
    """Install it into the one Python environment that there is."""
    folder = _folder(manifests, ("pyproject.toml", "requirements.txt")) or ""
    spec = shlex.quote(spec)
    install = f"uv pip install {spec}"
    entered = f"( {_entered(manifests, folder, spec)} ) >/dev/null 2>&1"
    return (_noted(f"{install} || python -m pip install {spec}", entered, install, folder),)


def _entered(manifests: Manifests, folder: str, spec: str) -> str:
    """Return the command by which the project's own files would name the package."""

    def has(name: str) -> bool:
        return inside(folder, name) in manifests

    if has("uv.lock"):
        return f"uv add --no-sync {spec}"
    if has("poetry.lock"):
        return f"poetry add --lock {spec}"
    if has("pdm.lock"):
        return f"pdm add --no-sync {spec}"
    if table(manifests.toml(inside(folder, "pyproject.toml")), "project"):
        return f"uv add --frozen {spec}"
    if has("requirements.txt"):
        return rf"sed -i -e '$a\' requirements.txt && printf '%s\n' {spec} >>requirements.txt"
    return ":"


def added_by_npm(manifests: Manifests, spec: str) -> tuple[Step, ...]:
    """Add it as the project's own manager does; that is brought in first where it is not there."""
    folder = _folder(manifests, ("package.json",))
    spec = shlex.quote(spec)
    if folder is None:
        return (Step(f"npm install --global --no-audit --no-fund {spec}"),)
    manager, version = node_manager(manifests, folder)
    names = manifests.names_in(folder)
    brings, settings = [], ""
    match manager:
        case "pnpm":
            brings = [program("pnpm", version)]
            root = "-w " if "pnpm-workspace.yaml" in names else ""
            install = f"pnpm add {root}{spec}"
        case "yarn" if is_modern(manifests, folder, version):
            brings = [program("yarn", version or "4")]
            settings = f"YARN_NPM_REGISTRY_SERVER={_LIKE_OURS} {YARN_MAY_LOCK} "
            install = f"yarn add {spec}"
        case "yarn":
            brings = [program("yarn", "1")]
            shared = manifests.json(inside(folder, "package.json")).get("workspaces")
            words = f"{'' if 'yarn.lock' in names else '--no-lockfile '}{'-W ' if shared else ''}"
            settings = f"YARN_REGISTRY={_LIKE_OURS} "
            install = f"yarn add {words}{spec}"
        case _:
            locked = {"package-lock.json", "npm-shrinkwrap.json"} & set(names)
            words = "" if locked else "--no-package-lock "
            install = f"npm install --no-audit --no-fund {words}{spec}"
    return (*brings, _noted(settings + install, ":", install, folder))


def _folder(manifests: Manifests, names: Iterable[str]) -> str | None:
    """Return the folder of the project's own that has one of these files, nearest to the root."""
    wanted = tuple(f"/{name}" for name in names)
    found = (path.rpartition("/")[0] for path in manifests.paths if f"/{path}".endswith(wanted))

    def order(folder: str) -> tuple[bool, int, str]:
        return bool(BESIDE & set(folder.lower().split("/"))), len(folder.split("/")), folder

    return min(set(found), key=lambda folder: (folder != "", *order(folder)), default=None)


def _noted(install: str, entered: str, label: str, folder: str) -> Step:
    """Install, and report what the project's own files would have to say of it."""
    files = " ".join(_FILES)
    before = _BEFORE.format(files=files)
    manifests = " ".join(_MANIFESTS)
    show = _SHOW.format(files=files, manifests=manifests, reports=REPORTS, written=WRITTEN)
    command = f"{before}{{ {install}; }} || exit\n{entered}\n{show}"
    return Step(command, folder, label=label)
