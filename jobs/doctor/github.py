"""Looks at GitHub from here: does it know the App, what may the App do, is our clock right."""

import email.utils
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from bot.github_app import BadKey, GitHubApp
from bot.github_errors import GitHubError, Unavailable
from bot.settings import Settings
from jobs.doctor.finding import Finding, fail, ok, warning

NEEDED = {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"}
FOR_CHECKS = {"actions": "write", "checks": "write"}
"""Without these the bot works, and does nothing about checks."""
_LEVELS = ("none", "read", "write", "admin")
_MOST_SKEW_S = 30.0
_ANSWERS_S = 10.0
_KEY_MEND = (
    "generate a private key on the App's settings page, and name its file, unchanged, in "
    "PATCHBAY_GITHUB_PRIVATE_KEY_FILE"
)
_WHY = {
    "workflows": "GitHub would no longer refuse a push that changes a workflow",
    "administration": "it could change the rules that protect branches",
    "secrets": "it could replace the secrets of workflows",
}


def check_github(settings: Settings) -> Iterator[Finding]:
    """Check everything that GitHub has to say."""
    yield _clock(settings.github_api_url)
    app = GitHubApp(settings.github_app_id, settings.private_key(), settings.github_api_url)
    try:
        known = app.itself()
        slug, granted = str(known["slug"]), dict(known["permissions"])
    except BadKey as bad:
        yield fail("App's key", f"it cannot sign: {bad}", _KEY_MEND)
        return
    except Unavailable as away:
        yield fail("GitHub App", str(away), "PATCHBAY_GITHUB_API_URL, or the way there")
        return
    except (GitHubError, ValueError, LookupError, TypeError) as error:
        yield fail(
            "GitHub App",
            f"GitHub does not know it: {error}",
            "PATCHBAY_GITHUB_APP_ID and the private key must be of one App",
        )
        return
    yield ok("GitHub App", slug)
    yield from _permissions(granted)


def _permissions(granted: dict[str, str]) -> Iterator[Finding]:
    about = "permissions"
    lacking = [
        f"{name}: {level}"
        for name, level in NEEDED.items()
        if _rank(granted.get(name, "none")) < _rank(level)
    ]
    if lacking:
        yield fail(
            about,
            f"the App lacks {', '.join(lacking)}",
            "the App's Permissions & events; then accept it where it is installed",
        )
    without = [name for name in FOR_CHECKS if _rank(granted.get(name, "none")) < _rank("write")]
    if without:
        yield warning(
            about,
            f"the App may not write {', '.join(without)}: it does nothing, or less, about checks",
            "the App's Permissions & events, if that is wanted",
        )
    for name, level in sorted(granted.items()):
        if _rank(level) > _rank({**NEEDED, **FOR_CHECKS}.get(name, "none")):
            why = _WHY.get(name, "nothing here needs it")
            yield warning(about, f"the App has {name}: {level}; {why}", "take it away")
    if not lacking:
        yield ok(about, ", ".join(f"{name}: {granted[name]}" for name in NEEDED))


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _clock(api_url: str) -> Finding:
    began = time.time()
    try:
        said = _date(api_url)
    except (OSError, ValueError) as error:
        return fail(
            "clock",
            f"GitHub does not say the time: {error}",
            "PATCHBAY_GITHUB_API_URL, or the way there",
        )
    skew = abs(said - (began + time.time()) / 2)
    if skew > _MOST_SKEW_S:
        return fail(
            "clock", f"it is {skew:.0f} s off GitHub's", "set the clock (systemd-timesyncd, chrony)"
        )
    return ok("clock", f"within {max(skew, 1):.0f} s of GitHub's")


def _date(url: str) -> float:
    """Return the time in a server's answer, whatever the answer is; OSError without one."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the settings allow http(s) only
    try:
        with urllib.request.urlopen(request, timeout=_ANSWERS_S) as answer:  # noqa: S310
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as answer:
        date = answer.headers.get("Date")
        answer.close()
    if not date:
        raise ValueError("there is no date in its answer")
    return email.utils.parsedate_to_datetime(date).timestamp()
