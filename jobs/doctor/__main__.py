"""Makes every check and shows what it found, one line each: `script/doctor [--json]`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from bot.settings import SandboxSettings, Settings, SettingsError
from jobs.doctor.finding import Finding, Level, fail
from jobs.doctor.github import check_github
from jobs.doctor.installation import check_installation
from jobs.doctor.model import check_models
from jobs.doctor.sandboxes import check_sandboxes


def main(arguments: list[str]) -> int:
    """Return 0 if nothing must be mended, else 1."""
    parser = argparse.ArgumentParser(prog="script/doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object per line, for programs")
    parser.add_argument(
        "--sandbox", action="store_true", help="what sandboxes need, and nothing else"
    )
    chosen = parser.parse_args(arguments)
    failed = False
    for finding in findings(sandbox_only=chosen.sandbox):
        line = json.dumps(asdict(finding)) if chosen.json else finding.line()
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        failed = failed or finding.level is Level.FAIL
    return int(failed)


def findings(*, sandbox_only: bool) -> Iterator[Finding]:
    """Make the checks, the sandbox first: it needs no settings."""
    try:
        sandboxes = SandboxSettings.load()
    except SettingsError as wrong:
        yield _wrong(wrong)
        return
    yield from check_sandboxes(sandboxes)
    if sandbox_only:
        return
    try:
        settings = Settings.load()
    except SettingsError as wrong:
        yield _wrong(wrong)
        return
    yield from check_installation(settings)
    yield from check_models(settings)
    yield from check_github(settings)


def _wrong(wrong: SettingsError) -> Finding:
    lines = [line.strip() for line in str(wrong).splitlines()[1:]]
    mend = "cp .env.example .env and fill it in (docs/operating.md)"
    return fail("settings", "; ".join(lines), mend)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
