"""Both sides are compared test by test, and what a run says of itself is held against the rest."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from jobs.evidence.before import told
from jobs.evidence.cases import MAX_NAMED, as_flaky, compare_cases
from jobs.evidence.check import Check, Runner
from jobs.evidence.evidence import (
    CaseGroup,
    CaseState,
    Evidence,
    EvidenceRow,
    Side,
    Touch,
    TouchedTest,
    Verdict,
)
from jobs.evidence.outcome import Outcome, State
from jobs.evidence.recipe import alone, recipe
from jobs.evidence.reports import read_go_json, read_jest_json, read_junit, read_lines
from jobs.evidence.verdict import compare, sum_up
from tests.evidence.conftest import Measure
from tests.evidence.test_run import OLD_TEST, PROJECT, PYTEST, RIGHT

P, F, S = CaseState.PASSED, CaseState.FAILED, CaseState.SKIPPED
NOTHING = Side(None, "")


def ran(
    state: State = State.FAILED,
    *,
    whole: bool = True,
    many: Mapping[str, CaseState] | None = None,
    **cases: CaseState,
) -> Outcome:
    return Outcome(state, NOTHING, cases=many or cases, whole=whole)


BEFORE = ran(a=P, b=P, c=F, d=F, e=P, f=P, g=S)
AFTER = ran(a=P, b=F, c=P, d=F, e=S, g=S, h=F, i=P)


def test_each_test_is_put_under_what_the_change_did_to_it() -> None:
    assert compare_cases(BEFORE, AFTER) == {
        Verdict.PASSES: CaseGroup(2),
        Verdict.NEWLY_FAILING: CaseGroup(2, ("b", "h")),
        Verdict.FIXED: CaseGroup(1, ("c",)),
        Verdict.STILL_FAILING: CaseGroup(1, ("d",)),
        Verdict.NOT_RUN: CaseGroup(2, ("e (skipped)", "f")),
    }


@pytest.mark.parametrize(
    ("base", "change", "verdict", "names"),
    [
        (ran(a=P, whole=False), ran(a=P, b=F), Verdict.STILL_FAILING, ("b",)),
        (ran(a=P, b=P), ran(a=P, whole=False), Verdict.NOT_RUN, None),
        (ran(State.CANNOT_RUN), ran(State.PASSED, a=P), Verdict.FIXED, ("a",)),
    ],
)
def test_what_was_not_seen_is_not_judged(
    base: Outcome, change: Outcome, verdict: Verdict, names: tuple[str, ...] | None
) -> None:
    found = compare_cases(base, change)
    assert found is not None
    assert (found[verdict].names if names else found.get(verdict)) == names


def test_a_side_without_names_compares_nothing() -> None:
    assert compare_cases(ran(), AFTER) is None
    assert compare_cases(BEFORE, ran()) is None


def test_many_names_are_counted_and_few_are_kept() -> None:
    cases = {f"t{n}": F for n in range(500)}
    found = compare_cases(ran(x=P), ran(many=cases))
    assert found is not None
    assert found[Verdict.NEWLY_FAILING].count == 500
    assert len(found[Verdict.NEWLY_FAILING].names) == MAX_NAMED


def test_flaky_tests_leave_the_newly_failing() -> None:
    cases = {Verdict.NEWLY_FAILING: CaseGroup(2, ("a", "b")), Verdict.FIXED: CaseGroup(1, ("c",))}
    assert as_flaky(cases, ["b"]) == {
        Verdict.FIXED: CaseGroup(1, ("c",)),
        Verdict.NEWLY_FAILING: CaseGroup(1, ("a",)),
        Verdict.FLAKY: CaseGroup(1, ("b",)),
    }
    assert Verdict.NEWLY_FAILING not in as_flaky(cases, ["a", "b"])


def test_what_did_not_end_on_either_side_is_not_run_unless_something_newly_fails() -> None:
    base = ran(State.TIMED_OUT, whole=False, a=P)
    for after, verdict in ((P, Verdict.NOT_RUN), (F, Verdict.NEWLY_FAILING)):
        change = ran(State.TIMED_OUT, whole=False, a=after)
        assert compare(base, change, compare_cases(base, change))[0] is verdict


def test_the_agent_is_told_what_ran_of_a_base_that_was_cut_short() -> None:
    side = Side(124, "", ("t::b",), 300.0, failed_count=1, passed_count=7)
    cut_short = Outcome(State.TIMED_OUT, side, cases={"t::a": P, "t::b": F})
    assert told(Check("", "pytest"), cut_short) == (
        "Before your change: `pytest` did not end within 300 s; until then 7 passed, 1 failed: "
        "`t::b`."
    )


def row(verdict: Verdict, **cases: CaseGroup) -> EvidenceRow:
    side = Side(0, "9 passed", passed_count=9, failed_count=0)
    groups = {Verdict[name.upper()]: group for name, group in cases.items()}
    return EvidenceRow("whole", "pytest", side, side, verdict, "note", cases=groups)


@pytest.mark.parametrize(
    ("one", "touched", "why"),
    [
        (row(Verdict.PASSES), (), ""),
        (row(Verdict.FLAKY), (), "whole: note"),
        (row(Verdict.PASSES, not_run=CaseGroup(1, ("a.py::x",))), (), ""),
        (
            row(Verdict.PASSES, not_run=CaseGroup(1, ("b.py::x",))),
            (),
            "whole: no longer run, in files that are as before: b.py::x",
        ),
        (
            replace(
                row(Verdict.STILL_FAILING, not_run=CaseGroup(2, ("a.py::x",))),
                change=Side(1, "", passed_count=7, failed_count=1),
            ),
            (),
            "whole: 2 tests that ran before are not run",
        ),
        (
            row(Verdict.PASSES),
            (TouchedTest("a.py", "test_x", Touch.WEAKENED),),
            "tests of the base are weakened: test_x",
        ),
        (row(Verdict.PASSES), (TouchedTest("a.py", "test_x", Touch.CHANGED),), ""),
    ],
)
def test_what_keeps_evidence_from_being_clean(
    one: EvidenceRow, touched: tuple[TouchedTest, ...], why: str
) -> None:
    evidence = sum_up((one,), touched=touched, changed=["a.py"])
    assert (evidence.clean, evidence.why_not_clean) == (not why, why)


def test_what_was_stored_before_there_were_single_tests_is_read() -> None:
    side = {"exit_code": 0, "summary": "ok", "failed": ["a"], "seconds": 1.0}
    old_row = {"name": "w", "command": "c", "base": side, "change": side, "verdict": "passes"}
    evidence = Evidence.from_json({"rows": [old_row], "clean": True, "why_not_clean": ""})
    assert (evidence.rows[0].cases, evidence.touched) == (None, ())
    old = {"state": "passed", "side": side, "note": "", "limits": []}
    outcome = Outcome.from_json(old)
    assert (outcome.cases, outcome.whole) == ({}, False)


def test_what_is_known_of_single_tests_survives_being_stored() -> None:
    outcome = Outcome(State.FAILED, Side(1, "x"), cases={"a": P, "b": F, "c": S}, whole=True)
    assert Outcome.from_json(outcome.to_json()) == outcome
    touched = (TouchedTest("a.py", "test_x", Touch.RENAMED, "now test_y"),)
    evidence = Evidence((row(Verdict.FLAKY, flaky=CaseGroup(2, ("a",))),), False, "x", touched)
    assert Evidence.from_json(evidence.to_json()) == evidence


@pytest.mark.parametrize(
    ("check", "last", "read", "written"),
    [
        (Check("", "python3 -m pytest -q"), "python3 -m pytest -q", read_junit, True),
        (Check("", "cd a && A=1 pytest"), "cd a && A=1 pytest", read_junit, True),
        (Check("", "pytest --version"), "pytest --version", read_junit, False),
        (Check("", "grep pytest a.toml"), "grep pytest a.toml", read_junit, False),
        (Check("", "make test"), "make test", read_junit, False),
        (Check("", "python3 -m unittest -v a"), " -v a", read_lines, True),
        (Check("", "go test ./..."), "go test -json ./... > ", read_go_json, False),
        (Check("", "node --test a.js"), "node --test a.js", read_lines, False),
        (Check("", "npm test --silent", runner=Runner.NODE), "--silent", read_lines, False),
        (Check("", "npm test --silent", runner=Runner.JEST), "-- --json", read_jest_json, False),
        (Check("", "npx vitest run"), "npx vitest run --rep", read_junit, False),
        (Check("", "mocha a.js"), "mocha a.js --reporter=xunit", read_junit, False),
        (Check("", "npx jest a | tail"), "npx jest a | tail", read_junit, False),
        (Check("", "node --test --test-reporter=tap"), "=tap", read_junit, False),
    ],
)
def test_a_runner_is_asked_to_write_down_each_test(
    check: Check, last: str, read: object, written: bool
) -> None:
    how = recipe(check)
    assert last in how.script.splitlines()[-1]
    assert (how.read, how.written) == (read, written)
    assert recipe(check).report != how.report


@pytest.mark.parametrize(
    ("command", "names", "expected"),
    [
        ("PYTHONPATH=src python3 -m pytest -q a", ["a::b[x y]"],
         "PYTHONPATH=src python3 -m pytest -q 'a::b[x y]'"),
        ("python3 -m unittest discover -s tests", ["t.A.b"],
         'PYTHONPATH=tests:"${PYTHONPATH:-}" python3 -m unittest t.A.b'),
        ("python3 -m unittest a", ["a.A.b"], "python3 -m unittest a.A.b"),
        ("go test ./...", ["ex.org/p.TestA/x", "ex.org/p.TestB"],
         "go test -vet=off -count=1 -run '^(TestA|TestB)$' ex.org/p"),
        ("make test", ["a"], ""),
    ],
)  # fmt: skip
def test_single_tests_are_asked_for(command: str, names: list[str], expected: str) -> None:
    assert alone(Check("", command), names) == expected
    assert not expected or recipe(Check("", expected)).read is recipe(Check("", command)).read


MIXED = """\
import calc, os, pytest
def test_kept(): assert calc.double(2) == 4
def test_mended(): assert calc.double(3) == 6
def test_broken(): assert calc.__doc__ is None
def test_always(): assert False
def test_left_out():
    if calc.__doc__: pytest.skip("documented")
"""


def test_one_run_of_pytest_tells_tests_apart(measure: Measure) -> None:
    base = {**PYTEST, "test_mixed.py": MIXED}
    [one] = measure(base, {"calc.py": f'"""Doubles."""\n{RIGHT}'}).rows
    assert one.cases == {
        Verdict.PASSES: CaseGroup(1),
        Verdict.FIXED: CaseGroup(1, ("test_mixed.py::test_mended",)),
        Verdict.NEWLY_FAILING: CaseGroup(1, ("test_mixed.py::test_broken",)),
        Verdict.STILL_FAILING: CaseGroup(1, ("test_mixed.py::test_always",)),
        Verdict.NOT_RUN: CaseGroup(1, ("test_mixed.py::test_left_out (skipped)",)),
    }
    assert one.verdict is Verdict.NEWLY_FAILING
    assert "test_broken" in one.tail


ONCE = """\
from pathlib import Path
def test_unsteady():
    mark = Path(__file__).parent.parent.with_suffix(".mark")
    if Path("calc.py").read_text().startswith("#") and not mark.exists():
        mark.touch()
        assert False
"""


def test_what_passes_when_it_is_run_again_alone_is_flaky(measure: Measure) -> None:
    base = {**PROJECT, "tests/test_once.py": ONCE}
    evidence = measure(base, {"calc.py": f"#\n{RIGHT}"})
    [one] = evidence.rows
    assert one.verdict is Verdict.FLAKY
    assert one.cases is not None
    assert one.cases[Verdict.FLAKY].names == ("tests/test_once.py::test_unsteady",)
    assert evidence.why_not_clean.endswith(
        "failed, and passed alone: tests/test_once.py::test_unsteady"
    )


REWRITE = """\
import atexit, sys
def forge():
    path = next(word.split("=", 1)[1] for word in sys.argv + __import__("shlex").split(
        __import__("os").environ["PYTEST_" + "ADDOPTS"]) if word.startswith("--junit"))
    text = open(path).read()
    import re
    open(path, "w").write(re.sub("<failure.*?</failure>", "", text, flags=re.DOTALL))
atexit.register(forge)
"""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os\nprint('2 passed in 0.01s')\nos._exit(0)\n", "without its report"),
        ("import atexit, os\natexit.register(os._exit, 0)\n", "exit code 0, but 1 failed"),
        (REWRITE, "newly failing"),
        (REWRITE + "import os\natexit.register(os._exit, 0)\natexit.register(forge)\n", "agree"),
    ],
    ids=["leaves early", "exit code", "report", "both"],
)  # fmt: skip
def test_a_change_that_forges_one_sign_is_given_away_by_another(
    code: str, words: str, measure: Measure
) -> None:
    wrong = code + "def double(n):\n    return 5\n"
    evidence = measure(PROJECT, {"calc.py": wrong})
    [one] = evidence.rows
    assert one.verdict is Verdict.NEWLY_FAILING
    assert words in f"{evidence.why_not_clean} {one.change.summary} {one.note}"


SLOW = "import time\ndef test_slow():\n    time.sleep(60)\n"


def test_what_ran_is_said_of_a_suite_that_does_not_fit_and_the_tests_nearby_are_run(
    measure: Measure,
) -> None:
    base = {**PYTEST, "test_a.py": OLD_TEST, "test_calc.py": OLD_TEST, "test_z.py": SLOW}
    known = {"python3 -m pytest -q": ran(State.TIMED_OUT, whole=False)}
    evidence = measure(base, {"calc.py": RIGHT}, nearby=("test_calc.py",), known=known, most_s=15)
    whole, near = evidence.rows
    assert whole.verdict is Verdict.NOT_RUN
    assert "when 2 passed, 0 failed; the others were not run" in whole.note
    assert near.name == "pytest, next to the change"
    assert near.command == "python3 -m pytest -q test_calc.py"
    assert near.verdict is Verdict.PASSES
