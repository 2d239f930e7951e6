"""What a project may choose, and what stays the operator's."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.settings import SetupSettings
from jobs.project_file.environment import ProjectEnvironment
from jobs.repository.git import Git
from jobs.repository.mirror import Mirrors
from jobs.repository.snapshot import MAX_FILE_BYTES
from jobs.setup.detect import plan_for
from jobs.setup.key import key_of
from jobs.setup.languages import languages
from jobs.setup.manifests import Manifests
from jobs.setup.rules import SetupRules
from tests.sandbox.repositories import make_repository
from tests.setup.test_plans import Files

RULES = SetupRules.of(SetupSettings())
BUILT = {f"patchbay/{name}": f"sha256:{name}" for name in ("base", "python", "node", "go", "full")}


def image(
    wished: str, holds: set[str], built: Mapping[str, str] = BUILT, **rules: Any
) -> tuple[str, bool]:
    found = replace(RULES, **rules).image_for(wished, frozenset(holds), built.get)
    return found.name, bool(found.problems)


@pytest.mark.parametrize(
    ("wished", "holds", "name"),
    [
        ("", set(), "patchbay/base"),
        ("", {"python"}, "patchbay/python"),
        ("", {"node"}, "patchbay/node"),
        ("", {"go"}, "patchbay/go"),
        ("", {"python", "node"}, "patchbay/full"),
        ("patchbay/go", {"python"}, "patchbay/go"),
        ("full", {"python"}, "patchbay/full"),
    ],
)
def test_an_image_is_chosen_by_what_the_repository_holds(
    wished: str, holds: set[str], name: str
) -> None:
    assert image(wished, holds) == (name, False)


def test_the_operators_own_image_comes_before_the_languages() -> None:
    assert image("", {"go"}, {"ours": "sha256:1"}, one_image="ours") == ("ours", False)


@pytest.mark.parametrize("wished", ["debian", "evil/image", "patchbay/python@sha256:00"])
def test_an_image_that_the_operator_does_not_name_is_not_used(wished: str) -> None:
    built = {**BUILT, wished: "sha256:there"}
    assert image(wished, {"go"}, built) == ("patchbay/go", True)


def test_an_image_that_was_not_built_is_not_used() -> None:
    only = {"patchbay/python": "sha256:1", "patchbay/full": "sha256:2"}
    assert image("", {"node"}, only) == ("patchbay/full", False)
    assert image("node", {"node"}, only) == ("patchbay/full", True)
    assert image("", {"node"}, {}) == ("patchbay/python", False)


def test_hosts_count_within_what_the_operator_allows() -> None:
    rules = replace(RULES, hosts=("pypi.org",), hosts_on_request=(".example.org", "a.net"))
    wished = ("x.example.org", "a.net", "pypi.org", "b.net", "badexample.org", "example.org")
    hosts, problems = rules.hosts_for(wished)
    assert hosts == ("pypi.org", "x.example.org", "a.net")
    assert [problem.split(" names ")[1].split(",")[0] for problem in problems] == [
        *("b.net", "badexample.org", "example.org"),
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"README.md": ""}, set()),
        ({"a.py": ""}, {"python"}),
        ({"package.json": "{}", "a.py": ""}, {"node", "python"}),
        ({"web/package.json": "{}", "pyproject.toml": ""}, {"node", "python"}),
        ({"docs/x/y/package.json": "{}", **{f"{n}.py": "" for n in range(20)}}, {"python"}),
        ({"main.go": "", "go.mod": ""}, {"go"}),
        ({**{f"{n}.go": "" for n in range(20)}, "tool.py": ""}, {"go"}),
    ],
)
def test_languages(files: dict[str, str], expected: set[str]) -> None:
    assert languages(Manifests(Files(files))) == expected


BASE = {"pyproject.toml": "[project]\nname = 'a'\n", "uv.lock": "1", "a.py": "", "dev.sh": "1"}


def key(files: Mapping[str, str], digest: str = "sha256:1", setup: str = "", **more: Any) -> str:
    manifests = Manifests(Files(files))
    wish = ProjectEnvironment(setup=(setup,) if setup else None)
    plan = plan_for(manifests, wish)
    return key_of(digest, plan, manifests, more.get("hosts", ()), more.get("environment", {}))


def test_the_key_stays_as_long_as_a_set_up_would_come_to_the_same() -> None:
    assert key(BASE) == key(BASE | {"a.py": "x = 1\n", "dev.sh": "2", "README.md": ""})


@pytest.mark.parametrize(
    "other",
    [
        key(BASE, "sha256:2"),
        key(BASE | {"uv.lock": "2"}),
        key(BASE | {"pyproject.toml": "[project]\nname = 'b'\n"}),
        key(BASE | {"sub/package.json": "{}"}),
        key(BASE, setup="./dev.sh"),
        key(BASE, hosts=("a.net",)),
        key(BASE, environment={"PIP_INDEX_URL": "https://mirror"}),
    ],
)
def test_the_key_changes_with_all_that_a_set_up_sees(other: str) -> None:
    assert key(BASE) != other


def test_a_file_that_a_command_names_is_in_the_key() -> None:
    before, after = (key(BASE | {"dev.sh": text}, setup="sh ./dev.sh") for text in "12")
    assert before != after


def test_a_lock_file_that_is_too_long_to_be_read_is_in_the_key_all_the_same(tmp_path: Path) -> None:
    long = f'{{"lockfileVersion": 3, "x": "{"x" * MAX_FILE_BYTES}"}}'
    origin = make_repository(tmp_path / "code", {"package.json": "{}", "package-lock.json": long})
    mirror = Mirrors(tmp_path / "mirrors", Git(allow_file=True)).open(1)

    def its_key() -> str:
        manifests = Manifests(mirror.at(mirror.fetch(origin.path.as_uri(), origin.head)))
        assert manifests.text("package-lock.json") == ""
        return key_of("sha256:1", plan_for(manifests, ProjectEnvironment()), manifests, (), {})

    before = its_key()
    origin.commit({"README.md": "Other words.\n"})
    assert its_key() == before
    origin.commit({"package-lock.json": long.replace("3", "2", 1)})
    assert its_key() != before
