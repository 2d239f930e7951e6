"""Holds docs/security.md to the tests: each row names tests that exist, and no row is missing."""

import re
from pathlib import Path

import pytest

from jobs.sandbox.expectations import GVISOR

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = {
    line.split("|")[1].strip(): line for line in PAGE.splitlines() if re.match(r"\| [A-Z]+\d", line)
}
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
IDS = [f"{group}{number:02}" for group in ("SB", "GT") for number in range(1, 25)]
IDS += [f"IN{number:02}" for number in range(1, 20)]
IDS += ["DK03", "DK04", "DK05", "DK06", "DK08"]


@pytest.mark.parametrize("identity", IDS)
def test_each_attack_of_the_list_stands_in_the_table_with_its_test(identity: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::\w+`", ROWS[identity])


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_each_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "attacks").glob("test_*_attacks.py")),
                         ids=lambda file: file.stem)  # fmt: skip
def test_each_test_of_an_attack_stands_in_the_table(file: Path) -> None:
    own = set(re.findall(r"^def (test_(?:sb|gt|dk)\d\d\w*)\(", file.read_text(), re.MULTILINE))
    unnamed = own - {name for path, name in NAMED if path.endswith(file.name)}
    assert unnamed <= {"test_sb14_a_name_that_is_taken_is_an_error_of_its_kind"}


def test_what_is_not_asked_of_gvisor_stands_there_with_its_reason() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert told == GVISOR
