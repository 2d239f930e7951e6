"""Says which parts of a change may not be published, and which a person must look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.path_patterns import first_match
from bot.project import PROJECT_FILE
from jobs.repository.added_lines import added_lines, removed_lines
from jobs.repository.change import Change
from jobs.repository.protected import why_blocked, why_warned
from jobs.repository.secret_scan import find_live, find_secrets, find_suspicious
from jobs.repository.test_files import is_test, skipped_tests, tests_in

MAX_FILES = 100
MAX_BYTES = 8 * 1024 * 1024
MAX_FILE_BYTES = 1024 * 1024
MAX_FINDINGS = 100
_NAMED = 5


class BaseFiles(Protocol):
    """The files of the base commit, as far as a judgement needs them."""

    def content(self, path: str) -> bytes | None:
        """Read a file, if there is one."""
        ...


@dataclass(frozen=True)
class Finding:
    """One thing about a change that matters, with the path it is about."""

    path: str
    why: str


@dataclass(frozen=True)
class PolicyReport:
    """What must go before the change is published, and what a person should look at."""

    blocked: tuple[Finding, ...]
    warned: tuple[Finding, ...]

    @property
    def allowed(self) -> bool:
        """Say whether the change may be published."""
        return not self.blocked


@dataclass(frozen=True)
class PathRules:
    """What the project and the command say of paths, as patterns, beside what holds everywhere."""

    deny: tuple[str, ...] = ()
    only: tuple[tuple[str, ...], ...] = ()
    """A path has to be meant by one pattern of each group."""
    protect: tuple[str, ...] = ()
    approve: tuple[str, ...] = ()
    """What a maintainer approves before it is published."""

    def why_blocked(self, path: str) -> str:
        """Say why a path may not be changed, or nothing."""
        if pattern := first_match(path, self.deny):
            return f"`{PROJECT_FILE}` denies `{pattern}`"
        for patterns in self.only:
            if patterns and not first_match(path, patterns):
                return f"only {', '.join(f'`{each}`' for each in patterns[:_NAMED])} may change"
        return ""

    def why_warned(self, path: str) -> str:
        """Say why a person must look at a change of this path, or nothing."""
        if pattern := first_match(path, self.approve):
            return f"`{PROJECT_FILE}` wants `{pattern}` approved"
        pattern = first_match(path, self.protect)
        return f"`{PROJECT_FILE}` protects `{pattern}`" if pattern else ""


_NO_RULES = PathRules()


def review(
    change: Change,
    base: BaseFiles,
    *,
    live_secrets: Iterable[str] = (),
    rules: PathRules = _NO_RULES,
) -> PolicyReport:
    """Judge a change; `live_secrets` are values that must never be in one."""
    secrets = tuple(secret for secret in live_secrets if secret)
    blocked = _sizes(change)
    warned: list[Finding] = []
    # What is too large is refused for that alone: looking into it could take as long as it likes.
    readable = change.size <= MAX_BYTES
    for file in change.files:
        stops = list(filter(None, [why_blocked(file.path) or rules.why_blocked(file.path)]))
        looks = list(filter(None, [why_warned(file.path), rules.why_warned(file.path)]))
        if readable and file.content is not None and len(file.content) <= MAX_FILE_BYTES:
            more_stops, more_looks = _judge_content(file.path, file.content, base, secrets)
            stops, looks = stops + more_stops, looks + more_looks
        blocked += [Finding(file.path, why) for why in stops]
        warned += [Finding(file.path, why) for why in looks]
    if readable:
        warned += _tests_gone(change, base)
    return PolicyReport(tuple(blocked[:MAX_FINDINGS]), tuple(warned[:MAX_FINDINGS]))


def _sizes(change: Change) -> list[Finding]:
    findings = []
    if len(change.files) > MAX_FILES:
        why = f"{len(change.files)} files are changed; {MAX_FILES} are the most"
        findings.append(Finding("", why))
    if change.size > MAX_BYTES:
        why = f"the changed files hold {_mib(change.size)}; {_mib(MAX_BYTES)} are the most"
        findings.append(Finding("", why))
    for file in change.files:
        if file.content is not None and len(file.content) > MAX_FILE_BYTES:
            why = f"the file holds {_mib(len(file.content))}; {_mib(MAX_FILE_BYTES)} are the most"
            findings.append(Finding(file.path, why))
    return findings


def _judge_content(
    path: str, content: bytes, base: BaseFiles, live_secrets: Sequence[str]
) -> tuple[list[str], list[str]]:
    added = added_lines(base.content(path), content)
    blocked = find_secrets(added)
    if find_live(path, content, live_secrets):
        blocked.append("it holds a secret of this service")
    warned = find_suspicious(path, added)
    if is_test(path):
        warned += skipped_tests(added)
    return blocked, warned


def _tests_gone(change: Change, base: BaseFiles) -> list[Finding]:
    """Flag deleted test files, and test functions that are gone and came back nowhere."""
    findings = []
    kept: set[str] = set()
    for file in change.files:
        if file.content is not None and is_test(file.path):
            kept |= tests_in(file.content)
    for file in change.files:
        if not is_test(file.path):
            continue
        before = base.content(file.path)
        if file.deleted:
            findings.append(Finding(file.path, "a test file is deleted"))
        elif before is not None and file.content is not None:
            gone = sorted(tests_in("\n".join(removed_lines(before, file.content)).encode()) - kept)
            if gone:
                named = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if gone[5:] else "")
                findings.append(Finding(file.path, f"tests are removed: {named}"))
    return findings


def _mib(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
