"""Which paths a project and a command leave to people."""

import pytest

from bot.path_patterns import first_match
from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.repository.policy import PathRules, PolicyReport, review


class NoFiles:
    """A base without files."""

    def content(self, _path: str) -> bytes | None:
        return None


def judged(path: str, rules: PathRules) -> PolicyReport:
    file = ChangedFile(path, FileMode.REGULAR, b"x = 1\n")
    return review(Change((file,)), NoFiles(), rules=rules)


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("docs/**", "docs/a/b.md", True),
        ("docs/**", "docsx/a.md", False),
        ("docs", "docs/a/b.md", True),
        ("docs/", "docs/a.md", True),
        ("docs/*", "docs/a.md", True),
        ("**/*.lock", "a/b/c.lock", True),
        ("**/*.lock", "c.lock", True),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("src/?.py", "src/a.py", True),
        ("src/?.py", "src/ab.py", False),
        ("Secrets/**", "secrets/KEY", True),
        ("a+b.py", "aab.py", False),
        ("**", "a/b", True),
    ],
)
def test_patterns_mean_what_people_expect(pattern: str, path: str, meant: bool) -> None:
    assert bool(first_match(path, [pattern])) is meant


def test_a_hostile_pattern_takes_no_time() -> None:
    assert first_match("a/" * 500 + "b", ["**/*" * 20 + "c"]) == ""


def test_what_is_denied_stops_a_change() -> None:
    report = judged("secrets/key.py", PathRules(deny=("secrets/**",)))
    [found] = report.blocked
    assert found.why == "`.github/agent.yml` denies `secrets/**`"


def test_what_is_protected_is_looked_at() -> None:
    report = judged("billing/tax.py", PathRules(protect=("billing/**",)))
    assert report.allowed
    assert "`.github/agent.yml` protects `billing/**`" in [one.why for one in report.warned]


def test_every_group_has_to_mean_a_path() -> None:
    rules = PathRules(only=(("src/**",), ("src/tax/**", "tests/**")))
    assert judged("src/tax/a.py", rules).allowed
    assert not judged("src/b.py", rules).allowed
    assert not judged("tests/b.py", rules).allowed


def test_what_is_never_changed_cannot_be_allowed() -> None:
    assert not judged(".github/workflows/ci.yml", PathRules(only=((".github/**",),))).allowed


def test_without_rules_all_is_as_ever() -> None:
    assert judged("src/b.py", PathRules(only=((), ()))) == judged("src/b.py", PathRules())
