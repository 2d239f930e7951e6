"""Runs tests in a sandbox, and brings out what their runner wrote into a file of its own.

What is printed counts for nothing: a line that says PASSED can come from anywhere. pytest writes
JUnit XML at the end of a whole run; for node's own tests and for tape a small module of ours does
the like, from within; `go test -json` marks what a test printed as such.
"""

import base64
import binascii
import re
import secrets
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.reports import Statuses, read_go, read_junit, read_node, read_tape
from jobs.sandbox import Sandbox

_CHUNK = 14_000
"""A sandbox cuts the middle out of what is longer."""
_MOST_ENCODED = 8 * 1024 * 1024
_MOST_BYTES = 64 * 1024 * 1024
_FETCH_S = 60
_SHOWN = 4_000
_GO_TEST = re.compile(r"\bgo test\b(?! -json)")
_BROUGHT = ("tape.cjs", "reporter.mjs")
_READERS = {
    "pytest.xml": read_junit,
    "node.jsonl": read_node,
    "tape.jsonl": read_tape,
    "printed": read_go,
}


@dataclass(frozen=True)
class Ran:
    """How one command ended, and what each test came to by its runner's own report."""

    command: str
    exit_code: int
    timed_out: bool
    seconds: float
    output: str
    """The end of what it printed, for people."""
    statuses: Statuses = field(default_factory=dict)


def run_tests(sandbox: Sandbox, command: str, timeout_s: float) -> Ran:
    """Run a command in the repository's folder and read the reports that it left."""
    place = f"/tmp/results-{secrets.token_hex(8)}"  # noqa: S108  inside the sandbox
    ran = sandbox.exec(_script(command, place), timeout_s=timeout_s)
    statuses: Statuses = {}
    for name, read in _READERS.items():
        if not ran.timed_out and (report := _fetch(sandbox, f"{place}/{name}")):
            statuses |= read(report)
    return Ran(
        command, ran.exit_code, ran.timed_out, round(ran.seconds, 2), ran.output[-_SHOWN:], statuses
    )


def _script(command: str, place: str) -> str:
    """Return the command with every runner told to leave its report in `place`."""
    told = _GO_TEST.sub("go test -json", command)
    pytest = f"-o junit_family=xunit1 -o junit_logging=no --junitxml={place}/pytest.xml"
    node = f"--require={place}/tape.cjs --test-reporter={place}/reporter.mjs"
    brought = "".join(_put(f"{place}/{name}", name) for name in _BROUGHT)
    return (
        f"mkdir {place}\n{brought}"
        "export CI=true NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1\n"
        f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS:-}} {pytest}"\n'
        f'export NODE_OPTIONS="${{NODE_OPTIONS:-}} {node}"\n'
        f"(\n{told}\n) >{place}/printed 2>&1\n"
        f"code=$?\ntail -c {_SHOWN} {place}/printed\nexit $code\n"
    )


def _put(path: str, name: str) -> str:
    data = base64.b64encode(Path(__file__).with_name(name).read_bytes()).decode()
    return f"base64 -d >{path} <<<{data}\n"


def _fetch(sandbox: Sandbox, path: str) -> bytes:
    """Bring a file out, in as many pieces as it takes; nothing where there is none, or too much."""
    packed = f"{path}.packed"
    script = f"[ -s {path} ] && gzip -c {path} | base64 -w 1000 >{packed} && wc -c <{packed}"
    size = sandbox.exec(script, timeout_s=_FETCH_S)
    if size.exit_code or not size.output.strip().isdecimal():
        return b""
    whole = int(size.output)
    if whole > _MOST_ENCODED:
        return b""
    pieces = [
        sandbox.exec(f"tail -c +{at + 1} {packed} | head -c {_CHUNK}", timeout_s=_FETCH_S).output
        for at in range(0, whole, _CHUNK)
    ]
    return _unpacked("".join(pieces))


def _unpacked(text: str) -> bytes:
    try:
        data = base64.b64decode(re.sub(r"\s", "", text), validate=True)
        return zlib.decompressobj(wbits=31).decompress(data, _MOST_BYTES)
    except (binascii.Error, zlib.error):
        return b""
