"""A title begins as those that the repository merged last, where they have a common way."""

import pytest

from jobs.title_habits import Subject, as_usual

_KINDS = [
    "fix: round half up",
    "feat: add a basket",
    "chore: bump ruff",
    "docs: say how",
    "Old one",
]
_SCOPED = ["fix(tax): round", "feat(basket): add", "fix(tax): again", "chore(ci): run", "fix: it"]
_TICKETS = ["SHOP-7: Round", "SHOP-9: Add", "SHOP-11: Bump", "SHOP-3: Say", "Hotfix"]
_TAGS = ["[billing] Round", "[web] Show", "[billing] Charge", "[web] Hide", "[docs] Say"]
_AREAS = [
    "net/http: close bodies",
    "os: read links",
    "net/http: time out",
    "fmt: print",
    "os: sync",
]
_WORDS = ["Fix rounding", "Add basket", "Bump ruff", "Say how", "fix: odd one"]
_CODE = Subject(("tax.py",))


@pytest.mark.parametrize(
    ("merged", "subject", "title", "expected"),
    [
        (_KINDS, _CODE, "Round tax half up", "fix: round tax half up"),
        (_KINDS, _CODE, "HTTP errors are told", "fix: HTTP errors are told"),
        (_KINDS, _CODE, "fix(tax): Round it", "fix(tax): round it"),
        (_KINDS, _CODE, "Fix: Tax is wrong", "fix: tax is wrong"),
        (_KINDS, Subject(("README.md", "docs/a.rst")), "Say how", "docs: say how"),
        (_KINDS, Subject(("tests/test_tax.py",)), "Test halves", "test: test halves"),
        (_KINDS, Subject(("a.py",), {"Enhancement"}), "Add colours", "feat: add colours"),
        (["Bugfix: A b"] * 5, _CODE, "round it", "Bugfix: Round it"),
        (_SCOPED, Subject(("tax/rate.py", "tests/tax/test_rate.py")), "Round", "fix(tax): round"),
        (_SCOPED, Subject(("other.py",)), "Round", "fix: round"),
        (_TICKETS, Subject(("a.py",), text="SHOP-42 tax"), "Round", "SHOP-42: Round"),
        (_TICKETS, Subject(("a.py",), text="UTF-8 breaks XSHOP-4"), "Round", "Round"),
        (["[AB-1] X"] * 5, Subject(text="see AB-12."), "Round", "[AB-12] Round"),
        (_TAGS, Subject(("billing/tax.py",)), "Round", "[billing] Round"),
        (_TAGS, Subject(("billing/tax.py", "web/a.js")), "Round", "Round"),
        (_AREAS, Subject(("src/net/http/client.go",)), "Close it", "net/http: close it"),
        (_AREAS, Subject(("strings/a.go",)), "Close it", "Close it"),
        (_WORDS, _CODE, "Round tax half up", "Round tax half up"),
        (_KINDS[:4], _CODE, "Round tax half up", "Round tax half up"),
        ([], _CODE, "Round tax half up", "Round tax half up"),
    ],
)
def test_a_title_begins_like_the_last_ones(
    merged: list[str], subject: Subject, title: str, expected: str
) -> None:
    worded = as_usual(merged, subject)
    assert worded(title) == expected
    assert worded(worded(title)) == expected
