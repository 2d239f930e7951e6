"""Writes files whole or not at all, so that whoever is killed leaves nothing half."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; ValueError where another has it, or where none can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise ValueError(f"another process works on the run in {folder}") from None
    try:
        yield
    finally:
        os.close(lock)


def write_text(path: Path, text: str) -> None:
    """Put a file in its place, on the disk before it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def write_json(path: Path, value: Json) -> None:
    """Write one object."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_lines(path: Path, values: Iterable[Json]) -> None:
    """Write one object a line."""
    write_text(path, "".join(f"{json.dumps(value)}\n" for value in values))


def read_json(path: Path) -> Json | None:
    """Read one object, if it is there."""
    if not path.is_file():
        return None
    value: Json = json.loads(path.read_text("utf-8"))
    return value


def read_lines(path: Path) -> list[Json]:
    """Read the objects of a file, none if it is not there."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
