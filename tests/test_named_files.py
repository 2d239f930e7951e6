"""Each file that the documentation names is there, and so is what its links lead to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ROOMS = "bench|bot|demo|docs|evaluation|jobs|pages|records|sandbox-images|script|tests"
NAMED = re.compile(rf"(?:^|[\s`(])((?:{ROOMS})/[\w./-]*[\w/])", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)#?([^)\s]*)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
EXAMPLES = {"tests/test_x.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_is_named_is_there(page: Path) -> None:
    named = set(NAMED.findall(page.read_text())) - EXAMPLES
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_test_that_is_named_is_there(page: Path) -> None:
    named = [(file, name) for file, name in TEST.findall(page.read_text()) if file not in EXAMPLES]
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_somewhere(page: Path) -> None:
    for file, place in LINK.findall(page.read_text()):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not place or place in map(_anchor, HEADING.findall(target.read_text())), place


def _anchor(heading: str) -> str:
    """Return what GitHub makes of a heading for links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
