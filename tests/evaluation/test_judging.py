"""What tests came to is judged by their runner's own report, and by no printed word."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evaluation.gold import Gold
from evaluation.reports import Status, Statuses, read_go, read_junit, read_node, read_tape
from evaluation.results import Ran
from evaluation.verdict import came_to_pass, judge, stayed

ROOT = Path(__file__).resolve().parents[2]
P, F, S = Status.PASSED, Status.FAILED, Status.SKIPPED


def gold(*wanted: str, kept: tuple[str, ...] = ()) -> Gold:
    return Gold("one", "", (), "", wanted, kept, ("pytest",))


def ran(statuses: Statuses, exit_code: int = 0, *, timed_out: bool = False) -> Ran:
    return Ran("pytest", exit_code, timed_out, 1.0, "PASSED tests/test_a.py::test_b", statuses)


def test_all_that_should_pass_passing_is_solved() -> None:
    runs = [ran({"t.py::a": P, "t.py::b": P}), ran({"u.py::x": P, "u.py::y": S})]
    verdict = judge(gold("t.py::a", kept=("t.py::b", "u.py")), runs)
    assert verdict.resolved
    assert not verdict.invalid
    assert (verdict.fail_to_pass, verdict.pass_to_pass) == ("1/1", "2/2")


@pytest.mark.parametrize(
    ("statuses", "exit_code"),
    [
        ({"t.py::a": F, "t.py::b": P}, 1),
        ({"t.py::a": S, "t.py::b": P}, 0),
        ({"t.py::b": P}, 0),
        ({"t.py::a": P, "t.py::b": F}, 1),
        ({"t.py::a": P}, 0),
    ],
    ids=["fails", "skipped is not passed", "did not run", "broke another", "another is gone"],
)
def test_anything_less_is_not_solved(statuses: Statuses, exit_code: int) -> None:
    verdict = judge(gold("t.py::a", kept=("t.py::b",)), [ran(statuses, exit_code)])
    assert not verdict.resolved
    assert not verdict.invalid


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (ran({}), "no report"),
        (ran({"t.py::a": P}, 1), "exit code 1"),
        (ran({"t.py::a": P, "t.py::c": F}, 0), "exit code 0"),
        (ran({"t.py::a": P}, timed_out=True), "no end"),
    ],
    ids=["printed only", "all passed and yet failed", "failed and yet 0", "ran out of time"],
)
def test_a_run_that_contradicts_itself_proves_nothing(run: Ran, words: str) -> None:
    verdict = judge(gold("t.py::a"), [run])
    assert (verdict.resolved, verdict.invalid) == (False, True)
    assert words in verdict.why


def test_a_task_without_tests_cannot_be_solved() -> None:
    assert judge(gold(), [ran({"t.py::a": P})]).invalid


def test_a_file_stands_for_all_of_its_tests() -> None:
    assert came_to_pass("t.py", {"t.py::a": P, "t.py::b": P, "tt.py::c": F})
    assert not came_to_pass("t.py", {"t.py::a": P, "t.py::b": S})
    assert stayed("t.py", {"t.py::a": P, "t.py::b": S})
    assert not stayed("t.py", {"t.py::a": P, "t.py::b": F})
    assert not came_to_pass("t.py", {})


def test_pytests_report_is_read_by_the_names_that_pytest_shows() -> None:
    cases = [
        ("tests.test_a", "test_one[x]", ""),
        ("tests.test_a.TestB", "test_two", "<failure/>"),
        ("tests.test_a", "test_three", "<skipped/>"),
        ("tests.test_a", "test_four", ""),
        ("tests.test_a", "test_four", "<error/>"),
    ]
    told = "".join(
        f'<testcase classname="{group}" file="tests/test_a.py" name="{name}">{end}</testcase>'
        for group, name, end in cases
    )
    assert read_junit(f"<testsuites><testsuite>{told}</testsuite></testsuites>".encode()) == {
        "tests/test_a.py::test_one[x]": P,
        "tests/test_a.py::TestB::test_two": F,
        "tests/test_a.py::test_three": S,
        "tests/test_a.py::test_four": F,
    }


@pytest.mark.parametrize(
    "report",
    [
        b"<testsuites><testcase name='a'",
        b"PASSED a",
        b"",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites><testcase name='a'/></testsuites>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites><testcase name='a'/></testsuites>".encode(
            "utf-16"
        ),
        b"<?xml version='1.0' encoding='utf-32'?><testsuites><testcase name='a'/></testsuites>",
        b"<?xml version='1.0' encoding='none'?><testsuites><testcase name='a'/></testsuites>",
    ],
)
def test_half_a_report_is_none(report: bytes) -> None:
    assert read_junit(report) == {}


def rows(*given: Any) -> bytes:
    return b"".join(
        json.dumps({"process": 7, "file": "t.js", **row}).encode() + b"\n" for row in given
    )


TAPE = (
    {"type": "test", "id": 1, "name": "one"},
    {"type": "assert", "test": 1, "ok": True},
    {"type": "end", "test": 1},
    {"type": "test", "id": 2, "name": "two"},
    {"type": "assert", "test": 2, "ok": False},
    {"type": "end", "test": 2},
)


def test_tapes_tests_count_when_the_whole_run_came_to_its_end() -> None:
    assert read_tape(rows(*TAPE, {"type": "finished"})) == {"t.js::one": P, "t.js::two": F}
    assert read_tape(rows(*TAPE[:3])) == {"t.js::one": F}
    assert read_tape(b"ok 1 one\n# pass 1\n") == {}


def test_nodes_own_tests_count_when_the_whole_run_came_to_its_end() -> None:
    passed = {"type": "result", "name": "one", "ok": True}
    skipped = {"type": "result", "name": "two", "ok": True, "skip": True}
    assert read_node(rows(passed, skipped, {"type": "finished"})) == {
        "t.js::one": P,
        "t.js::two": S,
    }
    assert read_node(rows(passed)) == {"t.js::one": F}


def test_nodes_own_tests_may_put_anything_into_prototypes(tmp_path: Path) -> None:
    for name in ("tape.cjs", "reporter.mjs"):
        shutil.copy(ROOT / "evaluation" / name, tmp_path)
    (tmp_path / "a.js").write_text(
        "const test = require('node:test');\n"
        "test('one', () => Object.defineProperty(Object.prototype, 'mode', {set() { throw 1 }}));\n"
        "test('two', () => { throw new Error('no') });\n"
        "test('three', {skip: true}, () => {});\n"
    )
    brought = f"--require={tmp_path}/tape.cjs --test-reporter={tmp_path}/reporter.mjs"
    environment = {"PATH": os.environ["PATH"], "NODE_OPTIONS": brought}
    ran = subprocess.run(["node", "a.js"], cwd=tmp_path, env=environment, check=False)
    assert ran.returncode == 1
    found = read_node((tmp_path / "node.jsonl").read_bytes())
    assert found == {"a.js::one": P, "a.js::two": F, "a.js::three": S}


def test_gos_events_are_read_and_nothing_that_a_test_printed() -> None:
    report = (
        b'{"Action":"output","Package":"p","Test":"TestA","Output":"{\\"Action\\":\\"pass\\"}"}\n'
        b'{"Action":"fail","Package":"p","Test":"TestA"}\n'
        b'{"Action":"pass","Package":"p"}\n--- PASS: TestB\n'
    )
    assert read_go(report) == {"p::TestA": F}
