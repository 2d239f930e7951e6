"""Runs one check in one sandbox, and reads pytest's own report where there is one."""

import json
import secrets
import shlex
import time
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.comments import limit_words
from bot.plain_text import one_line
from jobs.evidence.check import Check
from jobs.evidence.evidence import Side
from jobs.evidence.outcome import (
    MAX_SUMMARY,
    Outcome,
    Report,
    State,
    clean_names,
    judge,
)
from jobs.evidence.runners import read_counts
from jobs.sandbox import Limit, LimitHit

LEAST_S = 5.0
REPORT_TIMEOUT_S = 30.0
INTERRUPTED = 2
USAGE_ERROR = 4
SILENCE = "(no output)"
"""How a sandbox shows that a command printed nothing."""
REPORT_ROOM = 14_000
"""A sandbox cuts the middle out of more than 20,000 characters; the report has to come whole."""
MARK = "patchbay-report "

WITHOUT_ADDOPTS = "-o addopts= -o required_plugins="
PAST_BROKEN_FILES = "--continue-on-collection-errors"


class Ran(Protocol):
    """How a command ended, as far as a check needs it."""

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        ...

    @property
    def output(self) -> str:
        """What it printed, head and tail."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def timed_out(self) -> bool:
        """Whether it was ended for taking too long."""
        ...

    @property
    def limits(self) -> tuple[LimitHit, ...]:
        """Which limits of the sandbox it met."""
        ...


class Box(Protocol):
    """A sandbox with the project in it, as far as a check needs one."""

    def exec(self, script: str, *, timeout_s: float) -> Ran:
        """Run a script in the project's folder."""
        ...

    def restore(self, frames: bytes) -> None:
        """Lay files over the project."""
        ...


@dataclass(frozen=True)
class Probe:
    """One sandbox, and the moment by which all its checks have to be done."""

    box: Box
    deadline: float

    def run(self, check: Check) -> Outcome:
        """Run a check; once more, differently, when pytest stumbles over what is not there."""
        command, timeout_s = check.command, check.timeout_s
        outcome, ran, counts = self._once(command, timeout_s, "")
        extra, note = _second_try(ran, counts)
        if not extra:
            return outcome
        again, ran, counts = self._once(command, timeout_s, extra)
        further, further_note = _second_try(ran, counts)
        if further and further != extra:
            again, _, _ = self._once(command, timeout_s, f"{extra} {further}")
            note = f"{note}; {further_note}"
        if again.state in {State.TIMED_OUT, State.NOT_REACHED}:
            return outcome
        return replace(again, note="; ".join(filter(None, (again.note, note))))

    def _once(
        self, command: str, timeout_s: float, extra: str
    ) -> tuple[Outcome, Ran | None, Report | None]:
        left = min(timeout_s, self.deadline - time.monotonic())
        if left < LEAST_S:
            why = "there was no time left for it"
            return Outcome(State.NOT_REACHED, Side(None, why), why), None, None
        report = f"/tmp/patchbay-{secrets.token_hex(8)}.xml"  # noqa: S108  # inside the sandbox
        ran = self.box.exec(_script(command, report, extra), timeout_s=left)
        if ran.timed_out:
            why = f"ended after {left:.0f} s"
            side = Side(ran.exit_code, why, seconds=left)
            return Outcome(State.TIMED_OUT, side, why, _limits(ran)), None, None
        counts = self._report(report) or read_counts(ran.output)
        return _outcome(ran, counts), ran, counts

    def _report(self, report: str) -> Report | None:
        read = f"python3 - {report} <<'PATCHBAY_END'\n{_READER}\nPATCHBAY_END"
        script = f"[ -f {report} ] && {read}\nrm -f {report}"
        return _read_report(self.box.exec(script, timeout_s=REPORT_TIMEOUT_S).output)


def _script(command: str, report: str, extra: str) -> str:
    options = f"-rfE -o junit_family=xunit1 --junitxml={report} {extra}".strip()
    return (
        "export CI=true NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1\n"
        f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS:-}} "{shlex.quote(options)}\n'
        f"{command}\n"
    )


def _second_try(ran: Ran | None, counts: Report | None) -> tuple[str, str]:
    if ran is None:
        return "", ""
    unknown = "unrecognized arguments" in ran.output or "Missing required plugins" in ran.output
    if ran.exit_code == USAGE_ERROR and unknown:
        note = "run without the project's `addopts`, which need a plugin that is not in the sandbox"
        return WITHOUT_ADDOPTS, note
    if ran.exit_code == INTERRUPTED and counts and counts.blocked_by:
        return PAST_BROKEN_FILES, "run past the files that cannot be imported"
    return "", ""


def _outcome(ran: Ran, counts: Report | None) -> Outcome:
    state, why = judge(ran.exit_code, ran.output, counts)
    said = [line for line in ran.output.splitlines() if line.strip() and line != SILENCE]
    last = one_line(said[-1], MAX_SUMMARY) if said else ""
    limits = _limits(ran)
    summary = why or (counts.summary if counts else "; ".join(limits) or last)
    side = Side(
        exit_code=ran.exit_code,
        summary=summary or f"exit code {ran.exit_code}",
        failed=counts.names if counts else (),
        seconds=round(ran.seconds, 2),
        failed_count=counts.failed if counts else None,
        passed_count=counts.passed if counts else None,
    )
    return Outcome(state, side, why, limits)


def _limits(ran: Ran) -> tuple[str, ...]:
    """Say what the run met besides its time, which is told anyway."""
    met = [hit for hit in ran.limits if hit.limit is not Limit.TIME]
    return tuple(limit_words(hit.limit, hit.size, hit.folder) for hit in met)


def _read_report(output: str) -> Report | None:
    """Read what `_READER` printed; it ran beside hostile code, so nothing about it is sure."""
    lines = [line[len(MARK) :] for line in output.splitlines() if line.startswith(MARK)]
    try:
        told: list[Any] = [json.loads(line) for line in lines]
        numbers, *names = told
        passed, failed, skipped = (max(int(numbers[key]), 0) for key in ("p", "f", "s"))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    blocked = one_line(str(numbers.get("b", "")), MAX_SUMMARY)
    return Report(passed, failed, skipped, clean_names([str(name) for name in names]), blocked)


_READER = f"""
import json, re, sys, xml.etree.ElementTree as tree
passed = skipped = 0
failed, blocked = [], ""
for _, case in tree.iterparse(sys.argv[1]):
    if case.tag != "testcase":
        continue
    kinds = {{child.tag: child for child in case}}
    place, name = case.get("file"), case.get("name", "")
    group = case.get("classname", "")
    if place and group:
        module = place.removesuffix(".py").replace("/", ".")
        inner = group.removeprefix(module).strip(".") if group.startswith(module) else ""
        name = "::".join(filter(None, [place, inner.replace(".", "::"), name]))
    elif group:
        name = f"{{group}}::{{name}}"
    if "failure" in kinds or "error" in kinds:
        failed.append(name)
        error = kinds.get("error")
        if error is not None and error.get("message") == "collection failure":
            words = [line for line in (error.text or "").splitlines() if line.startswith("E ")]
            named = [line for line in words if re.match(r"E +[\\w.]+(Error|Warning):", line)]
            why = (named or words or ["E a file cannot be imported"])[-1][1:].strip()
            blocked = blocked or why
    elif "skipped" in kinds:
        skipped += 1
    else:
        passed += 1
    case.clear()
print("{MARK}" + json.dumps(dict(p=passed, f=len(failed), s=skipped, b=blocked[:200])))
room = {REPORT_ROOM}
for name in failed:
    line = "{MARK}" + json.dumps(name[:200])
    room -= len(line) + 1
    if room < 0:
        break
    print(line)
""".strip()
