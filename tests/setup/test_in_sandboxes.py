"""Environments are prepared in real sandboxes, from the real registries."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from jobs.sandbox import SandboxError, SnapshotMissing, networks
from jobs.setup.prepare import PREPARING
from tests.setup.conftest import Act, MakeProject, Project

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

SIX = {
    "requirements.txt": "six==1.16.0\n",
    "shop.py": "import six\n",
    "test_shop.py": "import pytest\nimport shop\n\ndef test_shop():\n    assert shop.six.PY3\n",
    ".gitignore": "__pycache__/\nbuilt/\n",
}
PYPI = ("pypi.org", "files.pythonhosted.org")
TESTS = "python3 -m pytest -q -p no:cacheprovider"


def wish(*lines: str) -> dict[str, str | bytes]:
    return {".github/agent.yml": "\n".join(["env:", *(f"  {line}" for line in lines), ""])}


def test_a_task_finds_what_its_project_needs_and_no_network(project: MakeProject) -> None:
    shop = project(SIX)
    environment = shop.prepare()
    assert environment.snapshot
    assert "requirements.txt" in environment.facts[0]
    with shop.sandbox(environment) as box:
        ran = box.exec(f"{TESTS}; git status --short; python -m pip install six==1.15.0")
        assert "1 passed" in ran.output
        assert "??" not in ran.output
        assert ran.exit_code != 0
        assert "/workspace/venv/bin/python" in box.exec("command -v python").output


def test_the_second_task_sets_nothing_up(project: MakeProject) -> None:
    shop = project(SIX)
    first = shop.prepare()
    assert shop.titles()[0] == PREPARING
    assert shop.titles()[-1] == "keep the environment"
    assert shop.as_task("second").prepare() == first
    assert shop.told == []


def test_other_code_keeps_the_environment_and_another_lock_file_does_not(
    project: MakeProject,
) -> None:
    shop = project(SIX)
    first = shop.prepare()
    shop.origin.commit({"shop.py": "import six\nprint(six)\n", "README.md": "A shop.\n"})
    assert shop.prepare().snapshot == first.snapshot
    shop.origin.commit({"requirements.txt": "six==1.17.0\n"})
    assert shop.prepare().snapshot != first.snapshot
    assert "1.17.0" in shop.run("python -c 'import six; print(six.__version__)'").output


def test_one_repository_never_gets_the_environment_of_another(project: MakeProject) -> None:
    shop = project(SIX)
    first = shop.prepare()
    shop.repository_id += 1
    shop.told.clear()
    second = shop.prepare()
    assert shop.titles()[0] == PREPARING
    assert first.snapshot
    assert second.snapshot
    assert first.snapshot.repository_id != second.snapshot.repository_id


def test_what_failed_is_told_with_its_last_lines_and_the_rest_is_kept(
    project: MakeProject,
) -> None:
    broken = SIX | {"setup.py": "raise SystemExit('this project cannot be built')\n"}
    shop = project(broken)
    environment = shop.prepare()
    [failed] = [fact for fact in environment.facts if "failed" in fact]
    assert "python -m pip install -e ." in failed
    assert "this project cannot be built" in failed
    tries = [(result, text) for title, result, text in shop.told if "install -e" in title]
    assert len(tries) == 2  # by uv, and by pip
    assert all(result.startswith("exit 1 after") for result, _ in tries)
    assert all("this project cannot be built" in text for _, text in tries)
    with shop.sandbox(environment) as box:
        output = box.exec(TESTS).output
        assert "1 passed" in output, output
    # A job that takes the task up goes by it; the next task tries again, but not for ever.
    shop.told.clear()
    assert shop.prepare() == environment
    assert shop.told == []
    for again in ("b", "c"):
        shop.as_task(again).prepare()
        assert PREPARING in shop.titles()
    shop.as_task("d").prepare()
    assert shop.told == []


def test_the_projects_own_commands_end_with_the_first_that_fails(project: MakeProject) -> None:
    shop = project(SIX | wish("setup: ['mkdir built', 'exit 7', 'touch built/third']"))
    environment = shop.prepare()
    assert any("`exit 7` (exit 7)" in fact for fact in environment.facts)
    with shop.sandbox(environment) as box:
        assert box.exec("ls -A built").output == "(no output)"


def test_what_a_set_up_exports_counts_for_every_later_command(project: MakeProject) -> None:
    own = (
        "setup: ['mkdir built', 'echo \"export ANSWER=42\" >>\"$AGENT_ENV\"', 'test $ANSWER = 42']"
    )
    shop = project(SIX | wish(own))
    assert shop.run("echo $ANSWER; ls -d built").output.split() == ["42", "built"]


def test_only_the_hosts_that_the_operator_allows_are_reached(project: MakeProject) -> None:
    reach = "curl -sS -o /dev/null -m 20 https://registry.npmjs.org/six && echo reached"
    shop = project(
        SIX | wish("network_hosts: [registry.npmjs.org, example.com]", f"setup: ['{reach}']"),
        hosts=PYPI,
        hosts_on_request=(".npmjs.org",),
    )
    environment = shop.prepare()
    assert not [fact for fact in environment.facts if "failed" in fact]
    assert any("example.com" in fact and "does not allow" in fact for fact in environment.facts)
    refused = project(SIX | wish(f"setup: ['{reach}']"), hosts=PYPI).prepare()
    refusal = "The set-up was not let through to these hosts: registry.npmjs.org."
    assert refusal in refused.facts, refused.facts


def test_an_environment_that_was_thrown_away_is_prepared_again(project: MakeProject) -> None:
    shop = project(SIX)
    setup = shop.setup()
    environment = setup.environment()
    [stored] = [
        one for one in shop.sandboxes.snapshots.stored() if one.snapshot == environment.snapshot
    ]
    assert shop.sandboxes.snapshots.remove(stored)
    with pytest.raises(SnapshotMissing), shop.sandbox(environment):
        pass
    setup.forget()
    with shop.sandbox(shop.prepare()) as box:
        assert "1 passed" in box.exec(TESTS).output


def test_two_tasks_at_once_set_up_once(project: MakeProject) -> None:
    shop = project(SIX)
    setups = [shop.setup(), shop.setup()]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda one: one.environment(), setups)
    assert first == second
    assert shop.titles().count("keep the environment") == 1


def test_a_stop_ends_a_set_up_at_once_and_leaves_nothing(project: MakeProject) -> None:
    shop = project(SIX | wish("setup: ['sleep 200']"))
    acts: list[Act] = []

    @contextmanager
    def at_halt(act: Act) -> Iterator[None]:
        acts.append(act)
        threading.Timer(3, halt).start()
        yield

    def halt() -> None:
        shop.halted.set()
        acts[0]()

    shop.at_halt = at_halt
    began = time.monotonic()
    with pytest.raises(SandboxError):
        shop.prepare()
    assert time.monotonic() - began < 100
    assert nothing_runs(shop)
    assert not list((shop.folder / "setups").glob("*"))


def test_a_set_up_that_takes_too_long_is_ended_and_told(project: MakeProject) -> None:
    shop = project({"README.md": ""} | wish("setup: ['sleep 200']", "setup_minutes: 0.1"))
    environment = shop.prepare()
    assert any("ended after" in fact for fact in environment.facts)


def test_without_a_proxy_tasks_run_as_before(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "IMAGE", "patchbay/no-such-image")
    shop = project(SIX)
    environment = shop.prepare()
    assert environment.snapshot is None
    assert any("patchbay/no-such-image" in fact for fact in environment.facts)
    assert "the set-up came to no end" in shop.titles()
    assert nothing_runs(shop)


def test_a_set_up_that_is_switched_off_is_told(project: MakeProject) -> None:
    shop = project(SIX, enabled=False)
    assert shop.prepare().snapshot is None
    assert shop.titles() == ["nothing is set up"]


def test_a_project_that_needs_nothing_begins_at_once(project: MakeProject) -> None:
    shop = project({"shop.py": "", "tests/test_shop.py": "import pytest\n"})
    environment = shop.prepare()
    assert (environment.snapshot, environment.facts, shop.told) == (None, (), [])


def nothing_runs(shop: Project) -> bool:
    return not [one for one in shop.sandboxes.running() if one.task_id == shop.task_id]


def test_packages_of_debian_come_in_without_root(project: MakeProject) -> None:
    source = "#include <gmp.h>\nint main(void) { mpz_t n; mpz_init(n); return 0; }\n"
    shop = project({"a.c": source} | wish("image: python", "packages: [libgmp-dev, jq]"))
    environment = shop.prepare()
    assert not [fact for fact in environment.facts if "failed" in fact], environment.facts
    with shop.sandbox(environment) as box:
        ran = box.exec(
            "echo '{\"a\": 1}' | jq -c . && cc a.c -lgmp -o /tmp/a && /tmp/a && echo ran"
        )
        assert ran.output == '{"a":1}\nran'


def test_a_go_project_without_dependencies_is_compiled_before_its_tests(
    project: MakeProject,
) -> None:
    test = 'package a\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}\n'
    main = "func TestMain(m *testing.M) { panic(1) }\n"  # only the agent's own runs come to it
    shop = project(
        {"go.mod": "module a\n\ngo 1.20\n", "a_test.go": test, "b/b_test.go": test + main}
    )
    environment = shop.prepare()
    assert not [fact for fact in environment.facts if "failed" in fact], environment.facts
    with shop.sandbox(environment) as box:
        assert "ok" in box.exec("go test .").output
        compiled = box.exec("go build -x testing 2>&1 | grep -c '/compile '").output
        assert compiled == "0"


def test_a_package_for_development_that_npm_does_not_have_is_left_out_and_told(
    project: MakeProject,
) -> None:
    wanted = '{"is-number": "^99.0.0", "@patchbay/there-is-no-such-package": "1", "once": "1.4.0"}'
    text = f'{{"name": "a", "devDependencies": {wanted}}}'
    shop = project({"package.json": text, "a.js": "", ".gitignore": "node_modules/\n"})
    environment = shop.prepare()
    had_not = "In the set-up: the registry does not have"
    assert f"{had_not} is-number@^99.0.0: another version was taken." in environment.facts
    assert f"{had_not} @patchbay/there-is-no-such-package@1: left out." in environment.facts
    assert not [fact for fact in environment.facts if "failed" in fact], environment.facts
    with shop.sandbox(environment) as box:
        listed = box.exec("ls node_modules; cat package.json; git status --short").output
        assert listed == f"is-number\nonce\nwrappy\n{text}"
