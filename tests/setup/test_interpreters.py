"""Which Python a project gets, among those that an image has."""

import pytest

from jobs.setup.interpreters import PythonWish, satisfies
from jobs.setup.manifests import Manifests
from jobs.setup.python_manifest import read_manifest
from tests.setup.test_plans import Files

HAS = ("3.9", "3.11", "3.12", "3.13")


@pytest.mark.parametrize(
    ("version", "requires", "holds"),
    [
        ("3.11", ">=3.8", True),
        ("3.11", ">=3.8,<3.11", False),
        ("3.11", ">= 3.8, <4", True),
        ("3.11", ">=3.8 <3.12", True),
        ("3.11", "<3.11.4", True),
        ("3.9", ">3.9", True),
        ("3.9", "<=3.9", True),
        ("3.9", "!=3.9.*", False),
        ("3.9", "!=3.9.1", True),
        ("3.9", "==3.9.*", True),
        ("3.9", "~=3.8", True),
        ("3.9", "~=3.8.0", False),
        ("3.9", "^3.8", True),
        ("3.9", "~3.8", False),
        ("3.12", "^3.8 || ^4", True),
        ("3.12", "~2.7 || ~3.12", True),
        ("3.12", "*", True),
        ("3.12", "what?", True),
        ("3.12", "", True),
    ],
)
def test_a_range_of_versions(version: str, requires: str, holds: bool) -> None:
    assert satisfies(version, requires) is holds


@pytest.mark.parametrize(
    ("wish", "chosen"),
    [
        (PythonWish(), "3.11"),
        (PythonWish(pinned="3.12.4"), "3.12"),
        (PythonWish(pinned="3.10.4"), "3.11"),
        (PythonWish(requires=">=3.12"), "3.13"),
        (PythonWish(requires="<3.10"), "3.9"),
        (PythonWish(requires=">=3.14"), "3.11"),
        (PythonWish(tested=("3.8", "3.9")), "3.9"),
        (PythonWish(tested=("3.11", "3.12")), "3.11"),
        (PythonWish(tested=("3.7",)), "3.11"),
        (PythonWish(requires=">=3.12", tested=("3.11", "3.12")), "3.12"),
        (PythonWish(pinned="3.9", requires=">=3.10"), "3.11"),
    ],
)
def test_the_narrowest_word_that_can_be_met_counts(wish: PythonWish, chosen: str) -> None:
    assert wish.among(HAS, "3.11") == chosen


@pytest.mark.parametrize(
    ("files", "wish"),
    [
        ({".python-version": "3.12.1\n"}, PythonWish(pinned="3.12.1")),
        ({".python-version": "pypy3.10\n"}, PythonWish()),
        (
            {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'
             'classifiers = ["Programming Language :: Python :: 3.9"]\n'},
            PythonWish(requires=">=3.9", tested=("3.9",)),
        ),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"\n'},
            PythonWish(requires="^3.10"),
        ),
        ({"setup.cfg": "[options]\npython_requires = >=3.7\n"}, PythonWish(requires=">=3.7")),
        ({"setup.py": "setup(python_requires='>=3.6')"}, PythonWish(requires=">=3.6")),
        ({"pyproject.toml": "[project]\nrequires-python = 3\n"}, PythonWish(requires="")),
    ],
)  # fmt: skip
def test_where_a_project_says_it(files: dict[str, str], wish: PythonWish) -> None:
    assert read_manifest(Manifests(Files(files)), "").wish == wish
