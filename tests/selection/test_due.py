"""A second look is for changes that are large, or in a place where a mistake is dear."""

import pytest

from jobs.repository.change import Change, ChangedFile, FileMode
from jobs.reviewer.due import MOST_FILES, MOST_LINES, Size, size_of, why_due


def change(*paths: str) -> Change:
    return Change(tuple(ChangedFile(path, FileMode.REGULAR, b"x\n") for path in paths))


def diff(lines: int) -> str:
    body = "\n".join(["+++ more"] * lines)
    return (
        f"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1,{lines} @@\n-- old\n{body}\n"
    )


def test_lines_that_look_like_headers_are_counted() -> None:
    assert size_of(diff(3)) == Size(3, 1)


@pytest.mark.parametrize(
    ("paths", "lines", "why"),
    [
        (["shop/tax.py", "tests/test_tax.py"], MOST_LINES - 1, ""),
        (["shop/tax.py"], MOST_LINES, f"{MOST_LINES + 1} lines"),
        ([f"{n}.py" for n in range(MOST_FILES)], 1, ""),
        ([f"{n}.py" for n in range(MOST_FILES + 1)], 1, f"{MOST_FILES + 1} files"),
        (["shop/auth/login.py"], 1, "`auth` is a sensitive place"),
        (["src/LoginForm.tsx"], 1, "`login`"),
        (["db/migrations/0007_x.py"], 1, "`migrations`"),
        (["author.py", "README.md", "tests/test_login.py"], 1, ""),
        (["pyproject.toml"], 1, "dependencies and build"),
        (["tests/conftest.py"], 1, "how tests are run"),
    ],
)
def test_auto(paths: list[str], lines: int, why: str) -> None:
    found = why_due("auto", change(*paths), diff(lines))
    assert why in found
    assert bool(found) == bool(why)


def test_off_and_always() -> None:
    assert why_due("off", change("shop/auth.py"), diff(999)) == ""
    assert why_due("always", change("a.py"), diff(1))
