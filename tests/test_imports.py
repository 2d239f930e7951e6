"""Holds the two rules of the house: imports run one way, and every foreign library has one door."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "records": {"records"},
    "bot": {"bot", "records"},
    "jobs": {"jobs", "bot", "records"},
    "pages": {"pages", "records"},
    "app": {"app", "pages", "jobs", "bot", "records"},
    "web_worker": set(),
    "demo": {"demo"},
    "evaluation": {"evaluation", "demo", "jobs", "bot", "records"},
}
MODULES = {"app", "web_worker"}
OURS = {*MAY_IMPORT, "tests", "bench", "script"}
DOORS = {
    "alembic": ("records/",),
    "anyio": ("jobs/model/",),
    "cryptography": ("demo/",),
    "docker": ("jobs/sandbox/",),
    "flask": ("app.py", "pages/", "demo/"),
    "github": ("bot/github_api.py",),
    "graphql": ("demo/",),
    "gunicorn": ("web_worker.py",),
    "httpx2": ("jobs/model/",),
    "jwt": ("bot/github_app.py", "demo/"),
    "markdown_it": ("bot/", "demo/"),
    "markupsafe": ("pages/", "demo/"),
    "nh3": ("demo/",),
    "openai": ("jobs/model/",),
    "pip": ("evaluation/sdist.py",),
    "pydantic": ("bot/settings.py", "bot/sandbox_settings.py", "bot/model_settings.py"),
    "pydantic_settings": (
        "bot/settings.py",
        "bot/sandbox_settings.py",
        "bot/model_settings.py",
    ),
    "redis": ("jobs/queues.py", "jobs/worker.py"),
    "requests": ("bot/github_api.py", "jobs/sandbox/"),
    "rq": ("jobs/queues.py", "jobs/worker.py"),
    "sqlalchemy": ("records/",),
    "structlog": ("app.py", "bot/", "jobs/", "records/"),
    "urllib3": ("bot/github_api.py", "jobs/sandbox/"),
    "werkzeug": ("app.py", "pages/", "demo/"),
    "yaml": ("jobs/project_file/",),
}
INSIDE = "jobs/sandbox/inside/"
"""What runs in a container: the standard library and itself, nothing else is there."""
PROCESSES = (
    "jobs/repository/",
    "jobs/sandbox/__main__.py",
    INSIDE,
    "demo/",
    "evaluation/origins.py",
    "evaluation/processes.py",
)
ENVIRONMENT = (
    "bot/sandbox_settings.py",
    "bot/model_settings.py",
    INSIDE,
    "demo/",
    "evaluation/processes.py",
)
DRAWERS = {"utils", "common", "helpers", "core", "manager", "base"}


def product_files() -> list[Path]:
    rooms = [ROOT / room for room in MAY_IMPORT if room not in MODULES]
    files = [path for room in rooms for path in room.rglob("*.py")]
    return sorted([*files, *(ROOT / f"{name}.py" for name in MODULES)])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.ImportFrom():
                yield f"{name_of(path.parent).replace('/', '.')}."
            case _:
                pass


def attributes(path: Path) -> Iterator[str]:
    """Yield `module.name` for each use of a module's attribute, and for each name imported so."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                yield f"{module}.{name}"
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case _:
                pass


FILES = [path for path in product_files() if "samples" not in path.parts]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    tops = {module.split(".")[0] for module in imported(path)}
    assert tops & OURS <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_foreign_library_has_one_door(path: Path) -> None:
    tops = {module.split(".")[0] for module in imported(path)}
    foreign = tops - OURS - set(sys.stdlib_module_names) - {"__future__"}
    assert [library for library in foreign if not name_of(path).startswith(DOORS[library])] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_processes_and_the_environment_have_one_door(path: Path) -> None:
    modules, used = set(imported(path)), set(attributes(path))
    if not name_of(path).startswith(PROCESSES):
        assert "subprocess" not in modules
        assert used.isdisjoint({"os.system", "os.popen"})
    if not name_of(path).startswith(ENVIRONMENT):
        assert used.isdisjoint({"os.environ", "os.getenv"})
        assert "os.environ" not in modules


@pytest.mark.parametrize(
    "path", [path for path in FILES if name_of(path).startswith(INSIDE)], ids=name_of
)
def test_what_runs_in_a_container_needs_nothing_else_there(path: Path) -> None:
    siblings = {other.stem for other in path.parent.glob("*.py")}
    tops = {module.split(".")[0] for module in imported(path)} - {"jobs", "inside"}
    assert tops - siblings <= set(sys.stdlib_module_names) | {"__future__"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_a_drawer_or_too_long(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_function_is_too_long(path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert long == []
