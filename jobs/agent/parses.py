"""Checks in the sandbox that changed files still parse; hostile source is never parsed out here."""

import base64
import json
from collections.abc import Callable
from pathlib import PurePosixPath

from jobs.agent.task import CheckRow
from jobs.repository.change import Change
from jobs.repository.policy import BaseFiles

Run = Callable[[str, float], tuple[int, str]]
"""Runs a command for at most so many seconds; returns its exit code and the end of its output."""

_KINDS = {".py", ".pyi", ".json", ".toml", ".sh", ".bash", ".js", ".mjs", ".cjs"}
_WITH_COMMENTS = ("tsconfig", "jsconfig")
_MOST_FILES = 100
_MOST_BASE_BYTES = 64 * 1024
_TIMEOUT_S = 60.0
_NAMED = 5
_PROGRAM = """\
import base64, json, os, shutil, subprocess, sys
def check(path, text):
    kind = os.path.splitext(path)[1].lower()
    if kind in (".py", ".pyi"):
        compile(text, path, "exec", 0x400, True)
    elif kind == ".json":
        json.loads(text)
    elif kind == ".toml":
        import tomllib
        tomllib.loads(text.decode())
    else:
        tool = ["bash", "-n"] if kind in (".sh", ".bash") else ["node", "--check", "-"]
        if kind != ".mjs" and shutil.which(tool[0]):
            run = subprocess.run(tool, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if run.returncode:
                raise ValueError(run.stdout.decode(errors="replace").strip()[-200:])
found = {}
for path, text in json.loads(base64.b64decode(sys.stdin.read())).items():
    try:
        check(path, open(path, "rb").read() if text is None else base64.b64decode(text))
    except ImportError:
        pass
    except Exception as error:
        found[path] = f"{type(error).__name__}: {error}"[:300]
print("FOUND" + json.dumps(found))
"""


def parse_row(change: Change, base: BaseFiles, run: Run) -> CheckRow | None:
    """Return whether the changed files parse, as far as they did so before; None: none to check."""
    paths = [file.path for file in change.files if not file.deleted and _can_check(file.path)]
    if not paths:
        return None
    broken = _broken(dict.fromkeys(paths[:_MOST_FILES]), run)
    if broken is None:
        return CheckRow("changed files parse", None, "could not be checked here")
    before = {path: _text(content) for path in broken if (content := base.content(path))}
    was_broken = _broken({path: text for path, text in before.items() if text}, run) or {}
    worse = {path: why for path, why in broken.items() if path not in was_broken}
    detail = "; ".join(f"{path}: {why}" for path, why in list(worse.items())[:_NAMED])
    return CheckRow("changed files parse", not worse, detail)


def _can_check(path: str) -> bool:
    name = PurePosixPath(path)
    return name.suffix.lower() in _KINDS and not name.name.startswith(_WITH_COMMENTS)


def _text(content: bytes) -> str | None:
    return base64.b64encode(content).decode() if len(content) <= _MOST_BASE_BYTES else None


def _broken(texts: dict[str, str | None], run: Run) -> dict[str, str] | None:
    """Return what does not parse, by path; None if that could not be found out."""
    if not texts:
        return {}
    question = base64.b64encode(json.dumps(texts).encode()).decode()
    program = base64.b64encode(_PROGRAM.encode()).decode()
    # In a here-document: as an argument of a program the question could be too long.
    command = (
        f"python3 -c \"$(printf %s {program} | base64 -d)\" <<'QUESTION'\n{question}\nQUESTION"
    )
    exit_code, output = run(command, _TIMEOUT_S)
    _, found, answer = output.rpartition("FOUND")
    if exit_code != 0 or not found:
        return None
    try:
        value = json.loads(answer)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
