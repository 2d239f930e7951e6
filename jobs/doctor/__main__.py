"""Makes every check and shows what it found, one line each: `script/doctor [--json]`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from bot.redaction import Redactor
from bot.settings import ModelSettings, SandboxSettings, Settings, SettingsError
from jobs.doctor.finding import Finding, Level, fail
from jobs.doctor.github import check_github
from jobs.doctor.installation import check_installation
from jobs.doctor.model import check_models
from jobs.doctor.sandboxes import check_sandboxes


def main(arguments: list[str]) -> int:
    """Return 0 if nothing must be mended, else 1."""
    parser = argparse.ArgumentParser(prog="script/doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object per line, for programs")
    less = parser.add_mutually_exclusive_group()
    less.add_argument(
        "--sandbox", action="store_true", help="what sandboxes need, and nothing else"
    )
    less.add_argument(
        "--without-app",
        action="store_true",
        help="what needs no GitHub App: sandboxes, and the models where any is set",
    )
    chosen = parser.parse_args(arguments)
    failed = False
    for finding in findings(sandbox_only=chosen.sandbox, without_app=chosen.without_app):
        line = json.dumps(asdict(finding)) if chosen.json else finding.line()
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        failed = failed or finding.level is Level.FAIL
    return int(failed)


def findings(*, sandbox_only: bool, without_app: bool) -> Iterator[Finding]:
    """Make the checks, the sandbox first: it needs no settings."""
    try:
        sandboxes = SandboxSettings.load()
    except SettingsError as wrong:
        yield _wrong(wrong)
        return
    yield from check_sandboxes(sandboxes)
    if sandbox_only:
        return
    if without_app:
        yield from _models_alone()
        return
    try:
        settings = Settings.load()
    except SettingsError as wrong:
        yield _wrong(wrong)
        return
    # GitHub and a model's server may repeat in a complaint what they were sent.
    redactor = Redactor(settings.secrets())
    for check in (check_installation, check_models, check_github):
        yield from (finding.cleaned(redactor.clean) for finding in check(settings))


def _models_alone() -> Iterator[Finding]:
    """Try the models where any is set: before there is an App, they serve the demo."""
    try:
        settings = ModelSettings.load()
    except SettingsError as wrong:
        yield _wrong(wrong)
        return
    if settings.choices():
        redactor = Redactor(settings.model_keys())
        yield from (finding.cleaned(redactor.clean) for finding in check_models(settings))


def _wrong(wrong: SettingsError) -> Finding:
    lines = [line.strip() for line in str(wrong).splitlines()[1:]]
    mend = "cp .env.example .env and fill it in (docs/operating.md)"
    return fail("settings", "; ".join(lines), mend)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
