"""Holds the two rules of the house: imports run one way, and every foreign library has one door."""

import ast
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
    "demo": {"demo"},
}
OURS = {*MAY_IMPORT, "tests", "bench", "script"}
DOORS = {
    "flask": ("app.py", "pages/", "demo/"),
    "werkzeug": ("app.py", "pages/", "demo/"),
    "github": ("bot/github_app.py", "bot/github_repository.py"),
    "jwt": ("bot/github_app.py", "bot/github_repository.py", "demo/"),
    "rq": ("jobs/queues.py", "jobs/worker.py"),
    "redis": ("jobs/queues.py", "jobs/worker.py"),
    "docker": ("jobs/sandbox/",),
    "openai": ("jobs/model/",),
    "httpx2": ("jobs/model/",),
    "sqlalchemy": ("records/",),
    "alembic": ("records/",),
}
PROCESSES = ("jobs/repository/", "jobs/sandbox/", "demo/")
ENVIRONMENT = ("bot/settings.py", "gunicorn.conf.py", "demo/")
DRAWERS = {"utils", "common", "helpers", "core", "manager", "base"}


def product_files() -> list[Path]:
    rooms = [ROOT / room for room in MAY_IMPORT if room != "app"]
    files = [path for room in rooms for path in room.rglob("*.py")]
    return sorted([*files, ROOT / "app.py"])


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


FILES = [path for path in product_files() if "samples" not in path.parts]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    tops = {module.split(".")[0] for module in imported(path)}
    assert tops & OURS <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_foreign_library_has_one_door(path: Path) -> None:
    tops = {module.split(".")[0] for module in imported(path)}
    wrong = [
        library
        for library, doors in DOORS.items()
        if library in tops and not name_of(path).startswith(doors)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_processes_and_the_environment_have_one_door(path: Path) -> None:
    text = path.read_text()
    if not name_of(path).startswith(PROCESSES) and "/inside/" not in name_of(path):
        assert "import subprocess" not in text
    if not name_of(path).startswith(ENVIRONMENT) and "/inside/" not in name_of(path):
        assert "os.environ" not in text
        assert "getenv(" not in text


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_a_drawer_or_too_long(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert len(path.read_text().splitlines()) <= 300
