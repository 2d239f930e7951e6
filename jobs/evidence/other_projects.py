"""Recognises the tests of projects in JavaScript and Go, and of those that have a Makefile."""

import json
import re
from collections.abc import Callable, Sequence

from jobs.evidence.check import CHANGED_TESTS, Check, Runner

Read = Callable[[str], str | None]

_FROM_PACKAGE = "detected: package.json"
_PLACEHOLDER = "no test specified"
_ALONE = re.compile(r"(?:npx +|cross-env +)?(?:\w+=\S* +)*(jest|vitest|mocha)\b[^;&|<>`$\n]*")
_TEST_TARGET = re.compile(r"^(test|check)[ \t]*:(?!=)", re.MULTILINE)


def node_checks(paths: Sequence[str], read: Read) -> list[Check]:
    """Offer `npm test`, when package.json says what that is."""
    if "package.json" not in paths:
        return []
    try:
        package = json.loads(read("package.json") or "")
    except (ValueError, RecursionError):
        return []
    scripts = package.get("scripts") if isinstance(package, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(script, str) or not script.strip() or _PLACEHOLDER in script:
        return []
    runner = _runner(script)
    whole = Check("npm test", "npm test --silent", source=_FROM_PACKAGE, runner=runner)
    if "node --test" not in script:
        return [whole]
    changed = f"node --test {CHANGED_TESTS}"
    return [Check("node, changed tests", changed, source=_FROM_PACKAGE), whole]


def _runner(script: str) -> Runner:
    """Tell who runs the tests; who is one of several takes no options at the script's end."""
    if "--test-reporter" in script:
        return Runner.UNKNOWN
    if "node --test" in script:
        return Runner.NODE
    found = _ALONE.fullmatch(script.strip())
    return Runner(found[1]) if found else Runner.UNKNOWN


def go_checks(paths: Sequence[str]) -> list[Check]:
    """Offer `go test`, when there is a module with tests, and `go vet` beside it.

    What a newer Go's vet finds in code of long ago would keep every test from running.
    """
    if "go.mod" not in paths or not any(path.endswith("_test.go") for path in paths):
        return []
    source = "detected: go.mod"
    return [
        Check("go test", "go test -vet=off ./...", source=source),
        Check("go vet", "go vet ./...", source=source),
    ]


def make_checks(paths: Sequence[str], read: Read) -> list[Check]:
    """Offer `make test` or `make check`, whichever the Makefile has."""
    name = next((name for name in ("GNUmakefile", "makefile", "Makefile") if name in paths), "")
    targets = _TEST_TARGET.findall((read(name) if name else "") or "")
    target = next((target for target in ("test", "check") if target in targets), "")
    if not target:
        return []
    return [Check(f"make {target}", f"make {target}", source=f"detected: {name}")]
