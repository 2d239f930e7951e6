"""What a project may say about its environment, and how a mistake is told."""

import pytest

from jobs.project_file.environment import ProjectEnvironment
from jobs.project_file.file import read_project_file
from jobs.project_file.nodes import PROJECT_FILE

WHOLE = """\
env:
  image: patchbay/node
  setup:
    - npm ci
    - |
      npm run build
      npm run codegen
  network_hosts: [nodejs.org]
  packages: [libpq-dev]
  setup_minutes: 5
verify: npm test
"""


def read(text: str) -> ProjectEnvironment:
    return read_project_file(text).environment


def test_all_that_can_be_said() -> None:
    assert read(WHOLE) == ProjectEnvironment(
        image="patchbay/node",
        setup=("npm ci", "npm run build\nnpm run codegen"),
        network_hosts=("nodejs.org",),
        packages=("libpq-dev",),
        setup_minutes=5.0,
    )


@pytest.mark.parametrize("text", ["", "env:\n", "verify: make test\n", "env: {setup: }\n"])
def test_what_is_not_said_is_left_to_detection(text: str) -> None:
    assert read(text) == ProjectEnvironment()


def test_no_commands_means_that_nothing_is_to_be_done() -> None:
    assert read("env: {setup: []}").setup == ()


def test_one_command_alone_is_a_list_of_one() -> None:
    assert read("env: {setup: make dev}").setup == ("make dev",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("env:\n  mounts: [/]\n", "line 2: `env.mounts` is not known; known are image, setup"),
        ("env:\n  privileged: true\n", "line 2: `env.privileged` is not known"),
        ("env:\n  runtime: runc\n", "line 2: `env.runtime` is not known"),
        ("env:\n  environment: {PIP_INDEX_URL: x}\n", "line 2: `env.environment` is not known"),
        ("env:\n  image: 'a b'\n", "line 2: `env.image` has to be the name of one image"),
        ("env:\n  image: [a, b]\n", "line 2: `env.image` may have 1 at most"),
        ("env:\n  image: --privileged\n", "line 2: `env.image` has to be the name"),
        ("env:\n  setup: 3\n", "line 2: `env.setup` has to be a command, as text"),
        ("env:\n  setup: [a, {b: c}]\n", "line 2: `env.setup` has to be a command"),
        ("env:\n  setup: ['']\n", "line 2: `env.setup` is empty"),
        ("env:\n  setup: [" + "a," * 31 + "]\n", "line 2: `env.setup` may have 30 at most"),
        ("env:\n  network_hosts: ['https://a.org']\n", "line 2: `env.network_hosts` has to be"),
        ("env:\n  network_hosts: [10.0.0.1]\n", "line 2: `env.network_hosts` has to be"),
        ("env:\n  network_hosts: ['*.org']\n", "line 2: `env.network_hosts` has to be"),
        ("env:\n  network_hosts: ['a.org:22']\n", "line 2: `env.network_hosts` has to be"),
        ("env:\n  network_hosts: [localhost]\n", "line 2: `env.network_hosts` has to be"),
        ("env:\n  packages: ['-y']\n", "line 2: `env.packages` has to be names of Debian"),
        ("env:\n  setup_minutes: soon\n", "line 2: `env.setup_minutes` has to be a number"),
        ("env:\n  setup_minutes: 0\n", "line 2: `env.setup_minutes` has to be a number"),
        ("env:\n  setup_minutes: .nan\n", "line 2: `env.setup_minutes` has to be a number"),
        ("env: [a]\n", "line 1: `env` has to be keys with values"),
        ("evn: {}\n", "line 1: `evn` is not known"),
    ],
)
def test_a_mistake_has_a_line_and_a_key_and_nothing_else_counts(text: str, words: str) -> None:
    found = read(text)
    assert found == ProjectEnvironment(problems=found.problems)
    assert any(words in problem for problem in found.problems), found.problems
    assert all(PROJECT_FILE in problem for problem in found.problems)


def test_a_mistake_in_one_section_leaves_the_other_as_it_is() -> None:
    found = read_project_file("env: {image: 3}\nverify: make test\n")
    assert found.environment.problems
    assert [check.command for check in found.verify.checks] == ["make test"]
