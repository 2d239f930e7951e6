"""Holds docs/github-faults.md to the tests: each row names tests that exist, none is missing."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "github-faults.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("| GH")}


@pytest.mark.parametrize("identity", [f"GH{number:02}" for number in range(1, 18)])
def test_each_fault_has_a_test_that_exists(identity: str) -> None:
    named = NAMED.findall(ROWS[identity])
    assert named
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / file).read_text()
