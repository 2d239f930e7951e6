"""Recognises test files, the tests in them and the ways in which tests are switched off."""

import re

MAX_LINE = 2_000

_FOLDERS = {"test", "tests", "testing", "__tests__", "spec", "specs", "testdata", "e2e"}
_NAME = re.compile(
    r"(?:test_.*|.*_tests?|conftest|tests?)\.py$"
    r"|.*[._-](?:test|spec)\.[cm]?[jt]sx?$"
    r"|.*_test\.go$"
    r"|.*_(?:test|spec)\.rb$"
    r"|.*Tests?\.(?:java|kt|cs|php|swift|scala)$"
)
_MODULE = re.compile(
    r"(?:test_.*|.*_test|tests)\.py$|.*[._-](?:test|spec)\.[cm]?[jt]sx?$|.*_test\.go$"
)
_TEST = re.compile(
    r"^\s*(?:async\s+)?def\s+(test\w*)"
    r"|^func\s+(Test\w+)\("
    r"|^\s*(?:it|test)\(\s*[\"'`]([^\"'`]{1,100})",
    re.MULTILINE,
)
_SKIP = re.compile(
    r"@(?:pytest\.mark\.|unittest\.)?(?:skip|skipif|skipIf|skipUnless|xfail|expectedFailure)\b"
    r"|\bpytest\.(?:skip|xfail|importorskip)\("
    r"|\bpytest\.mark\.(?:skip|skipif|xfail)\b"
    r"|\bself\.skipTest\(|\braise\s+(?:unittest\.)?SkipTest\b"
    r"|\b(?:it|test|describe|suite|context)\.(?:skip|todo|only)\b"
    r"|^\s*x(?:it|test|describe)\("
    r"|\bt\.Skip(?:f|Now)?\("
    r"|@(?:Disabled|Ignore)\b"
    r"|\b__test__\s*=\s*False|\bcollect_ignore(?:_glob)?\b"
)


def is_test(path: str) -> bool:
    """Say whether a file belongs to the tests: a test module, or what stands beside one."""
    *folders, name = path.split("/")
    return any(folder.lower() in _FOLDERS for folder in folders) or bool(_NAME.match(name))


def is_test_module(path: str) -> bool:
    """Say whether a test runner would collect tests from this file."""
    return bool(_MODULE.match(path.rsplit("/", 1)[-1]))


def tests_in(content: bytes) -> set[str]:
    """Name the tests that a file defines."""
    text = content.decode("utf-8", "replace")
    return {next(filter(None, found)) for found in _TEST.findall(text)}


def switches_off(line: str) -> bool:
    """Say whether a line takes a test, or all but some, out of a run."""
    return len(line) < MAX_LINE and bool(_SKIP.search(line))


def skipped_tests(added: list[tuple[int, str]]) -> list[str]:
    """Name the new lines that switch a test off."""
    numbers = [number for number, line in added if switches_off(line)]
    if not numbers:
        return []
    return [f"tests are skipped, or others left out, in line {_some(numbers)}"]


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" * bool(numbers[5:]))
