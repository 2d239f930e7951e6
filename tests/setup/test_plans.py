"""What is done to prepare a project, by what lies in its repository."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from jobs.project_file.environment import ProjectEnvironment
from jobs.setup.detect import plan_for
from jobs.setup.manifests import Manifests
from jobs.setup.npm_again import npm_again
from jobs.setup.plan import Plan
from jobs.setup.running import reported, shown

TEST = {"tests/test_a.py": "import pytest\n"}
PROJECT = '[project]\nname = "a"\nversion = "1"\n'
BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PYTEST = "uv pip install pytest"
SAME = "sed -i 's,//registry.yarnpkg.com/,//registry.npmjs.org/,' yarn.lock"
REGISTRY = "YARN_NPM_REGISTRY_SERVER=https://registry.npmjs.org"
NPM = "npm install --no-audit --no-fund"
NEEDY = "module a\n\nrequire b v1.0.0\n"
COMPILE = "go test -c ./... and go vet ./..., to compile once"
NO_WISH = ProjectEnvironment()

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no Node here")


class Files:
    """The files of a base commit, as a dictionary."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def paths(self) -> list[str]:
        return sorted(self.files)

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def object_id(self, path: str) -> str:
        return hashlib.sha1(self.files[path].encode()).hexdigest()  # noqa: S324 - as git does


def plan(files: Mapping[str, str], wish: ProjectEnvironment = NO_WISH) -> Plan:
    return plan_for(Manifests(Files(files)), wish)


def commands(files: Mapping[str, str]) -> list[str]:
    """The steps in short: without how a tool is brought in."""
    return [
        f"{step.folder}$ {shown(step)}" if step.folder else shown(step)
        for step in plan(files).steps
        if "uv tool install" not in step.command
    ]


def package(**content: object) -> str:
    return json.dumps({"name": "a", **content})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "", **TEST}, ["uv pip install -r requirements.txt", PYTEST]),
        (
            {"requirements.txt": "", "requirements-dev.txt": "", "requirements-test.txt": "",
             "requirements-docs.txt": ""},
            ["uv pip install -r requirements.txt -r requirements-test.txt"],
        ),
        (
            {"requirements/base.txt": "", "requirements/dev.txt": "", "requirements/docs.txt": ""},
            ["uv pip install -r requirements/base.txt -r requirements/dev.txt"],
        ),
        (
            {"test-requirements.txt": "", "dev_requirements.txt": ""},
            ["uv pip install -r test-requirements.txt"],
        ),
        (
            {"pyproject.toml": PROJECT + '[project.optional-dependencies]\ntest = ["pytest"]\n'
             'docs = ["sphinx"]\n'},
            ["uv pip install -e '.[test]'"],
        ),
        (
            {"pyproject.toml": PROJECT + '[dependency-groups]\ntests = ["x"]\ndev = ["tox"]\n'},
            ["uv pip install -e . --group tests"],
        ),
        (
            {"pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n', "a.py": ""},
            ["uv pip install --group dev"],
        ),
        ({"pyproject.toml": BUILD, **TEST}, ["uv pip install -e .", PYTEST]),
        ({"pyproject.toml": "[tool.black]\n", **TEST}, []),
        ({"pyproject.toml": "[tool.black", **TEST}, []),
        (
            {"setup.py": "from setuptools import setup\nsetup(extras_require={'dev': ['pytest']})"},
            ["uv pip install -e '.[dev]'"],
        ),
        (
            {"setup.py": "EXTRAS = {'tests': []}\nsetup(extras_require=EXTRAS)"},
            ["uv pip install -e '.[tests]'"],
        ),
        ({"setup.py": "setup(", "a.py": ""}, ["uv pip install -e ."]),
        (
            {"setup.cfg": "[metadata]\nname = a\n[options.extras_require]\ntesting =\n  pytest\n",
             "setup.py": "import setuptools; setuptools.setup()"},
            ["uv pip install -e '.[testing]'"],
        ),
        (
            {"setup.py": "setup()", "tox.ini": "[testenv]\ndeps =\n  pytest>=7\n  -rreq.txt\n"
             "  -r more.txt\n  py38: old\n  {[x]deps}\n  coverage[toml]  # counts\n", **TEST},
            ["uv pip install -e .",
             "uv pip install 'pytest>=7' -r more.txt 'coverage[toml]'", PYTEST],
        ),
        (
            {"setup.py": "setup()", "noxfile.py": "def tests(session):\n"
             " session.install('pytest', '-e', '.')\ndef lint(session):\n session.install('ruff')"},
            ["uv pip install -e .", "uv pip install pytest"],
        ),
        (
            {"uv.lock": "", "pyproject.toml": PROJECT + '[dependency-groups]\ntest = ["pytest"]\n'
             '[project.optional-dependencies]\ntest = ["x"]\n', **TEST},
            ["uv sync --frozen --group test --extra test", "uv pip install pytest"],
        ),
        (
            {"uv.lock": "", "pyproject.toml": PROJECT + '[tool.uv.workspace]\nmembers = ["p/*"]\n'},
            ["uv sync --frozen --all-packages"],
        ),
        (
            {"poetry.lock": "", "pyproject.toml": "[tool.poetry]\nname = 'a'\n"
             "[tool.poetry.group.test]\noptional = true\n[tool.poetry.group.docs.dependencies]\n"},
            ["poetry install --no-interaction --with test --without docs"],
        ),
        (
            {"pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.extras]\ntest = []\n"},
            ["poetry install --no-interaction --extras test"],
        ),
        (
            {"pdm.lock": "",
             "pyproject.toml": PROJECT + "[tool.pdm.dev-dependencies]\ntest = []\n"},
            ["pdm sync --group test"],
        ),
        ({"Pipfile": "", "Pipfile.lock": ""}, ["pipenv sync --dev"]),
        ({"Pipfile": ""}, ["pipenv install --dev --skip-lock"]),
        ({"shop/tax.py": "", "tests/test_tax.py": "import pytest\n", "README.md": ""}, []),
        ({"README.md": ""}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_python_project(files: dict[str, str], expected: list[str]) -> None:
    assert commands(files) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"package.json": package(), "package-lock.json": "{}"},
            ["npm ci --no-audit --no-fund"],
        ),
        (
            {"package.json": package(devDependencies={"tape": "5"})},
            [f"{NPM} --no-package-lock"],
        ),
        ({"package.json": package(scripts={"test": "node --test"})}, []),
        ({"package.json": "[" * 9000}, []),
        (
            {"package.json": package(packageManager="pnpm@9.1.0+sha"), "pnpm-lock.yaml": ""},
            ["npm install --global --no-audit --no-fund pnpm@9.1.0",
             "pnpm install --frozen-lockfile"],
        ),
        (
            {"package.json": package(), "yarn.lock": ""},
            ["npm install --global --no-audit --no-fund yarn@1", SAME,
             "yarn install --frozen-lockfile"],
        ),
        (
            {"package.json": package(packageManager="yarn@4.5.0"), "yarn.lock": "",
             ".yarnrc.yml": ""},
            ["npm install --global --no-audit --no-fund @yarnpkg/cli-dist@4.5.0",
             f"{REGISTRY} yarn install --immutable"],
        ),
        (
            {"package.json": package(main="dist/index.js", scripts={"build": "tsc"}),
             "package-lock.json": "{}", "src/index.ts": ""},
            ["npm ci --no-audit --no-fund", "npm run build"],
        ),
        (
            {"package.json": package(main="lib/index", scripts={"build": "tsc"}),
             "package-lock.json": "{}", "lib/index.js": ""},
            ["npm ci --no-audit --no-fund"],
        ),
        (
            {"package.json": package(main="dist/a.js",
                                     scripts={"build": "tsc", "prepare": "npm run build"}),
             "package-lock.json": "{}"},
            ["npm ci --no-audit --no-fund"],
        ),
        (
            {"package.json": package(workspaces=["packages/*"], scripts={"build": "tsc -b"}),
             "packages/b/package.json": package(exports={".": {"import": "./dist/b.mjs"}}),
             "yarn.lock": ""},
            ["npm install --global --no-audit --no-fund yarn@1",
             SAME, "yarn install --frozen-lockfile", "yarn run build"],
        ),
        (
            {"web/package.json": package(dependencies={"a": "1"}), "web/package-lock.json": "{}",
             "docs/package.json": package(dependencies={"b": "1"})},
            ["web$ npm ci --no-audit --no-fund"],
        ),
    ],
)  # fmt: skip
def test_a_javascript_project(files: dict[str, str], expected: list[str]) -> None:
    assert commands(files) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"go.mod": NEEDY, "a.go": ""}, ["go mod download", COMPILE]),
        ({"go.mod": "module a\n", "a.go": ""}, [COMPILE]),
        ({"go.mod": NEEDY, "a.go": "", "vendor/modules.txt": ""}, [COMPILE]),
        ({"go.mod": NEEDY, "b/a.py": ""}, []),
        (
            {"tool/go.mod": "module a\n\nrequire (\n b v1\n)\n", "tool/c/a.go": ""},
            ["tool$ go mod download", f"tool$ {COMPILE}"],
        ),
        (
            {"Makefile": "deps:\n\ttrue\ntest:\n", "README.md": "Run `make deps`, `make test`."},
            ["make deps"],
        ),
        (
            {"Makefile": "bootstrap: x\n\ttrue\ninstall:\n",
             ".github/workflows/ci.yml": "  - run: make bootstrap\n  - run: make test\n"},
            ["make bootstrap"],
        ),
        ({"Makefile": "deps:\n\ttrue\n", "README.md": "Run `make`."}, []),
        ({"Makefile": "deps := x\n", "README.md": "Run `make deps`."}, []),
        (
            {"Makefile": "install:\n", "README.md": "make install", "requirements.txt": ""},
            ["uv pip install -r requirements.txt"],
        ),
        (
            {"requirements.txt": "", "package.json": package(), "package-lock.json": "{}"},
            ["uv pip install -r requirements.txt", "npm ci --no-audit --no-fund"],
        ),
        (
            {"backend/pyproject.toml": PROJECT + BUILD, "frontend/package.json": package(),
             "frontend/yarn.lock": ""},
            ["backend$ uv pip install -e .",
             "frontend$ npm install --global --no-audit --no-fund yarn@1",
             f"frontend$ {SAME}", "frontend$ yarn install --frozen-lockfile"],
        ),
    ],
)  # fmt: skip
def test_go_make_and_several_languages(files: dict[str, str], expected: list[str]) -> None:
    assert commands(files) == expected


def test_what_cannot_be_installed_together_is_installed_one_after_the_other() -> None:
    files = ("requirements.txt", "requirements-test.txt")
    [step] = plan(dict.fromkeys(files, "")).steps
    assert step.otherwise == (
        "python -m pip install -r requirements.txt -r requirements-test.txt",
        " && ".join(f"python -m pip install -r {file}" for file in files),
    )


def test_a_project_that_does_not_install_gets_its_dependencies_alone() -> None:
    [step] = plan({"pyproject.toml": PROJECT + 'dependencies = ["a>=1", "b[c]"]\n'}).steps
    assert step.otherwise == ("python -m pip install -e .", "uv pip install 'a>=1' 'b[c]'")


def test_a_poetry_project_is_installed_by_uv_where_poetry_does_not_manage() -> None:
    text = (
        "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\npython = '^3.9'\nb = '^1.2.3'\n"
        "c = '^0.4'\nd = '~2.1'\ne = '*'\nf = {version = '>=1, <3', extras = ['x']}\n"
        "g = {git = 'https://example.org'}\nh = '1.5.*'\ni = '2.0'\n"
        "[tool.poetry.group.test.dependencies]\npytest = '^8'\n"
    )
    step = plan({"pyproject.toml": text}).steps[1]
    assert step.otherwise[0] == (
        "uv pip install -e . 'b>=1.2.3,<2' 'c>=0.4,<0.5' 'd>=2.1,<2.2' e 'f[x]>=1,<3' "
        "'h==1.5.*' i==2.0 'pytest>=8,<9'"
    )


def test_the_projects_own_commands_come_before_what_its_files_give_away() -> None:
    found = plan({"requirements.txt": ""}, ProjectEnvironment(setup=("make dev", "true")))
    assert [step.command for step in found.steps] == ["make dev", "true"]
    assert found.declared
    assert found.makes_venv


def test_a_project_that_only_has_a_name_is_imported_from_where_it_lies() -> None:
    assert not commands({"pyproject.toml": PROJECT, "a/__init__.py": "", **TEST})
    assert commands({"pyproject.toml": PROJECT, "src/a/__init__.py": "", **TEST})
    assert commands({"pyproject.toml": PROJECT + BUILD, "a/__init__.py": "", **TEST})


def test_no_commands_of_its_own_means_no_setup() -> None:
    assert plan({"requirements.txt": ""}, ProjectEnvironment(setup=())).empty


def test_a_mistake_in_the_projects_file_means_no_setup() -> None:
    found = plan({"requirements.txt": ""}, ProjectEnvironment(problems=("line 2",)))
    assert found.empty
    assert found.problems == ("line 2",)


def test_packages_of_debian_come_beside_what_is_detected() -> None:
    found = plan({"requirements.txt": ""}, ProjectEnvironment(packages=("libpq-dev",)))
    assert found.packages == ("libpq-dev",)
    assert len(found.steps) == 1


@pytest.mark.parametrize("lock", [{}, {"package-lock.json": "{}"}])
def test_what_npm_would_fetch_from_a_git_server_is_taken_from_the_registry_instead(
    lock: dict[str, str],
) -> None:
    [step] = plan({"package.json": '{"devDependencies": {"a": "1"}}', **lock}).steps
    install = NPM if lock else f"{NPM} --no-package-lock"
    assert step.otherwise[-1] == npm_again(install)


@needs_node
@pytest.mark.parametrize(
    ("said", "changed", "report"),
    [
        (
            'npm error Refusing to fetch "@x/fs-extra@github:reggi/node-fs-extra#enhanced"',
            {"devDependencies": {"@x/a": "^9", "b.c": "*"}, "overrides": {"@x/fs-extra": ">=0"}},
            "@x/fs-extra came from the registry, not from a git server",
        ),
        (
            "npm error code ETARGET\nnpm error notarget No matching version found for @x/a@^9.\n",
            {"devDependencies": {"@x/a": "*", "b.c": "*"}},
            "the registry does not have @x/a@^9: another version was taken",
        ),
        (
            "npm error notarget No matching version found for b.c@*.\n",
            {"devDependencies": {"@x/a": "^9"}},
            "the registry does not have b.c@*: left out",
        ),
        (
            "npm error 404  The requested resource '@x/a@^9' could not be found or you do not\n",
            {"devDependencies": {"b.c": "*"}},
            "the registry does not have @x/a@^9: left out",
        ),
        ("npm error notarget No matching version found for other@1.\n", None, ""),
        ("npm error notarget No matching version found for constructor@1.\n", None, ""),
        ("npm error code EACCES\n", None, ""),
    ],
)
def test_what_the_registry_does_not_have_is_left_out_and_told(
    said: str, changed: dict[str, object] | None, report: str, tmp_path: Path
) -> None:
    [script] = re.findall(r"(?s)END_OF_MEND'\n(.*)END_OF_MEND", npm_again("npm install").command)
    (tmp_path / "mend.js").write_text(script)
    (tmp_path / "said").write_text(said)
    project = tmp_path / "package.json"
    project.write_text('{"devDependencies": {"@x/a": "^9", "b.c": "*"}}')
    ended = subprocess.run(
        ["node", "mend.js", "said"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == (0 if changed else 1), ended.stderr
    assert reported(ended.stdout) == ((report,) if report else ())
    if changed:
        assert json.loads(project.read_text()) == changed
