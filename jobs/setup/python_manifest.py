"""Reads from a Python project's manifests which extras, groups and dependencies it names."""

import ast
import configparser
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.setup.interpreters import PythonWish
from jobs.setup.manifests import Manifests, inside, table

_TEST = ("test", "tests", "testing")
_DEV = ("dev", "develop", "development", "devel")
_TESTED = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_PINNED = re.compile(r"\s*(?:cpython[-@]?)?(3\.\d+(?:\.\d+)?)\s*(?:\n|$)")
_REQUIRES = re.compile(r"python_requires\s*=\s*[\"']?([^\"'\n]+)")


@dataclass(frozen=True)
class PythonManifest:
    """What `pyproject.toml`, `setup.cfg` and `setup.py` of one folder say together."""

    installable: bool = False
    """Whether there is something that pip can install."""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    """What it needs by its own word, with the extras for tests; empty where only code would say."""
    wish: PythonWish = field(default_factory=PythonWish)
    poetry: bool = False
    """Whether its groups are Poetry's own, which pip does not know."""
    builds: bool = False
    """Whether an install compiles something."""


def for_tests(names: Iterable[str]) -> tuple[str, ...]:
    """Choose the names for what tests need; those for development where there is none."""
    known = {name.lower().replace("_", "-"): name for name in names}
    for wanted in (_TEST, _DEV):
        if found := [known[name] for name in wanted if name in known]:
            return tuple(found)
    return ()


def read_manifest(manifests: Manifests, folder: str) -> PythonManifest:
    """Read what lies in a folder of the repository."""
    project = manifests.toml(inside(folder, "pyproject.toml"))
    own = table(project, "project")
    poetry = table(project, "tool", "poetry")
    config = _config(manifests.text(inside(folder, "setup.cfg")))
    code = manifests.text(inside(folder, "setup.py"))
    extras = {**table(own, "optional-dependencies"), **_config_extras(config), **_code_extras(code)}
    extras |= table(poetry, "extras")
    groups = tuple(table(project, "dependency-groups"))
    named_config = config.has_section("metadata") or config.has_section("options")
    backend = table(project, "build-system")
    return PythonManifest(
        installable=bool(
            (backend or poetry or code or named_config)
            or (own and groups)
            or _is_more_than_a_name(manifests, folder, own)
        ),
        extras=tuple(extras),
        groups=groups,
        dependencies=_dependencies(own, extras),
        wish=_wish(manifests, folder, own, poetry, config, code),
        poetry=bool(poetry) and (not own or bool(table(poetry, "group"))),
        builds="ext_modules" in code or _compiles(backend),
    )


def _is_more_than_a_name(manifests: Manifests, folder: str, own: dict[str, Any]) -> bool:
    """Say whether a project that names no build system needs installing all the same.

    One that lies in the open and needs nothing is imported from where it lies; uv leaves it be too:
    https://docs.astral.sh/uv/concepts/projects/config/#build-systems
    """
    needs = ("dependencies", "optional-dependencies", "scripts", "entry-points", "gui-scripts")
    hidden = any(path.startswith(inside(folder, "src/")) for path in manifests.paths)
    return bool(own) and (hidden or any(own.get(name) for name in needs))


def _dependencies(own: dict[str, Any], extras: dict[str, Any]) -> tuple[str, ...]:
    wanted = [own.get("dependencies", []), *(extras[name] for name in for_tests(extras))]
    return tuple(
        each for some in wanted if isinstance(some, list) for each in some if isinstance(each, str)
    )


def _compiles(backend: dict[str, Any]) -> bool:
    needs = " ".join(str(each) for each in backend.get("requires", [])).lower()
    return any(
        tool in needs for tool in ("cython", "mesonpy", "meson-python", "scikit-build", "maturin")
    )


def _wish(
    manifests: Manifests,
    folder: str,
    own: dict[str, Any],
    poetry: dict[str, Any],
    config: configparser.ConfigParser,
    code: str,
) -> PythonWish:
    pinned = _PINNED.match(manifests.text(inside(folder, ".python-version")))
    requires = own.get("requires-python") or table(poetry, "dependencies").get("python")
    requires = requires or config.get("options", "python_requires", fallback="")
    if not requires and (found := _REQUIRES.search(code)):
        requires = found[1]
    said = f"{own.get('classifiers', '')} {poetry.get('classifiers', '')} {code}"
    said += config.get("metadata", "classifiers", fallback="")
    return PythonWish(
        pinned=pinned[1] if pinned else "",
        requires=requires if isinstance(requires, str) else "",
        tested=tuple(sorted(set(_TESTED.findall(said)))),
    )


def _config(text: str) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string(text)
    except configparser.Error:
        return configparser.ConfigParser(interpolation=None)
    return config


def _config_extras(config: configparser.ConfigParser) -> dict[str, list[str]]:
    section = "options.extras_require"
    return {name: [] for name in config[section]} if config.has_section(section) else {}


def _code_extras(code: str) -> dict[str, list[str]]:
    """Find the names in `extras_require`, where they are written out; nothing is run for it."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {name: [] for name in _names_of(tree, "extras_require")}


def _names_of(tree: ast.AST, wanted: str) -> Iterator[str]:
    names = {wanted}
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=arg, value=ast.Name(id=name)) if arg == wanted:
                names.add(name)
            case ast.keyword(arg=arg, value=ast.Dict(keys=keys)) if arg == wanted:
                yield from _texts(keys)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)):
                if name in names:
                    yield from _texts(keys)
            case _:
                pass


def _texts(nodes: Iterable[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
