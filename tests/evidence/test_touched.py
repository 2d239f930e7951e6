"""Tests that a change deletes, renames, skips or weakens are named, from the text alone."""

import time

import pytest

from jobs.evidence.evidence import MAX_TOUCHED, Touch, TouchedTest
from jobs.evidence.touched import touched_tests
from jobs.repository.change import Change, ChangedFile, FileMode

PY, JS = "tests/test_shop.py", "test/shop.test.js"
PYTHON = """\
import pytest

def helper():
    return 1

class TestShop:
    def test_total(self):
        shop = Shop()
        assert shop.total == 12
        assert shop.count == 3

@pytest.mark.parametrize("n", [1, 2])
def test_price(n):
    with pytest.raises(ValueError):
        price(n)
    assert price(3) == 6
"""
NODE = """\
const test = require('node:test'); const assert = require('node:assert');
describe('shop', () => {
  it('adds', () => {
    assert.strictEqual(add(1, 2), 3);
  });
  it('sells', async () => {
    expect(await sell()).toEqual({ sold: 1 });
  });
});
"""
GO = """\
package shop

func TestTotal(t *testing.T) {
	if total() != 12 {
		t.Errorf("total is %d", total())
	}
}
"""
SHOP = {PY: PYTHON, JS: NODE, "shop_test.go": GO}


class Base:
    """The base commit's files."""

    def content(self, path: str) -> bytes | None:
        return SHOP[path].encode() if path in SHOP else None


def touched(*files: tuple[str, str | None]) -> tuple[TouchedTest, ...]:
    change = Change(
        tuple(
            ChangedFile(path, FileMode.REGULAR, None if text is None else text.encode())
            for path, text in files
        )
    )
    return touched_tests(change, Base())


def edited(path: str, old: str, new: str) -> list[tuple[str, Touch]]:
    assert old in SHOP[path]
    return [(one.name, one.touch) for one in touched((path, SHOP[path].replace(old, new)))]


@pytest.mark.parametrize(
    ("path", "old", "new", "name", "touch"),
    [
        (PY, "    assert price(3) == 6\n", "", "test_price", Touch.WEAKENED),
        (PY,
            "assert price(3) == 6",
            "assert price(3) is not None",
            "test_price",
            Touch.WEAKENED,
        ),
        (PY,
            "assert price(3) == 6",
            "assert price(3) >= 6",
            "test_price",
            Touch.WEAKENED,
        ),
        (PY,
            "raises(ValueError)",
            "raises(Exception)",
            "test_price",
            Touch.WEAKENED,
        ),
        (PY,
            "        shop = Shop()\n",
            "        shop = Shop()\n        return\n",
            "TestShop > test_total",
            Touch.WEAKENED,
        ),
        (PY, "total == 12", "total == 13", "TestShop > test_total", Touch.CHANGED),
        (PY,
            "@pytest.mark.param",
            "@pytest.mark.xfail\n@pytest.mark.param",
            "test_price",
            Touch.SKIPPED,
        ),
        (PY,
            "class TestShop",
            "@unittest.skip('later')\nclass TestShop",
            "TestShop > test_total",
            Touch.SKIPPED,
        ),
        (PY,
            "        shop = Shop()\n",
            "        pytest.skip('later')\n        shop = Shop()\n",
            "TestShop > test_total",
            Touch.SKIPPED,
        ),
        (PY,
            "import pytest\n",
            "import pytest\npytestmark = pytest.mark.skip\n",
            "the whole file",
            Touch.SKIPPED,
        ),
        (PY, "def test_total", "def check_total", "TestShop > test_total", Touch.DELETED),
        (PY, "def test_price", "def test_cost", "test_price", Touch.RENAMED),
        (JS, "it('adds'", "xit('adds'", "shop > adds", Touch.SKIPPED),
        (JS, "it('adds'", "it.skip('adds'", "shop > adds", Touch.SKIPPED),
        (JS, "it('adds'", "it.only('adds'", "all others", Touch.SKIPPED),
        (JS, ".toEqual({ sold: 1 })", ".toBeTruthy()", "shop > sells", Touch.WEAKENED),
        (JS, "assert.strictEqual(add(1, 2), 3);\n", "", "shop > adds", Touch.WEAKENED),
        ("shop_test.go", "{\n\tif", "{\n\tt.Skip()\n\tif", "TestTotal", Touch.SKIPPED),
        ("shop_test.go", '\t\tt.Errorf("total is %d", total())\n', "", "TestTotal", Touch.WEAKENED),
        ("shop_test.go", "TestTotal", "testTotal", "TestTotal", Touch.DELETED),
    ],
)  # fmt: skip
def test_what_is_taken_from_a_test_is_named(
    path: str, old: str, new: str, name: str, touch: Touch
) -> None:
    assert edited(path, old, new) == [(name, touch)]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (PY, "import pytest\n", "import pytest\n\ndef test_more():\n    assert 0\n"),
        (PY, "shop = Shop()", "shop = Shop(1)"),
        (PY, "    return 1", "    return 2"),
        (PY, "count == 3\n", "count == 3\n        assert shop.open\n"),
        (JS, "describe('shop', () => {\n", "describe('shop', () => {\n  // more\n"),
        ("shop_test.go", "package shop\n", "package shop\n\nfunc TestMore(t *testing.T) {\n}\n"),
    ],
)  # fmt: skip
def test_what_leaves_every_test_as_strong_is_not(path: str, old: str, new: str) -> None:
    assert edited(path, old, new) == []


def test_a_deleted_file_names_its_tests() -> None:
    assert {(one.name, one.touch) for one in touched((PY, None))} == {
        ("TestShop > test_total", Touch.DELETED),
        ("test_price", Touch.DELETED),
    }


def test_a_test_that_moves_to_another_file_is_not_deleted() -> None:
    moved = touched((PY, None), ("tests/test_store.py", PYTHON))
    assert {one.touch for one in moved} == {Touch.RENAMED}
    assert moved[0].detail == "in tests/test_store.py"


def test_a_new_file_takes_nothing_away() -> None:
    skipped = "import pytest\n@pytest.mark.skip\ndef test_new():\n    assert 1\n"
    assert touched(("tests/test_new.py", skipped)) == ()


def test_names_are_clean_and_few(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"test('a\\u202e{n}{'x' * 300}', () => {{}})\n" for n in range(500))
    monkeypatch.setitem(SHOP, "test/many.test.js", many)
    found = touched(("test/many.test.js", None))
    assert len(found) == MAX_TOUCHED
    assert all(one.name.isprintable() and len(one.name) <= 120 for one in found)


@pytest.mark.parametrize(
    "line", ["(", "test('" + "x" * 900, "def test_a", "  " * 400, "assert in " * 90]
)
def test_a_hostile_file_is_read_in_time(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{line}\n" * (1_000_000 // (len(line) + 1))
    monkeypatch.setitem(SHOP, "test/a.test.js", text)
    monkeypatch.setitem(SHOP, "test/test_a.py", text)
    began = time.process_time()
    touched(("test/a.test.js", text + "x"), ("test/test_a.py", text + "x"))
    assert time.process_time() - began < 5
