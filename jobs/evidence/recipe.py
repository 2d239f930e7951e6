"""Says how a command is run so that its runner writes down how each test ended, and where.

The file lies outside of the project, under a name that is made anew for each run. Code under test
runs as the same user, in the runner's own process: it can find the file and write what it likes
into it. That is why exit code, words and names are held against each other (`probe`, `verdict`),
and why a change that touches what decides how tests are run is named (`steering`).
"""

import re
import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobs.evidence.check import Check, Runner
from jobs.evidence.in_sandbox import NODE_REPORTER, UNITTEST_RUNNER
from jobs.evidence.outcome import Report
from jobs.evidence.reports import read_go_json, read_jest_json, read_junit, read_lines

_BEFORE = r"(?:^|[;&|]\s*)(?:\w+=\S* +)*"
_PYTHON = r"python[\d.]*(?: -[A-Za-z]+)*"
_PYTEST = re.compile(rf"{_BEFORE}(?:{_PYTHON} -m )?(?:pytest|py\.test)(?![\w.-])")
_RUNS_NO_TESTS = re.compile(
    r"--(?:version|help|co|collect-only|fixtures|markers|setup-plan)\b| -h\b"
)
_UNITTEST = re.compile(rf"({_BEFORE}{_PYTHON}) -m unittest\b")
_GO = re.compile(r"((?:^|[;&]\s*)(?:\w+=\S* +)*go test)\b(?!.* -json\b)")
_SIMPLE = re.compile(r"[^;&|<>`$()\n\\]+")
_QUOTED = re.compile(r"'[^'\n]*'")
_DIRECT = re.compile(r"(?:\w+=\S* +)*(?:npx +(?:--no(?:-install)? +)?)?(jest|vitest|mocha)\b")
_SCRIPT = re.compile(r"npm (?:run )?test\b.*")


@dataclass(frozen=True)
class Recipe:
    """A script, the file that the runner writes in it, and who can read that."""

    script: str
    report: str
    read: Callable[[bytes], Report | None]
    written: bool = False
    """Whether a run that goes well has to leave the file behind, and whole."""
    plain: bool = True
    """Whether the command is run just as it is, so that there is no other way to try."""


def recipe(check: Check, extra: str = "", *, plain: bool = False) -> Recipe:
    """Choose how to run a check; `extra` are options for pytest, `plain` leaves the rest alone."""
    place = f"/tmp/patchbay-{secrets.token_hex(8)}"  # noqa: S108  # inside the sandbox
    command = check.command
    if not plain and not _PYTEST.search(command):
        if _UNITTEST.search(command):
            return _unittest(command, place)
        if _GO.search(command) and _is_simple(command):
            report = f"{place}.json"
            json = _GO.sub(r"\1 -json", command)
            return Recipe(f"{json} > {report}", report, read_go_json, plain=False)
        if found := _of_node(check, place):
            return found
    report = f"{place}.xml"
    options = f"-rfE -o junit_family=xunit1 --junitxml={report} {extra}".strip()
    adds = f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS:-}} "{shlex.quote(options)}\n'
    written = bool(_PYTEST.search(command)) and not _RUNS_NO_TESTS.search(command)
    return Recipe(f"{adds}{command}", report, read_junit, written)


def _is_simple(command: str) -> bool:
    """Say whether a command is one program with its arguments, so that more can be added."""
    return bool(_SIMPLE.fullmatch(_QUOTED.sub("", command)))


def _unittest(command: str, place: str) -> Recipe:
    report, program = f"{place}.jsonl", f"{place}.py"
    run = _UNITTEST.sub(rf"\1 {program} {report}", command)
    script = f"cat > {program} <<'PATCHBAY_END'\n{UNITTEST_RUNNER}\nPATCHBAY_END\n{run}"
    return Recipe(script, report, read_lines, written=True, plain=False)


def _of_node(check: Check, place: str) -> Recipe | None:
    command = check.command
    if "--test-reporter" in command or not _is_simple(command):
        return None
    direct = _DIRECT.match(command)
    runner = Runner(direct[1]) if direct else check.runner
    if re.search(r"\bnode (?:\S+ )*--test\b", command) or runner is Runner.NODE:
        return _node(command, place)
    ends = "" if direct or " -- " in command else " --"
    if not direct and not _SCRIPT.fullmatch(command):
        return None
    match runner:
        case Runner.JEST:
            options, read = f"--json --outputFile={place}.json", read_jest_json
        case Runner.VITEST:
            options = f"--reporter=default --reporter=junit --outputFile.junit={place}.json"
            read = read_junit
        case Runner.MOCHA:
            options, read = f"--reporter=xunit --reporter-options=output={place}.json", read_junit
        case _:
            return None
    return Recipe(f"{command}{ends} {options}", f"{place}.json", read, plain=False)


def _node(command: str, place: str) -> Recipe:
    report, program = f"{place}.jsonl", f"{place}.mjs"
    options = (
        "--test-reporter=spec --test-reporter-destination=stdout "
        f"--test-reporter={program} --test-reporter-destination=/dev/null"
    )
    script = (
        f"cat > {program} <<'PATCHBAY_END'\n"
        f"{NODE_REPORTER.replace('PATCHBAY_REPORT', report)}\nPATCHBAY_END\n"
        f'export NODE_OPTIONS="${{NODE_OPTIONS:-}} {options}"\n{command}'
    )
    return Recipe(script, report, read_lines, plain=False)


_ALONE = re.compile(rf"((?:\w+=\S* +)*(?:{_PYTHON} -m )?(?:pytest|py\.test|unittest))(?![\w.-])")
_DISCOVERY = re.compile(r"discover -s (\S+)(?! -t)(?:$| (?!-t))")
_GO_TEST = re.compile(r"(.*?)\.((?:Test|Fuzz|Example)\w*)")


def alone(check: Check, names: Sequence[str]) -> str:
    """Return a command that runs these tests and no others; empty where there is none."""
    command = check.command
    quoted = " ".join(map(shlex.quote, names))
    if found := _ALONE.match(command):
        if not found[1].endswith("unittest"):
            return f"{found[1]} -q {quoted}"
        folder = _DISCOVERY.search(command)
        path = f'PYTHONPATH={folder[1]}:"${{PYTHONPATH:-}}" ' if folder else ""
        return f"{path}{found[1]} {quoted}"
    if _GO.match(command):
        tests = [found for name in names if (found := _GO_TEST.match(name))]
        packages = " ".join(dict.fromkeys(shlex.quote(found[1]) for found in tests))
        pattern = "|".join(dict.fromkeys(found[2] for found in tests))
        return f"go test -vet=off -count=1 -run '^({pattern})$' {packages}" if tests else ""
    return ""
