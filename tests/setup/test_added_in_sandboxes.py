"""Packages that people allowed come in through the proxy, by each project's own manager."""

import json

import pytest

from jobs.setup.wanted import Wanted
from tests.setup.conftest import MakeProject
from tests.setup.test_in_sandboxes import SIX

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

YARN = {"packageManager": "yarn@4.18.1", "dependencies": {"once": "1.4.0"}}
NOTHING_LOCKED = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n"


def test_packages_that_were_allowed_are_there_and_one_that_is_none_takes_nothing_along(
    project: MakeProject,
) -> None:
    shop = project(SIX)
    plain = shop.prepare()
    shop.wanted = (
        Wanted("pip", "no-such-package-of-anybodys", "1.0"),
        Wanted("pip", "attrs", "23.1.0"),
        Wanted("apt", "jq"),
    )
    more = shop.prepare()
    assert more.snapshot
    assert more.snapshot != plain.snapshot
    assert [one.installed for one in more.came] == [False, True, True], more.came
    assert "requirements.txt: +attrs==23.1.0" in more.came[1].changes
    with shop.sandbox(more) as box:
        ran = box.exec("python -c 'import attr, six' && jq --version; git status --short")
        assert "jq-" in ran.output
        assert "requirements.txt" not in ran.output
        assert box.exec("python -m pip install attrs==22.1.0").exit_code != 0, "no network again"


@pytest.mark.usefixtures("node_image")
@pytest.mark.parametrize(
    ("package", "files", "changed"),
    [
        ({}, {"pnpm-lock.yaml": NOTHING_LOCKED}, "pnpm-lock.yaml: +"),
        (YARN, {".yarnrc.yml": "nodeLinker: node-modules\n"}, "package.json: +"),
    ],
    ids=["pnpm", "yarn"],
)
def test_a_project_in_javascript_gets_them_by_the_manager_that_it_has(
    package: dict[str, object], files: dict[str, str], changed: str, project: MakeProject
) -> None:
    text = json.dumps({"name": "a", "version": "1.0.0", **package}, indent=2)
    shop = project({"package.json": text, "a.js": "", ".gitignore": "node_modules/\n", **files})
    shop.wanted = (Wanted("npm", "left-pad", "1.3.0"),)
    environment = shop.prepare()
    [came] = environment.came
    assert came.installed, came
    assert any("left-pad" in change for change in came.changes), came.changes
    assert any(change.startswith(changed) for change in came.changes), came.changes
    assert not [fact for fact in environment.facts if "failed" in fact], environment.facts
    with shop.sandbox(environment) as box:
        ran = box.exec("node -e 'console.log(require(\"left-pad\")(7, 3, 0))'; git status --short")
        assert ran.output == "007"
