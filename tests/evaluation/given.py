"""A small repository with one bug, and the task that is made of it."""

import json
import subprocess
from pathlib import Path
from typing import Any

Json = dict[str, Any]
BUGGY = "def half(number):\n    return number // 2\n"
TESTS = "from halves import half\n\n\ndef test_even():\n    assert half(4) == 2\n"
NEW_TEST = "\n\ndef test_odd_{canary}():\n    assert half(3) == 1.5\n"
CANARY = "canary4711"


def git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    ran = subprocess.run(
        ["git", *who, "-C", str(folder), *args], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def repository(folder: Path) -> tuple[Path, str]:
    """Make a repository whose later commit, branch, tag and notes hold the answer."""
    path = folder / "halves"
    (path / "tests").mkdir(parents=True)
    (path / "halves.py").write_text(BUGGY)
    (path / "tests" / "test_halves.py").write_text(TESTS)
    (path / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n")
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "Halve")
    git(path, "tag", "v1.0")
    base = git(path, "rev-parse", "HEAD")
    (path / "halves.py").write_text(BUGGY.replace("//", "/"))
    git(path, "commit", "-q", "-am", "Later: the answer")
    git(path, "tag", "-a", "v2.0", "-m", "Later: the answer")
    git(path, "branch", "fix-it")
    return path, base


def patch_of(path: Path, changes: dict[str, str], base: str) -> str:
    """Return a diff against the base."""
    git(path, "checkout", "-q", "--detach", base)
    for name, content in changes.items():
        (path / name).write_text(content)
    git(path, "add", "-A")
    diff = git(path, "diff", "--cached")
    git(path, "reset", "-q", "--hard")
    git(path, "checkout", "-q", "main")
    return diff + "\n"


def instance(path: Path, base: str, **more: Any) -> Json:
    """Return the task, with a canary in each field that the agent must not see."""
    answer = BUGGY.replace("number // 2", f"number / 2  # {CANARY}-patch")
    tests = TESTS + NEW_TEST.format(canary=CANARY)
    return {
        "instance_id": "halves-1",
        "repo": str(path),
        "base_commit": base,
        "problem_statement": "Half of an odd number is rounded down\n\n`half(3)` gives 1.",
        "hints_text": f"{CANARY}-hint",
        "version": "1.0",
        "patch": patch_of(path, {"halves.py": answer}, base),
        "test_patch": patch_of(path, {"tests/test_halves.py": tests}, base),
        "FAIL_TO_PASS": json.dumps([f"tests/test_halves.py::test_odd_{CANARY}"]),
        "PASS_TO_PASS": ["tests/test_halves.py::test_even"],
        "image": "patchbay/python",
        **more,
    }


def write(path: Path, *instances: Json) -> Path:
    """Write a file of tasks."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in instances))
    return path
