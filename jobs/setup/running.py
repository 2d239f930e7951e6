"""Runs a plan in a sandbox that has a way out, command by command, and keeps what it left."""

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from jobs.repository.pack import Pack
from jobs.sandbox import Execution, Sandbox
from jobs.sandbox.inside.places import AGENT_ENV, REPO
from jobs.setup import debian, tools
from jobs.setup.debian import debian_steps
from jobs.setup.outcome import Tried
from jobs.setup.plan import REPORTS, VENV, Plan, Step

Tell = Callable[[str, str, str], None]
"""Is told a title, a result, and more text where there is some: one line of the action log."""

LEAST_S = 1.0
_LONGEST_COMMAND_S = 1800.0
_SHORT_S = 60.0
_NOT_FOUND = 127
_LAST_LINES = 25
_LONGEST_LINE = 300
_MOST_REPORTS = 10
_SHOWN_COMMAND = 200
_PYTHONS = (
    "python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'; "
    "compgen -c python3. | grep -E '^python3\\.[0-9]+$' | cut -c7- | sort -uV"
)
_VERSION = re.compile(r"3\.\d+")
_WANTS_TAGS = re.compile(
    r"setuptools[-_]scm was unable|unable to detect version|Versioning for this project requires"
)
_PRETENDED = (
    "export SETUPTOOLS_SCM_PRETEND_VERSION=0.0.1 PBR_VERSION=0.0.1 PDM_BUILD_SCM_VERSION=0.0.1\n"
)
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass
class SetupRun:
    """One set-up in one sandbox, with the moment (monotonic) by which it has to be done."""

    sandbox: Sandbox
    plan: Plan
    deadline: float
    environment: Mapping[str, str]
    """The operator's, for the commands of the set-up."""
    tell: Tell
    tried: list[Tried]
    """Grows with each command, for whoever wants to know how far it came."""
    python: str = ""

    def carry_out(self, pack: Pack, sha: str) -> None:
        """Put the code in and run all steps; those that fail are noted, and told."""
        self.sandbox.put(pack, sha, pack.shallow)
        self.sandbox.write(tools.CERTIFICATES, certificates())
        with_python = self.plan.python is not None
        lasting = tools.lasting(with_python=with_python)
        self.sandbox.write(AGENT_ENV, lasting + (debian.exports() if self.plan.packages else ""))
        if with_python:
            self.python = self._choose_python()
        for step in self._steps():
            if not self._take(step) and self.plan.declared:
                break
        for step in self.plan.allowed:
            self._take(step)
        self._quietly(
            f"cat >>{AGENT_ENV} <<'END_OF_EXPORTS'\n{tools.offline()}END_OF_EXPORTS\n"
            'rm -rf "$TMPDIR"'
        )

    def _steps(self) -> list[Step]:
        packages = debian_steps(self.plan.packages)
        if not self.plan.makes_venv:
            return [*packages, *self.plan.steps]
        python = f"python{self.python}"
        by_uv = f"uv venv --seed --python {self.python} {VENV}"
        make = Step(by_uv, otherwise=(f"{python} -m venv {VENV}",))
        return [*packages, make, *self.plan.steps]

    def _choose_python(self) -> str:
        default, *others = _VERSION.findall(self._quietly(_PYTHONS).output) or ["3"]
        wish = self.plan.python
        return wish.among([default, *others], default) if wish else default

    def _take(self, step: Step) -> bool:
        """Run one step; False if it is not done even when tried in its other way."""
        if step.unless and not self._quietly(step.unless, step.folder).exit_code:
            return True
        if self._try(step):
            return True
        for way in step.otherwise:
            other = way if isinstance(way, Step) else Step(way)
            failed = self.tried.pop()
            if self._try(replace(other, folder=step.folder)):
                return True
            self.tried[-1] = _plainer(failed, self.tried[-1])
        return False

    def _try(self, step: Step) -> bool:
        left = min(_LONGEST_COMMAND_S, self.deadline - time.monotonic())
        if left < LEAST_S:
            self._note(step, Tried(shown(step), 124, 0.0, "there was no time left for it"))
            return False
        ended = self._exec(step.command, step.folder, left)
        if ended.exit_code and _WANTS_TAGS.search(ended.output):
            ended = self._exec(_PRETENDED + step.command, step.folder, left)
        why = f"\nended after {left:.0f} s" if ended.timed_out else ""
        last = last_lines(ended.output) + why if ended.exit_code else ""
        seconds, reports = round(ended.seconds, 1), reported(ended.output)
        self._note(step, Tried(shown(step), ended.exit_code, seconds, last, reports))
        return not ended.exit_code

    def _note(self, step: Step, tried: Tried) -> None:
        where = f" in `{step.folder}`" if step.folder else ""
        ended = f"exit {tried.exit_code} after {tried.seconds:.1f} s"
        more = "\n".join(filter(None, (*tried.reports, tried.last_lines)))
        self.tell(f"set up: `{tried.command}`{where}", ended, more)
        self.tried.append(tried)

    def _quietly(self, command: str, folder: str = "") -> Execution:
        return self._exec(command, folder, max(LEAST_S, min(_SHORT_S, self._left())))

    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _exec(self, command: str, folder: str, timeout_s: float) -> Execution:
        exports = tools.behind_proxy({"UV_PYTHON": self.python or "3", **self.environment})
        script = f"{exports}{tools.OWN_TMP}{command}\n"
        workdir = f"{REPO}/{folder}" if folder else None
        return self.sandbox.exec(script, timeout_s=timeout_s, workdir=workdir)


def _plainer(first: Tried, second: Tried) -> Tried:
    """Choose of two failures the one that says more: that a program is not there says little."""
    return first if second.exit_code == _NOT_FOUND else second


def shown(step: Step) -> str:
    """Return a step in one line; what a project wrote cannot end the quotation."""
    line = step.label or " ".join(step.command.split()).replace("`", "'")
    return line if len(line) <= _SHOWN_COMMAND else f"{line[:_SHOWN_COMMAND]} …"


def reported(output: str) -> tuple[str, ...]:
    """Return what a command of ours did otherwise than was asked; a few lines, cut short."""
    lines = (line for line in output.splitlines() if line.startswith(f"{REPORTS} "))
    return tuple(
        line.removeprefix(REPORTS).strip()[:_LONGEST_LINE] for line in islice(lines, _MOST_REPORTS)
    )


def last_lines(output: str) -> str:
    """Return the end of what a command printed, short enough for a log and a prompt."""
    lines = [line[:_LONGEST_LINE] for line in output.strip().splitlines()]
    return "\n".join(lines[-_LAST_LINES:])


def certificates() -> str:
    """Return the certificates that this machine trusts: public data, and its proxy's among them."""
    named = ssl.get_default_verify_paths().cafile
    files = [Path(named)] if named else []
    found = next((file for file in (*files, _CERTIFICATES) if file.is_file()), None)
    return found.read_text("utf-8", "replace") if found else ""
