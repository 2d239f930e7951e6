"""Finds what in a change decides how tests are run: it could make every test pass.

By its name: a file that a runner reads, a script that a check runs, a module that stands in front
of the runner's own. By what it adds: code outside of the tests that takes hold of the runner it is
run by, or ends the process with an exit code of its choice. What is done by other means is not
seen: code under test runs in the process that judges it.
"""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from typing import Any

from bot.plain_text import one_line
from jobs.evidence.check import Check, DeclaredCheck
from jobs.repository.added_lines import added_lines
from jobs.repository.change import Change, ChangedFile
from jobs.repository.protected import steers_make, steers_tests
from jobs.repository.test_files import is_test, is_test_module

Read = Callable[[str], str | None]

_MAKE = re.compile(r"\bg?make\b")
_WORDS = re.compile(r"[^\s'\";|&()<>]+")
_IN_PYPROJECT = ("pytest", "tox", "coverage", "nox")
_IN_PACKAGE = ("scripts", "jest", "mocha", "ava", "tap", "c8", "nyc", "vitest")
_RUNNERS_OWN = {"pytest", "_pytest", "pluggy", "iniconfig", "coverage", "xdist"} | (
    sys.stdlib_module_names - {"test"}
)
_IMPORT_ROOTS = ("", "src/", "lib/")
_REACHES = {
    ".py": re.compile(
        r"\b_pytest\b|\bpytest_(?:runtest|pyfunc|collection|report|session|terminal|configure)\w*"
        r"|\bpytest\.hookimpl\b|\bPYTEST_(?:ADDOPTS|PLUGINS|CURRENT_TEST)\b|\bjunit_?xml\b"
        r"|\bos\._exit\(\s*0|\bunittest\.(?:case|runner|result|TestResult)\b"
        r"|\bTestCase\.(?:run|assert\w+|__call__)\s*="
    ),
    ".js": re.compile(
        r"\bNODE_(?:OPTIONS|TEST_CONTEXT)\b|\bprocess\.(?:exitCode\s*=\s*0|reallyExit)"
        r"|\bprocess\.on\(\s*[\"'`](?:exit|beforeExit)|require\([\"'`](?:node:)?(?:test|assert)[\"'`]\)\."
    ),
    ".go": re.compile(r"\bfunc TestMain\("),
}
_KINDS = {".mjs": ".js", ".cjs": ".js", ".ts": ".js", ".jsx": ".js", ".tsx": ".js"}
_LONGEST_LINE = 1_000
_BROKEN = object()
_NAMED, _LONGEST_NAME = 5, 100


def steering(
    change: Change, checks: Sequence[Check], declared: Sequence[DeclaredCheck], read: Read
) -> tuple[str, ...]:
    """Name the changed files that decide how tests are run; `read` gives files of the base."""
    commands = [check.command for check in checks]
    by_make = any(map(_MAKE.search, [*commands, *(check.command for check in declared)]))
    scripts = {word.removeprefix("./") for each in commands for word in _WORDS.findall(each)}
    return tuple(
        file.path
        for file in change.files
        if steers_tests(file.path)
        or (by_make and steers_make(file.path))
        or (file.path in scripts and not is_test_module(file.path))
        or _runners(file.path, read(file.path)) != _runners(file.path, _text(file.content))
        or (not file.deleted and _stands_before(file.path) and read(file.path) is None)
        or _reaches(file, read)
    )


def _stands_before(path: str) -> bool:
    """Say whether a new module is found where a runner looks for one of its own."""
    for root in _IMPORT_ROOTS:
        first, _, rest = path.removeprefix(root).partition("/")
        module = first.removesuffix(".py") if not rest else first * (rest == "__init__.py")
        if path.startswith(root) and module in _RUNNERS_OWN:
            return True
    return path.startswith("node_modules/") or path.rsplit("/", 1)[-1] == ".npmrc"


def _reaches(file: ChangedFile, read: Read) -> bool:
    """Say whether new code takes hold of the runner; in a test only TestMain of Go's can."""
    suffix = f".{file.path.rsplit('.', 1)[-1].lower()}"
    sign = _REACHES.get(_KINDS.get(suffix, suffix))
    if sign is None or file.content is None or (is_test(file.path) and suffix != ".go"):
        return False
    before = read(file.path)
    new = added_lines(None if before is None else before.encode(), file.content)
    return any(sign.search(line[:_LONGEST_LINE]) for _, line in new)


def altered(files: Sequence[str]) -> str:
    """Say why evidence that was gathered with these changed files is not clean."""
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    named = ", ".join(one_line(path, _LONGEST_NAME) for path in files[:_NAMED])
    return f"the change alters how tests are run: {named}{more}"


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")


def _runners(path: str, text: str | None) -> Any:
    """Return the part of a manifest that is about running tests; most changes leave it alone."""
    try:
        match path.rsplit("/", 1)[-1].lower():
            case "pyproject.toml":
                tools = tomllib.loads(text or "").get("tool", {})
                return {name: tools[name] for name in _IN_PYPROJECT if name in tools}
            case "package.json":
                package = json.loads(text or "{}")
                return {name: package[name] for name in _IN_PACKAGE if name in package}
            case _:
                return None
    except (ValueError, TypeError, RecursionError, AttributeError):
        return _BROKEN
