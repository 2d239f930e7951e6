"""Packages that people allowed a task: which names are any, what brings them in, what came."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.settings import SetupSettings
from jobs.project_file.environment import ProjectEnvironment
from jobs.setup.detect import plan_for
from jobs.setup.facts import facts_of
from jobs.setup.key import key_of
from jobs.setup.manifests import Manifests
from jobs.setup.outcome import SetupOutcome, Tried
from jobs.setup.plan import Plan
from jobs.setup.rules import SetupRules
from jobs.setup.running import reported, shown
from jobs.setup.wanted import BadPackage, Came, Wanted, came_of, languages_of, wanted, with_wanted
from tests.setup.test_plans import Files

SIX = Wanted("pip", "six", "1.16.0")
PAD = Wanted("npm", "left-pad", "1.3.0")
PROJECT = '[project]\nname = "a"\nversion = "1"\n'


def at(files: Mapping[str, str]) -> Manifests:
    return Manifests(Files(files))


def plan(files: Mapping[str, str], *packages: Wanted, **wish: Any) -> Plan:
    found = plan_for(at(files), ProjectEnvironment(**wish))
    return with_wanted(found, at(files), packages)


def step(files: Mapping[str, str], package: Wanted) -> str:
    return plan(files, package).allowed[-1].command


@pytest.mark.parametrize(
    ("manager", "name", "version", "spec"),
    [
        ("pip", "six", "", "six"),
        ("pip", "zope.interface", "5.4.0", "zope.interface==5.4.0"),
        ("pip", "torch", "2.1.0+cpu", "torch==2.1.0+cpu"),
        ("npm", "left-pad", "", "left-pad@latest"),
        ("npm", "@types/node", "20.1.0-rc.1", "@types/node@20.1.0-rc.1"),
        ("apt", "libgmp-dev", "2:6.3.0+dfsg-3", "libgmp-dev=2:6.3.0+dfsg-3"),
        ("apt", "g++", "", "g++"),
    ],
)
def test_a_name_and_a_version_become_what_the_manager_is_told(
    manager: str, name: str, version: str, spec: str
) -> None:
    assert wanted({"manager": manager, "name": name, "version": version}).spec == spec


@pytest.mark.parametrize(
    ("manager", "name", "version"),
    [
        ("cargo", "serde", ""),
        ("pip", "", ""),
        ("pip", "-rrequirements.txt", ""),
        ("pip", "six==1.16.0", ""),
        ("pip", "git+https://example.org/x", ""),
        ("pip", "../six", ""),
        ("pip", "six.whl", ""),
        ("pip", "six", ">=1"),
        ("pip", "six", "1.0 --index-url=https://example.org"),
        ("pip", "six\n", ""),
        ("npm", "acme/shop", ""),
        ("npm", "left-pad.tgz", "1.0.0"),
        ("npm", "left-pad", "latest"),
        ("npm", "left-pad", "^1.3.0"),
        ("npm", "file:../x", ""),
        ("npm", "--prefix", ""),
        ("apt", "libc6-", ""),
        ("apt", "-oDebug=1", ""),
        ("apt", "./x.deb", ""),
        ("apt", "jq", "1.6 libc6-"),
    ],
)
def test_what_is_more_than_a_name_and_a_version_is_none(
    manager: str, name: str, version: str
) -> None:
    with pytest.raises(BadPackage):
        wanted({"manager": manager, "name": name, "version": version})


def test_the_plan_of_the_project_comes_first_and_another_environment_of_it() -> None:
    files = {"requirements.txt": "attrs\n"}
    plain, more = plan(files), plan(files, SIX)
    assert more.steps == plain.steps
    assert shown(more.allowed[-1]) == "uv pip install six==1.16.0"
    assert "python -m pip install six==1.16.0" in more.allowed[-1].command
    other = plan(files, replace(SIX, version="1.17.0"))
    keys = {key_of("image", each, at(files), (), {}) for each in (plain, more, other)}
    assert len(keys) == 3


def test_who_is_not_in_python_gets_one_for_a_package_of_pips() -> None:
    found = plan({"README.md": ""}, SIX)
    assert not found.empty
    assert found.makes_venv
    assert found.python is not None
    assert found.steps == ()


def test_an_environment_of_its_own_has_what_the_tests_had_from_the_image() -> None:
    project = '[project]\nname = "a"\nrequires-python = "<3.12"\n'
    files = {"pyproject.toml": project, "test_a.py": "import pytest\n"}
    assert plan(files).empty
    found = plan(files, SIX)
    assert [shown(each) for each in found.steps] == ["uv pip install pytest"]
    assert found.python
    assert found.python.requires == "<3.12"


def test_what_a_project_does_by_its_own_word_does_not_hold_packages_off() -> None:
    found = plan({"requirements.txt": "x\n"}, SIX, setup=("exit 7",))
    assert [shown(each) for each in found.steps] == ["exit 7"]
    assert [shown(each) for each in found.allowed] == ["uv pip install six==1.16.0"]


def test_an_image_is_chosen_that_has_the_managers_where_there_is_one() -> None:
    rules, wide = SetupRules.of(SetupSettings()), languages_of((SIX, PAD, Wanted("apt", "jq")))
    assert wide == {"python", "node"}
    node = frozenset({"node"})
    assert rules.image_for("", node, str, wide).name == "patchbay/full"
    none = {"patchbay/full": None}
    assert rules.image_for("", node, lambda name: none.get(name, "x"), wide).name == "patchbay/node"


def test_the_agent_hears_of_packages_once_and_of_the_projects_own_set_up_beside() -> None:
    files = {"requirements.txt": "attrs\n"}
    made = plan(files, SIX)
    tried = (
        Tried(shown(made.steps[0]), 1, 1.0, "no attrs"),
        Tried(shown(made.allowed[0]), 0, 1.0, reports=("requirements.txt: +1 -0 lines",)),
    )
    facts = facts_of(made, SetupOutcome("key", tried), "")
    assert any("no attrs" in fact for fact in facts)
    assert not any("+1 -0" in fact for fact in facts)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": PROJECT, "uv.lock": ""}, "uv add --no-sync six==1.16.0"),
        ({"pyproject.toml": PROJECT, "poetry.lock": ""}, "poetry add --lock six==1.16.0"),
        ({"pyproject.toml": PROJECT}, "uv add --frozen six==1.16.0"),
        ({"web/pyproject.toml": PROJECT, "docs/requirements.txt": ""}, "uv add --frozen six"),
        ({"requirements.txt": ""}, "six==1.16.0 >>requirements.txt"),
    ],
)
def test_the_projects_own_files_are_asked_what_they_would_say(
    files: dict[str, str], expected: str
) -> None:
    assert expected in step(files, SIX)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package.json": "{}", "package-lock.json": "{}"},
         "npm install --no-audit --no-fund left-pad@1.3.0"),
        ({"package.json": "{}"}, "--no-package-lock left-pad@1.3.0"),
        ({"package.json": "{}", "pnpm-lock.yaml": "", "pnpm-workspace.yaml": ""},
         "pnpm add -w left-pad@1.3.0"),
        ({"package.json": '{"packageManager": "pnpm@9.1.0"}'}, "pnpm add left-pad@1.3.0"),
        ({"package.json": "{}", "yarn.lock": ""}, "yarn add left-pad@1.3.0"),
        ({"package.json": '{"packageManager": "yarn@1.22.22", "workspaces": ["a"]}'},
         "yarn add --no-lockfile -W left-pad@1.3.0"),
        ({"package.json": '{"packageManager": "yarn@4.1.0"}', "yarn.lock": ""},
         "INSTALLS=false yarn add left-pad@1.3.0"),
        ({"a.py": ""}, "npm install --global --no-audit --no-fund left-pad@1.3.0"),
    ],
)  # fmt: skip
def test_npms_packages_come_by_the_manager_that_the_project_has(
    files: dict[str, str], expected: str
) -> None:
    assert expected in step(files, PAD)


def test_npms_packages_go_where_the_package_is() -> None:
    files = {"docs/package.json": "{}", "web/package.json": "{}", "web/a/package.json": "{}"}
    assert plan(files, PAD).allowed[-1].folder == "web"


def test_the_projects_own_manager_is_brought_in_first() -> None:
    files = {"package.json": '{"packageManager": "pnpm@9.1.0"}'}
    brings, adds = plan(files, PAD, Wanted("npm", "once")).allowed[:2]
    assert "pnpm@9.1.0" in brings.command
    assert brings.unless
    assert shown(adds) == "pnpm add left-pad@1.3.0"


def test_debians_packages_are_found_by_later_commands() -> None:
    jq = Wanted("apt", "jq")
    assert "END_OF_EXPORTS" in step({}, jq)
    with_others = plan({}, jq, packages=("libpq-dev",))
    assert "END_OF_EXPORTS" not in with_others.allowed[-1].command, "they are found already"
    assert with_others.packages == ("libpq-dev",), "one that is not to be had takes no other along"


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize("exit_code", [0, 7])
def test_a_step_reports_what_would_change_and_fails_where_the_install_does(
    tmp_path: Path, exit_code: int
) -> None:
    (tmp_path / "requirements.txt").write_text("attrs\n")
    command = step({"requirements.txt": "attrs"}, SIX)
    script = f"uv() {{ return {exit_code}; }}\npython() {{ return {exit_code}; }}\n{command}"
    env = {"TMPDIR": str(tmp_path / "tmp"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home")}
    (tmp_path / "tmp").mkdir()
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == exit_code
    assert reported(ran.stdout) == (
        ("requirements.txt: +1 -0 lines", "requirements.txt: +six==1.16.0") if not exit_code else ()
    )
    written = [file.read_text() for file in tmp_path.glob("home/added/requirements.txt")]
    assert written == ([] if exit_code else ["attrs\nsix==1.16.0\n"])


def test_each_package_has_its_own_outcome() -> None:
    packages, files = (SIX, PAD, Wanted("apt", "jq")), {"package.json": "{}"}
    steps = plan(files, *packages).allowed
    tried = (
        Tried(shown(steps[-3]), 0, 1.0, reports=("requirements.txt: +1 -0 lines",)),
        Tried(shown(steps[-2]), 1, 1.0, "404 Not Found"),
    )
    came = came_of(plan(files, *packages), at(files), packages, SetupOutcome("key", tried))
    assert came[0] == Came("six 1.16.0 (pip)", True, changes=("requirements.txt: +1 -0 lines",))
    assert came[1] == Came("left-pad 1.3.0 (npm)", False, "404 Not Found")
    assert (came[2].package, came[2].installed) == ("jq (newest) (apt)", False)
    nothing = came_of(plan(files, *packages), at(files), packages, SetupOutcome(tried=tried))
    assert not any(one.installed for one in nothing), "nothing was kept"
