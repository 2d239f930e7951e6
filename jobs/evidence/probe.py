"""Runs one check in one sandbox, and reads what its runner wrote down about each test."""

import base64
import binascii
import re
import shlex
import time
import zlib
from dataclasses import dataclass, replace
from typing import Protocol

from bot.comments import limit_words
from bot.plain_text import one_line
from jobs.evidence.check import Check
from jobs.evidence.evidence import Side
from jobs.evidence.in_sandbox import FETCH
from jobs.evidence.outcome import (
    MAX_SUMMARY,
    NOT_FOUND,
    Outcome,
    Report,
    State,
    judge,
)
from jobs.evidence.recipe import Recipe, recipe
from jobs.evidence.reports import MAX_BYTES
from jobs.evidence.runners import read_counts
from jobs.evidence.verbose import read_verbose
from jobs.sandbox import Limit, LimitHit

LEAST_S = 5.0
FETCH_TIMEOUT_S = 30.0
INTERRUPTED = 2
USAGE_ERROR = 4
SILENCE = "(no output)"
"""How a sandbox shows that a command printed nothing."""
TAIL = 1_500
MOST_PACKED = 700_000
"""Characters of a packed report: about five megabytes of XML."""
MOST_PIECES = 51

WITHOUT_ADDOPTS = "-o addopts= -o required_plugins="
PAST_BROKEN_FILES = "--continue-on-collection-errors"
_OUT_OF_TIME = (124, 137)
"""What `timeout` exits with, the second where it had to kill."""
_WORD_S, _WORD_SHARE = 15.0, 0.2
"""So long before its end, or that share of its time, a runner is asked to write its report."""


_AGENT_ENV = '[ ! -r "${AGENT_ENV:-}" ] || . "$AGENT_ENV"\n'
"""What a set-up left for every shell; a shell in a shell has not got its functions."""


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
        """Run a check; once more, differently, when its runner stumbles over what is not there."""
        first = recipe(check)
        outcome, ran, report = self._once(first, check.timeout_s)
        if _stumbled(first, ran, report):
            return self._once(recipe(check, plain=True), check.timeout_s)[0]
        extra, note = _second_try(ran, report)
        if not extra:
            return outcome
        again, ran, report = self._once(recipe(check, extra), check.timeout_s)
        further, further_note = _second_try(ran, report)
        if further and further != extra:
            again, _, _ = self._once(recipe(check, f"{extra} {further}"), check.timeout_s)
            note = f"{note}; {further_note}"
        if again.state in {State.TIMED_OUT, State.NOT_REACHED}:
            return outcome
        return replace(again, note="; ".join(filter(None, (again.note, note))))

    def _once(self, how: Recipe, timeout_s: float) -> tuple[Outcome, Ran | None, Report | None]:
        left = min(timeout_s, self.deadline - time.monotonic())
        if left < LEAST_S:
            why = "there was no time left for it"
            return Outcome(State.NOT_REACHED, Side(None, why), why), None, None
        words_s = int(left - min(_WORD_S, left * _WORD_SHARE))
        ran = self.box.exec(_script(how.script, words_s, left), timeout_s=left)
        late = ran.timed_out or (ran.exit_code in _OUT_OF_TIME and ran.seconds >= words_s)
        written = how.read(self._fetch(how.report)) if not ran.timed_out else None
        if late:
            return _late(ran, left, written), None, None
        report = written or _worded(ran.output)
        return _outcome(ran, report, _disbelief(how, ran, written)), ran, report

    def _fetch(self, path: str) -> bytes:
        """Bring a file out of the sandbox, in pieces; empty where there is none.

        The interpreter that reads it takes no word from the project: neither its path nor its
        environment (-I), nor what is installed (-S).
        """
        packed = ""
        for _ in range(MOST_PIECES):
            reader = f"python3 -I -S - {path} {len(packed)} {MOST_PACKED} <<'PATCHBAY_END'"
            script = f"[ -f {path} ] && {reader}\n{FETCH}\nPATCHBAY_END\n"
            ran = self.box.exec(script, timeout_s=FETCH_TIMEOUT_S)
            size = re.search(r"^patchbay-report (\d{1,6})$", ran.output, re.MULTILINE)
            pieces = re.findall(r"^patchbay-piece ([\w+/=]+)$", ran.output, re.MULTILINE)
            total = int(size[1]) if size else 0
            if not pieces or total > MOST_PACKED:
                return b""
            packed += "".join(pieces)
            if len(packed) >= total:
                break
        return _unpacked(packed)


def _unpacked(packed: str) -> bytes:
    """Unpack what may be cut off, and may be anything."""
    try:
        raw = base64.b64decode(packed[: len(packed) // 4 * 4])
        return zlib.decompressobj().decompress(raw, MAX_BYTES)
    except (zlib.error, binascii.Error):
        return b""


def _script(script: str, words_s: int, left: float) -> str:
    """Ask the command to end while there is time for its runner to say what it found.

    SIGINT is what a person at a terminal would send: pytest, unittest and node write their reports.
    """
    inner = f"{_AGENT_ENV}export CI=true NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1\n{script}\n"
    kill_s = max(int(left) - words_s - 1, 1)
    return (
        f"PATCHBAY_SCRIPT={shlex.quote(inner)}\n"
        "if command -v timeout > /dev/null 2>&1; then\n"
        f"  timeout -s INT -k {kill_s} {words_s}"
        ' "${BASH:-sh}" -c "$PATCHBAY_SCRIPT"\n'
        'else "${BASH:-sh}" -c "$PATCHBAY_SCRIPT"; fi\n'
    )


def _stumbled(how: Recipe, ran: Ran | None, report: Report | None) -> bool:
    """Say whether the way in which a command was run may be why it failed."""
    if how.plain or ran is None or ran.exit_code in {0, NOT_FOUND}:
        return False
    return report is None or not report.cases


def _second_try(ran: Ran | None, report: Report | None) -> tuple[str, str]:
    if ran is None:
        return "", ""
    unknown = "unrecognized arguments" in ran.output or "Missing required plugins" in ran.output
    if ran.exit_code == USAGE_ERROR and unknown:
        note = "run without the project's `addopts`, which need a plugin that is not in the sandbox"
        return WITHOUT_ADDOPTS, note
    if ran.exit_code == INTERRUPTED and report and report.blocked_by:
        return PAST_BROKEN_FILES, "run past the files that cannot be imported"
    return "", ""


def _worded(output: str) -> Report | None:
    """Read a runner's own words: its summary, and single tests if it named all that it counts."""
    counted, named = read_counts(output), read_verbose(output)
    if counted is None or named is None:
        return counted or named
    whole = named.whole or (named.passed, named.failed) == (counted.passed, counted.failed)
    return replace(counted, cases=named.cases, whole=named.whole) if whole else counted


def _disbelief(how: Recipe, ran: Ran, written: Report | None) -> str:
    """Say why a run that says it went well is not believed, or nothing."""
    if ran.exit_code != 0:
        return ""
    if how.written and (written is None or not written.whole):
        return "the runner ended without its report, and its words alone are not believed"
    if written is None:
        return ""
    if written.failed:
        return f"exit code 0, but {written.failed} failed"
    words = read_counts(ran.output)
    if how.written and words and (words.failed or words.passed > written.passed):
        return "what the runner printed and its report do not agree"
    return ""


def _late(ran: Ran, left: float, written: Report | None) -> Outcome:
    """Say what had run when the time was over."""
    why = f"ended after {left:.0f} s"
    if written and written.cases:
        why += f", when {written.summary}; the others were not run"
    side = Side(
        ran.exit_code,
        why,
        written.names if written else (),
        seconds=left,
        failed_count=written.failed if written else None,
        passed_count=written.passed if written else None,
    )
    cases = written.cases if written else {}
    return Outcome(State.TIMED_OUT, side, why, _limits(ran), cases, tail=ran.output[-TAIL:])


def _outcome(ran: Ran, report: Report | None, disbelief: str) -> Outcome:
    state, why = judge(ran.exit_code, ran.output, report)
    if disbelief:
        state, why = State.FAILED, disbelief
    said = [line for line in ran.output.splitlines() if line.strip() and line != SILENCE]
    last = one_line(said[-1], MAX_SUMMARY) if said else ""
    limits = _limits(ran)
    summary = why or (report.summary if report else "; ".join(limits) or last)
    side = Side(
        exit_code=ran.exit_code,
        summary=summary or f"exit code {ran.exit_code}",
        failed=report.names if report else (),
        seconds=round(ran.seconds, 2),
        failed_count=report.failed if report else None,
        passed_count=report.passed if report else None,
    )
    cases = report.cases if report else {}
    whole = bool(report and report.whole and not disbelief)
    return Outcome(state, side, why, limits, cases, whole, ran.output[-TAIL:])


def _limits(ran: Ran) -> tuple[str, ...]:
    """Say what the run met besides its time, which is told anyway."""
    met = [hit for hit in ran.limits if hit.limit is not Limit.TIME]
    return tuple(limit_words(hit.limit, hit.size, hit.folder) for hit in met)
