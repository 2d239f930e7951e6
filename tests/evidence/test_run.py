"""What a change does is measured with the project's own runners, on both sides."""

import json
from pathlib import Path

import pytest

from jobs.evidence.check import DeclaredCheck
from jobs.evidence.evidence import CaseGroup, Evidence, EvidenceRow, Verdict
from tests.evidence.conftest import Measure

WRONG = "def double(n):\n    return n + n + (n == 3)\n"
RIGHT = "def double(n):\n    return n * 2\n"
OLD_TEST = "from calc import double\n\ndef test_two():\n    assert double(2) == 4\n"
NEW_TEST = "from calc import double\n\ndef test_three():\n    assert double(3) == 6\n"
PYTEST = {"pyproject.toml": "[tool.pytest.ini_options]\n", "calc.py": WRONG}
PROJECT = {**PYTEST, "tests/test_old.py": OLD_TEST}
FIX = {"calc.py": RIGHT, "tests/test_new.py": NEW_TEST}


def rows(evidence: Evidence) -> dict[str, EvidenceRow]:
    return {row.name: row for row in evidence.rows}


def test_a_fix_with_a_new_test_is_proved(measure: Measure) -> None:
    evidence = measure(PROJECT, FIX)
    assert evidence.clean, evidence.why_not_clean
    changed, whole = evidence.rows
    assert changed.command == "python3 -m pytest -q tests/test_new.py"
    assert changed.verdict is Verdict.FIXED
    assert changed.base.failed == ("tests/test_new.py::test_three",)
    assert (changed.base.exit_code, changed.change.exit_code) == (1, 0)
    assert whole.verdict is Verdict.PASSES
    assert whole.base.summary == "1 passed, 0 failed"
    assert whole.change.summary == "2 passed, 0 failed"


def test_a_fix_without_a_test_leaves_the_suite_as_proof(measure: Measure) -> None:
    evidence = measure(PROJECT, {"calc.py": RIGHT})
    assert [row.verdict for row in evidence.rows] == [Verdict.PASSES]
    assert evidence.clean


def test_a_new_test_that_needs_what_only_the_change_has_fails_on_the_base(
    measure: Measure,
) -> None:
    test = "from calc import halve\n\ndef test_half():\n    assert halve(4) == 2\n"
    change = {"calc.py": WRONG + "def halve(n):\n    return n // 2\n", "tests/test_h.py": test}
    evidence = measure(PROJECT, change)
    assert evidence.rows[0].verdict is Verdict.FIXED
    assert "cannot import name 'halve'" in evidence.rows[0].base.summary
    assert evidence.clean


def test_what_breaks_is_named(measure: Measure) -> None:
    evidence = measure(PROJECT, {"calc.py": "def double(n):\n    return 6\n"})
    (row,) = evidence.rows
    assert row.verdict is Verdict.NEWLY_FAILING
    assert not evidence.clean
    assert "tests/test_old.py::test_two" in evidence.why_not_clean


def test_what_failed_before_may_go_on_failing(measure: Measure) -> None:
    base = {
        **PROJECT,
        "tests/test_bad.py": "class TestX:\n    def test_bad(self):\n        1 / 0\n",
    }
    evidence = measure(base, FIX)
    row = rows(evidence)["pytest, whole suite"]
    assert row.verdict is Verdict.STILL_FAILING
    assert row.change.failed == row.base.failed == ("tests/test_bad.py::TestX::test_bad",)
    assert evidence.clean


def test_one_new_failure_among_old_ones_is_seen(measure: Measure) -> None:
    base = {**PROJECT, "tests/test_bad.py": "def test_bad():\n    1 / 0\n"}
    evidence = measure(base, {"calc.py": "def double(n):\n    return 6\n"})
    row = rows(evidence)["pytest, whole suite"]
    assert row.verdict is Verdict.NEWLY_FAILING
    assert "test_bad" not in evidence.why_not_clean


def test_more_failures_than_can_be_named_are_still_compared(measure: Measure) -> None:
    many = "@pytest.mark.parametrize('n', range(300))\ndef test_m(n):\n    assert n < 0\n"
    base = {**PROJECT, "tests/test_many.py": f"import pytest\n{many}"}
    still = rows(measure(base, {"calc.py": RIGHT}))["pytest, whole suite"]
    assert still.verdict is Verdict.STILL_FAILING
    assert still.change.failed_count == 300
    assert len(still.change.failed) <= 200


def test_tests_that_vanish_keep_it_from_being_clean(measure: Measure) -> None:
    evidence = measure(
        {**PROJECT, "tests/test_b.py": "def test_b():\n    pass\n"},
        {"tests/test_b.py": "# moved away\n", "calc.py": RIGHT},
    )
    assert "1 fewer tests pass" in evidence.why_not_clean


def test_all_tests_gone_is_a_new_failure(measure: Measure) -> None:
    evidence = measure(PROJECT, {"tests/test_old.py": ""})
    assert rows(evidence)["pytest, whole suite"].verdict is Verdict.NEWLY_FAILING


def test_no_tests_is_said(measure: Measure) -> None:
    evidence = measure({**PYTEST, "tests/test_none.py": ""}, {"calc.py": RIGHT})
    assert [row.verdict for row in evidence.rows] == [Verdict.NO_TESTS]
    assert (evidence.clean, evidence.why_not_clean) == (False, "there are no tests")


def test_no_check_is_said(measure: Measure) -> None:
    evidence = measure({"a.py": ""}, {"a.py": "x = 1\n"})
    assert evidence == Evidence((), clean=False, why_not_clean="no check was found")


def test_a_missing_pytest_is_said(measure: Measure) -> None:
    evidence = measure(PROJECT, FIX, path="/usr/bin:/bin")
    assert {row.verdict for row in evidence.rows} == {Verdict.NOT_RUN}
    assert "the Python module `pytest` is not in the sandbox" in evidence.why_not_clean


def test_a_module_that_is_missing_on_both_sides_is_said(measure: Measure) -> None:
    base = {**PYTEST, "tests/test_a.py": "import no_such_module\n"}
    evidence = measure(base, {"calc.py": RIGHT})
    assert [row.verdict for row in evidence.rows] == [Verdict.NOT_RUN]
    assert "the Python module `no_such_module` is not in the sandbox" in evidence.why_not_clean


def test_files_that_cannot_be_imported_are_run_past(measure: Measure) -> None:
    base = {**PROJECT, "tests/test_a.py": "import no_such_module\n"}
    evidence = measure(base, FIX)
    row = rows(evidence)["pytest, whole suite"]
    assert row.verdict is Verdict.STILL_FAILING
    assert row.change.passed_count == 2
    assert "run past the files that cannot be imported" in row.note
    assert evidence.clean, evidence.why_not_clean


def test_a_file_that_the_change_makes_unreadable_is_a_new_failure(measure: Measure) -> None:
    base = {**PROJECT, "tests/test_a.py": "import no_such_module\n"}
    evidence = measure(base, {"tests/test_old.py": "import another_missing\n"})
    assert rows(evidence)["pytest, whole suite"].verdict is Verdict.NEWLY_FAILING


@pytest.mark.parametrize(
    "settings", ["addopts = '--cov=calc -n auto'", "required_plugins = 'pytest-nope>=1'"]
)
def test_options_for_plugins_that_are_not_there_are_left_out_and_said(
    settings: str, measure: Measure
) -> None:
    base = {**PROJECT, "pyproject.toml": f"[tool.pytest.ini_options]\n{settings}\n"}
    evidence = measure(base, FIX)
    assert evidence.clean, evidence.why_not_clean
    assert all("without the project's `addopts`" in row.note for row in evidence.rows)


def test_code_under_src_needs_no_install(measure: Measure) -> None:
    base = {
        "pyproject.toml": "[tool.pytest.ini_options]\n",
        "src/calc/__init__.py": WRONG,
        "tests/test_old.py": OLD_TEST,
    }
    evidence = measure(base, {"src/calc/__init__.py": RIGHT, "tests/test_new.py": NEW_TEST})
    assert evidence.clean
    assert evidence.rows[0].command.startswith("PYTHONPATH=src python3 -m pytest")


def test_unittest_projects_are_measured_by_unittest(measure: Measure) -> None:
    case = (
        "import unittest\nfrom calc import double\n\nclass A(unittest.TestCase):\n"
        "    def test_{0}(self):\n        self.assertEqual(double({0}), {1})\n"
    )
    base = {"calc.py": WRONG, "tests/test_old.py": case.format(2, 4)}
    evidence = measure(base, {"calc.py": RIGHT, "tests/test_new.py": case.format(3, 6)})
    assert evidence.clean, evidence.why_not_clean
    assert [row.verdict for row in evidence.rows] == [Verdict.FIXED, Verdict.PASSES]
    assert evidence.rows[0].cases == {
        Verdict.FIXED: CaseGroup(1, ("tests.test_new.A.test_3",)),
    }
    assert evidence.rows[1].cases == {Verdict.PASSES: CaseGroup(2)}


def test_node_projects_are_measured_by_node(measure: Measure) -> None:
    test = (
        "const t = require('node:test'); const a = require('node:assert');\n"
        "t.test('{0}', () => a.strictEqual(require('../calc.js')({0}), {1}));\n"
    )
    base = {
        "package.json": '{"scripts": {"test": "node --test"}}',
        "calc.js": "module.exports = n => n + n + (n === 3);\n",
        "test/old.test.js": test.format(2, 4),
    }
    change = {"calc.js": "module.exports = n => n * 2;\n", "test/new.test.js": test.format(3, 6)}
    evidence = measure(base, change)
    assert [row.verdict for row in evidence.rows] == [Verdict.FIXED, Verdict.PASSES]
    assert evidence.rows[0].cases == {
        Verdict.FIXED: CaseGroup(1, ("test/new.test.js > 3",)),
    }
    assert evidence.clean


def test_a_program_that_is_missing_is_said(measure: Measure, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bash").symlink_to("/bin/bash")
    evidence = measure({"go.mod": "module a", "a_test.go": ""}, {}, path=str(tools))
    assert {row.name: row.verdict for row in evidence.rows} == {
        "go test": Verdict.NOT_RUN,
        "go vet": Verdict.NOT_RUN,
    }
    assert "`go` is not in the sandbox" in evidence.why_not_clean


def test_a_declared_check_is_run_over_the_new_tests_on_the_base(measure: Measure) -> None:
    command = "python3 -m pytest -q tests/test_new.py::test_three"
    evidence = measure(PROJECT, FIX, declared=(DeclaredCheck(command, "three is doubled"),))
    row = rows(evidence)["three is doubled"]
    assert row.verdict is Verdict.FIXED
    assert row.base.failed == ("tests/test_new.py::test_three",)
    assert row.source == "declared by the agent"
    assert row.cases == {Verdict.FIXED: CaseGroup(1, ("tests/test_new.py::test_three",))}
    assert evidence.clean


def test_new_tests_do_not_reach_the_suite_of_the_base(measure: Measure) -> None:
    evidence = measure(PROJECT, FIX)
    assert rows(evidence)["pytest, whole suite"].base.failed == ()


@pytest.mark.parametrize(
    ("command", "verdict"),
    [("exit 1", Verdict.STILL_FAILING), ("test -f pyproject.toml -a ! -f tests/test_new.py", None)],
)
def test_a_declared_check_that_does_not_pass_keeps_it_from_being_clean(
    command: str, verdict: Verdict | None, measure: Measure
) -> None:
    evidence = measure(PROJECT, FIX, declared=(DeclaredCheck(command, "it works"),))
    assert not evidence.clean
    assert "it works" in evidence.why_not_clean
    assert verdict in {None, rows(evidence)["it works"].verdict}


def test_a_declared_check_that_always_passes_proves_nothing(measure: Measure) -> None:
    evidence = measure({"a.py": ""}, {"a.py": "1\n"}, declared=(DeclaredCheck("true", "all"),))
    assert evidence.rows[0].verdict is Verdict.PASSES
    assert not evidence.clean


def test_hostile_words_of_the_agent_are_one_clean_line(measure: Measure) -> None:
    shows = "a\u202eb\n\x1b[31m" + "x" * 900
    (row,) = measure({"a": ""}, {}, declared=(DeclaredCheck("true", shows),)).rows
    assert row.name.isprintable()
    assert len(row.name) <= 160


def test_a_check_that_takes_too_long_is_ended_and_said(measure: Measure) -> None:
    base = {"Makefile": "test:\n\ttest ! -f slow || sleep 60\n"}
    evidence = measure(base, {"slow": ""}, total_s=8)
    (row,) = evidence.rows
    assert row.verdict is Verdict.NEWLY_FAILING
    assert "ended after" in row.change.summary
    assert not evidence.clean


def test_what_is_not_reached_in_time_is_said(measure: Measure) -> None:
    evidence = measure(PROJECT, FIX, total_s=1)
    assert {row.verdict for row in evidence.rows} == {Verdict.NOT_RUN}
    assert "no time left" in evidence.why_not_clean


def test_failures_that_have_no_names_cannot_be_told_apart(measure: Measure) -> None:
    evidence = measure({"Makefile": "test:\n\tfalse\n", "a": ""}, {"a": "1"})
    assert [row.verdict for row in evidence.rows] == [Verdict.STILL_FAILING]
    assert "cannot be told" in evidence.why_not_clean


@pytest.mark.parametrize("lint", ["no-such-linter .", "false"])
def test_a_check_that_the_project_asks_for_may_not_be_left_out(lint: str, measure: Measure) -> None:
    text = f"verify: {{full: python3 -m pytest -q, lint: '{lint}'}}\n"
    evidence = measure({**PROJECT, ".github/agent.yml": text}, FIX)
    assert rows(evidence)["full"].verdict is Verdict.PASSES
    assert not evidence.clean
    assert "lint" in evidence.why_not_clean


def test_evidence_survives_being_stored(measure: Measure) -> None:
    evidence = measure(PROJECT, FIX, declared=(DeclaredCheck("exit 3", "x"),))
    assert Evidence.from_json(json.loads(json.dumps(evidence.to_json()))) == evidence


def test_the_error_is_named_that_keeps_a_file_from_being_collected(measure: Measure) -> None:
    test = "import warnings\nwarnings.warn('too old.\\nSee https://example.org', FutureWarning)\n"
    base = {**PYTEST, "pyproject.toml": "[tool.pytest.ini_options]\nfilterwarnings = 'error'\n"}
    (row,) = measure({**base, "tests/test_x.py": test}, {"calc.py": RIGHT}).rows
    assert row.base.summary == "FutureWarning: too old."
