"""Recognises how a Python project is installed with what its tests need."""

import ast
import configparser
import re
import shlex
from collections.abc import Iterator, Sequence

from jobs.evidence.python_project import python_checks
from jobs.setup.manifests import Manifests, inside, table
from jobs.setup.plan import Part, Step, placed
from jobs.setup.poetry_needs import poetry_needs
from jobs.setup.python_manifest import PythonManifest, for_tests, read_manifest
from jobs.setup.requirement_files import requirement_files

_INSTALL = ("uv", "pip", "install")
_BY_PIP = ("python", "-m", "pip", "install")
_DOCUMENTATION = ("docs", "doc", "documentation")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?\s*([<>=!~].*)?")


def python_plan(manifests: Manifests, folder: str = "") -> Part | None:
    """Find out how the project in a folder is installed; None where it names nothing to install."""
    manifest = read_manifest(manifests, folder)
    for way in (_uv, _poetry, _pdm, _pipenv, _pip):
        source, steps = way(manifests, folder, manifest)
        if steps:
            break
    else:
        return None
    return Part(
        inside(folder, source),
        placed(folder, [*steps, *pytest_steps(manifests)]),
        python=manifest.wish,
        makes_venv=way is not _uv,
        builds=manifest.builds,
    )


def tool(name: str) -> Step:
    """Bring in a program of the project's that is written in Python, apart from the project."""
    place = f'"$HOME/tools/{name}"'
    # It runs once, so that compiling all of it would take longer than it saves.
    by_pip = (
        f"python3 -m venv {place} && {place}/bin/pip install {name} && "
        f'mkdir -p "$HOME/.local/bin" && ln -sf {place}/bin/{name} "$HOME/.local/bin/{name}"'
    )
    return Step(
        f"env -u UV_COMPILE_BYTECODE uv tool install {name}",
        unless=f"command -v {name}",
        otherwise=(by_pip,),
    )


def _uv(manifests: Manifests, folder: str, manifest: PythonManifest) -> tuple[str, list[Step]]:
    if inside(folder, "uv.lock") not in manifests:
        return "", []
    words = ["uv", "sync", "--frozen"]
    settings = manifests.toml(inside(folder, "pyproject.toml"))
    if table(settings, "tool", "uv", "workspace"):
        words.append("--all-packages")
    words += _each("--group", for_tests(manifest.groups))
    words += _each("--extra", for_tests(manifest.extras))
    return "uv.lock", [tool("uv"), Step(shlex.join(words))]


def _poetry(manifests: Manifests, folder: str, manifest: PythonManifest) -> tuple[str, list[Step]]:
    locked = inside(folder, "poetry.lock") in manifests
    if not locked and not manifest.poetry:
        return "", []
    own = table(manifests.toml(inside(folder, "pyproject.toml")), "tool", "poetry")
    groups = table(own, "group")
    optional = [name for name, group in groups.items() if table(group).get("optional")]
    beside = [name for name in groups if name in _DOCUMENTATION and name not in optional]
    words = ["poetry", "install", "--no-interaction"]
    words += _each("--with", for_tests(optional))
    words += _each("--without", beside)
    words += _each("--extras", for_tests(manifest.extras))
    needs = poetry_needs(own, for_tests(groups))
    by_uv = (shlex.join([*_INSTALL, "-e", ".", *needs]), shlex.join([*_INSTALL, *needs]))
    source = "poetry.lock" if locked else "pyproject.toml"
    return source, [tool("poetry"), Step(shlex.join(words), otherwise=by_uv if needs else ())]


def _pdm(manifests: Manifests, folder: str, manifest: PythonManifest) -> tuple[str, list[Step]]:
    if inside(folder, "pdm.lock") not in manifests:
        return "", []
    settings = table(manifests.toml(inside(folder, "pyproject.toml")), "tool", "pdm")
    old_groups = tuple(table(settings, "dev-dependencies"))
    words = (
        ["pdm", "sync", "--no-self"] if settings.get("distribution") is False else ["pdm", "sync"]
    )
    words += _each("--group", for_tests((*manifest.groups, *old_groups)))
    words += _each("--group", for_tests(manifest.extras))
    by_uv = _editable(manifest, for_tests(manifest.groups))
    otherwise = (by_uv.command, *by_uv.otherwise) if manifest.installable else ()
    return "pdm.lock", [tool("pdm"), Step(shlex.join(words), otherwise=otherwise)]


def _pipenv(manifests: Manifests, folder: str, _: PythonManifest) -> tuple[str, list[Step]]:
    if inside(folder, "Pipfile.lock") in manifests:
        return "Pipfile.lock", [tool("pipenv"), Step("pipenv sync --dev")]
    if inside(folder, "Pipfile") in manifests:
        return "Pipfile", [tool("pipenv"), Step("pipenv install --dev --skip-lock")]
    return "", []


def _pip(manifests: Manifests, folder: str, manifest: PythonManifest) -> tuple[str, list[Step]]:
    files = requirement_files(manifests, folder)
    steps = [_requirements(files)] if files else []
    groups = for_tests(manifest.groups)
    if manifest.installable:
        steps.append(_editable(manifest, groups))
    elif groups:
        steps.append(_install(*_each("--group", groups)))
    tests_are_known = groups or for_tests(manifest.extras) or len(files) > 1
    if not tests_are_known and (needs := _runners_needs(manifests, folder)):
        steps.append(_install(*needs))
    sources = [*files, *(name for name in _SOURCES if inside(folder, name) in manifests)]
    return ", ".join(sources[:3]), steps


_SOURCES = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py")


def _install(*what: str, unless: str = "", otherwise: tuple[str, ...] = ()) -> Step:
    """Install by uv, which is many times faster; by pip where uv is stricter, or is not there."""
    by_pip = shlex.join([*_BY_PIP, *what])
    return Step(shlex.join([*_INSTALL, *what]), unless=unless, otherwise=(by_pip, *otherwise))


def _requirements(files: Sequence[str]) -> Step:
    # What a project and its tests pin may disagree; then the tests' word is the later one.
    apart = " && ".join(shlex.join([*_BY_PIP, "-r", file]) for file in files)
    return _install(*_each("-r", files), otherwise=(apart,) if len(files) > 1 else ())


def _editable(manifest: PythonManifest, groups: Sequence[str]) -> Step:
    extras = for_tests(manifest.extras)
    what = f".[{','.join(extras)}]" if extras else "."
    needs = [each for each in manifest.dependencies if _REQUIREMENT.match(each)]
    alone = [*needs, *_each("--group", groups)]
    # The code can often be tested from where it lies, as long as what it imports is there.
    otherwise = (shlex.join([*_INSTALL, *alone]),) if alone else ()
    return _install("-e", what, *_each("--group", groups), otherwise=otherwise)


def _runners_needs(manifests: Manifests, folder: str) -> list[str]:
    """Return what tox or nox would install for the tests, as far as it is written out."""
    found = [*_tox_needs(manifests.text(inside(folder, "tox.ini")))]
    found = found or [*_nox_needs(manifests.text(inside(folder, "noxfile.py")))]
    return list(dict.fromkeys(found))


def _tox_needs(text: str) -> Iterator[str]:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string(text)
    except configparser.Error:
        return
    for line in config.get("testenv", "deps", fallback="").splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1 and words[0] in {"-r", "-c"} and "{" not in line:
            yield from words[:2]
        elif (need := " ".join(words)) and _REQUIREMENT.fullmatch(need):
            yield need


def _nox_needs(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for session in ast.walk(tree):
        if isinstance(session, ast.FunctionDef) and "test" in session.name:
            yield from filter(_REQUIREMENT.fullmatch, _installed(session))


def _installed(session: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(session):
        match node:
            case ast.Call(func=ast.Attribute(attr="install"), args=args):
                for each in args:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value
            case _:
                pass


def pytest_steps(manifests: Manifests) -> list[Step]:
    """Bring in pytest where the project's tests need it and nothing else has brought it."""
    checks = python_checks(manifests.paths, manifests.text)
    used = any("pytest" in check.command for check in checks)
    return [_install("pytest", unless="python -c 'import pytest'")] if used else []


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
