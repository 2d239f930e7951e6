"""Reads what an agent may know of each task, and nothing else."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

Json = dict[str, Any]
_AN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LONGEST_TITLE = 200


class BadInstances(Exception):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Problem:
    """One task, as far as the agent's process may know it."""

    instance_id: str
    repo: str
    """A path, a git URL, `owner/name` at GitHub, `pypi:name==version` or `npm:name@version`."""
    base_commit: str
    """Empty where the repository is a release, and for the newest commit of a path."""
    problem_statement: str
    image: str = ""
    """The sandbox image that was made for it, if there is one."""

    @property
    def title(self) -> str:
        """The first line of what is asked."""
        first = self.problem_statement.strip().split("\n", 1)[0]
        return first.lstrip("# ").strip()[:_LONGEST_TITLE] or self.instance_id

    @property
    def body(self) -> str:
        """The rest of it."""
        return self.problem_statement.strip().partition("\n")[2].strip()

    @property
    def repository(self) -> str:
        """The repository as `owner/name`, which is all that the agent is told of where it is."""
        registry, colon, release = self.repo.partition(":")
        if colon and registry in {"pypi", "npm"}:
            name = release.partition("==")[0] if registry == "pypi" else release.rpartition("@")[0]
            return f"{registry}/{name.lstrip('@').replace('/', '-')}"
        parts = [part for part in re.split(r"[/:]", self.repo) if part not in {"", "."}]
        tail = [part.removesuffix(".git") for part in parts[-2:]]
        return "/".join(tail if len(tail) == 2 else ["local", *tail])  # noqa: PLR2004

    @property
    def repository_id(self) -> int:
        """A number of its own: no mirror holds what came after this task's base commit."""
        told = f"{self.instance_id}\n{self.repo}\n{self.base_commit}"
        digest = hashlib.sha256(told.encode()).digest()
        return int.from_bytes(digest[:6])

    def to_json(self) -> Json:
        """Return what a process is handed."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what `to_json` wrote."""
        return cls(**value)


def read_problems(path: Path, ids: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Read the tasks of a file, or those that are named, in the file's order."""
    problems = [_problem(number, line) for number, line in lines_of(path)]
    known = [one.instance_id for one in problems]
    if twice := {one for one in known if known.count(one) > 1}:
        raise BadInstances(f"{path}: {', '.join(sorted(twice))} comes twice")
    if missing := set(ids) - set(known):
        raise BadInstances(f"{path} has no {', '.join(sorted(missing))}")
    chosen = tuple(one for one in problems if not ids or one.instance_id in ids)
    if not chosen:
        raise BadInstances(f"{path} has no task")
    return chosen


def lines_of(path: Path) -> Iterator[tuple[int, Json]]:
    """Yield the JSON objects of a file, each with the number of its line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInstances(f"{path} cannot be read: {error}") from error
    # Not splitlines(): JSON may hold other characters that end a line elsewhere.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise BadInstances(f"{path}, line {number}: {error}") from error
        if not isinstance(value, dict):
            raise BadInstances(f"{path}, line {number}: not an object")
        yield number, value


def is_release(line: Json) -> bool:
    """Say whether a line is a bug of a release in a registry, in the fields of `bench/`."""
    return {"registry", "package", "version", "issue_title"} <= line.keys()


def text_in(line: Json, key: str, *, needed: bool = False) -> str:
    """Return the text of a field, "" where there is none; BadInstances for anything else."""
    value = line.get(key)
    if value is not None and not isinstance(value, str):
        raise BadInstances(f"{key} is not a text")
    if needed and not (value and value.strip()):
        raise BadInstances(f"there is no {key}")
    return value or ""


def _problem(number: int, line: Json) -> Problem:
    name = line.get("instance_id", "")
    if not (isinstance(name, str) and _AN_ID.fullmatch(name)):
        raise BadInstances(f"line {number}: {name!r} is no instance_id")
    try:
        return _of_release(name, line) if is_release(line) else _of_instance(name, line)
    except BadInstances as wrong:
        raise BadInstances(f"line {number}, {name}: {wrong}") from wrong


def _of_release(name: str, line: Json) -> Problem:
    at = "==" if line["registry"] == "pypi" else "@"
    parts = {key: text_in(line, key, needed=True) for key in ("registry", "package", "version")}
    repo = f"{parts['registry']}:{parts['package']}{at}{parts['version']}"
    title, body = text_in(line, "issue_title", needed=True), text_in(line, "issue_body")
    return Problem(name, repo, "", f"{title}\n\n{body}", text_in(line, "image"))


def _of_instance(name: str, line: Json) -> Problem:
    images = [text_in(line, key) for key in ("image", "image_name", "docker_image")]
    return Problem(
        name,
        text_in(line, "repo", needed=True),
        text_in(line, "base_commit"),
        text_in(line, "problem_statement", needed=True),
        next(filter(None, images), ""),
    )
