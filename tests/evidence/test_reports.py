"""What runners write about single tests is read, and what is forged or broken does no harm."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.evidence.evidence import CaseState
from jobs.evidence.outcome import MAX_CASES, Report
from jobs.evidence.reports import read_go_json, read_jest_json, read_junit, read_lines
from jobs.evidence.tap import read_tap
from jobs.evidence.verbose import read_verbose
from tests.peak import Peak

A = 'file="tests/test_a.py"'
PYTEST = f"""<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest">
<testcase classname="tests.test_a.TestX" name="test_b[x y]" {A} time="0"/>
<testcase classname="tests.test_a" name="test_c" {A}><failure message="no">E assert
</failure></testcase>
<testcase classname="tests.test_a" name="test_d" {A}><error message="x"/></testcase>
<testcase classname="tests.test_a" name="test_e" {A}><skipped type="pytest.xfail"/>
</testcase></testsuite></testsuites>"""
BLOCKED = """<testsuites><testsuite><testcase classname="" name="tests.test_a">
<error message="collection failure">x = 1
E   ModuleNotFoundError: No module named 'no_such'</error></testcase></testsuite></testsuites>"""
NODE = """<testsuites><testcase name="one" classname="test"/><testsuite name="grp">
<testcase name="two" classname="test"><failure type="x"/></testcase></testsuite></testsuites>"""
VITEST = """<testsuites><testsuite name="test/a.test.js">
<testcase classname="test/a.test.js" name="grp &gt; two"/></testsuite></testsuites>"""
MOCHA = """<testsuite name="Mocha Tests" tests="2">
<testcase classname="grp" name="two" file="/workspace/repo/test/m.js"/>
<testcase classname="grp" name="three"><skipped/></testcase></testsuite>"""


def short(report: Report | None) -> dict[str, str]:
    assert report is not None
    return {name: state.value[0] for name, state in report.cases.items()}


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        (
            PYTEST,
            {
                "tests/test_a.py::TestX::test_b[x y]": "p",
                "tests/test_a.py::test_c": "f",
                "tests/test_a.py::test_d": "f",
                "tests/test_a.py::test_e": "s",
            },
        ),
        (BLOCKED, {"tests.test_a": "f"}),
        (NODE, {"one": "p", "grp > two": "f"}),
        (VITEST, {"test/a.test.js::grp > two": "p"}),
        (MOCHA, {"test/m.js::grp::two": "p", "grp::three": "s"}),
        ("<testsuites/>", {}),
    ],
)
def test_junit_xml_is_read(text: str, cases: dict[str, str]) -> None:
    report = read_junit(text.encode())
    assert short(report) == cases
    assert report is not None
    assert report.whole


def test_why_nothing_was_collected_is_read() -> None:
    report = read_junit(BLOCKED.encode())
    assert report is not None
    assert report.blocked_by == "ModuleNotFoundError: No module named 'no_such'"


def test_what_breaks_off_is_read_until_there_and_is_not_whole() -> None:
    report = read_junit(PYTEST[: PYTEST.index("test_e")].encode())
    assert report is not None
    assert (report.passed, report.failed, report.whole) == (1, 2, False)


@pytest.mark.parametrize(
    "line", [{"n": [], "s": {}}, {"s": []}, {"Action": [], "Test": {}, "Package": 3}, {"end": []}]
)
def test_values_of_the_wrong_kind_are_no_tests(line: dict[str, object]) -> None:
    data = json.dumps(line).encode()
    for found in (read_lines(data), read_go_json(data), read_jest_json(data)):
        assert found is None or not found.cases


def test_of_two_tests_with_one_name_the_worse_counts() -> None:
    cases = '<testcase name="a"/><testcase name="a"><failure/></testcase><testcase name="a"/>'
    report = read_junit(f"<t>{cases}</t>".encode())
    assert short(report) == {"a": "f"}
    assert report is not None
    assert (report.passed, report.failed) == (2, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b'<?xml version="1.0" encoding="utf-16be"?><t/>',
        b'<?xml version="1.0" encoding="zlib"?><t/>',
        b'<?xml version="1.0" encoding="no-such"?><t/>',
        b"\\x00\\xff",
        b'<!DOCTYPE t [<!ENTITY a "x">]><t><testcase name="&a;"/></t>',
        b'<!DOCTYPE t SYSTEM "file:///etc/passwd"><t><testcase name="a"/></t>',
    ],
)
def test_what_no_runner_writes_is_no_report(data: bytes) -> None:
    assert read_junit(data) is None


def test_more_tests_than_are_named_are_counted() -> None:
    many = "".join(f'<testcase name="{n}"/>' for n in range(MAX_CASES + 5))
    report = read_junit(f"<t>{many}</t>".encode())
    assert report is not None
    assert (report.passed, len(report.cases), report.whole) == (MAX_CASES + 5, MAX_CASES, False)


def test_our_own_lines_are_read() -> None:
    lines = [{"begin": True}, {"n": "a", "s": "p"}, {"n": "b", "s": "f"}, {"end": True, "b": "why"}]
    data = "\n".join(map(json.dumps, lines)).encode()
    report = read_lines(data)
    assert short(report) == {"a": "p", "b": "f"}
    assert report is not None
    assert (report.blocked_by, report.whole) == ("why", True)
    cut = read_lines(data.rpartition(b"\n")[0])
    assert cut is not None
    assert not cut.whole


def test_go_json_is_read_without_the_parents_of_subtests() -> None:
    events = [
        {"Action": "run", "Package": "p", "Test": "TestA"},
        {"Action": "fail", "Package": "p", "Test": "TestA/one"},
        {"Action": "fail", "Package": "p", "Test": "TestA"},
        {"Action": "pass", "Package": "p", "Test": "TestB"},
        {"Action": "fail", "Package": "p"},
        {"Action": "build-fail", "ImportPath": "q"},
        {"Action": "fail", "Package": "q"},
        {"Action": "pass", "Package": "r"},
    ]
    data = "\n".join(map(json.dumps, events)).encode() + b"\nnoise\n"
    assert short(read_go_json(data)) == {"p.TestA/one": "f", "p.TestB": "p", "q": "f"}


def test_jest_json_is_read() -> None:
    told = {
        "testResults": [
            {
                "name": "/workspace/repo/a.test.js",
                "status": "failed",
                "assertionResults": [
                    {"ancestorTitles": ["grp"], "title": "two", "status": "failed"},
                    {"ancestorTitles": [], "title": "one", "status": "pending"},
                ],
            },
            {"name": "/workspace/repo/b.test.js", "status": "failed", "assertionResults": []},
        ]
    }
    cases = {"a.test.js > grp > two": "f", "a.test.js > one": "s", "b.test.js": "f"}
    assert short(read_jest_json(json.dumps(told).encode())) == cases
    assert read_jest_json(b'{"testResults": 3}') is None


TAP_NODE = """TAP version 13
# Subtest: grp
    # Subtest: two
    not ok 1 - two
    # Subtest: three
    ok 2 - three # SKIP
    1..2
not ok 1 - grp
ok 2 - one
1..2
# tests 3
"""
TAPE = """TAP version 13
# first
ok 1 should be equal
not ok 2 should throw
# second
ok 3 should be equal
# SKIP third

1..3
# tests 3
# pass  2
# fail  1
"""


@pytest.mark.parametrize(
    ("text", "cases", "whole"),
    [
        (TAP_NODE, {"grp > two": "f", "grp > three": "s", "one": "p"}, True),
        (TAPE, {"first": "f", "second": "p", "third": "s"}, True),
        (TAPE.replace("1..3", "1..4"), {"first": "f", "second": "p", "third": "s"}, False),
        ("ok 1 - a\nnot ok 2 - b\n1..2\n", {"a": "p", "b": "f"}, True),
    ],
)
def test_tap_is_read(text: str, cases: dict[str, str], whole: bool) -> None:
    report = read_tap(text)
    assert short(report) == cases
    assert report is not None
    assert report.whole is whole


WORDS = {
    "pytest -rA": (
        "PASSED t.py::test_a\nFAILED t.py::test_b[x y] - assert 1\nXFAIL t.py::test_c - why\n",
        {"t.py::test_a": "p", "t.py::test_b[x y]": "f", "t.py::test_c": "s"},
    ),
    "pytest -v": (
        "t.py::test_a PASSED   [ 50%]\nt.py::test_b ERROR   [100%]\n",
        {"t.py::test_a": "p", "t.py::test_b": "f"},
    ),
    "unittest": (
        (
            "test_a (t.A.test_a) ... ok\ntest_b (t.A.test_b)\nWhat it does ... FAIL\n"
            "test_c (t.A.test_c) ... skipped 'why'\ntest_d (t.A.test_d) ... noise\nok\n"
        ),
        {
            "test_a (t.A.test_a)": "p",
            "test_b (t.A.test_b)": "f",
            "test_c (t.A.test_c)": "s",
            "test_d (t.A.test_d)": "p",
        },
    ),
    "go": (
        "--- PASS: TestA (0.00s)\n    --- FAIL: TestB/x (0.00s)\nFAIL\tex.org/p\t0.1s\n",
        {"ex.org/p.TestA": "p", "ex.org/p.TestB/x": "f"},
    ),
    "node": (
        "▶ grp\n  ✔ one (1.2ms)\n  ✖ two (0.1ms)\n▶ grp (2ms)\n✔ three (1ms) # SKIP\n",
        {"grp > one": "p", "grp > two": "f", "three": "s"},
    ),
    "jest": (
        "  ✓ adds (5 ms)\n  ✕ sells\n  ○ skipped later\n",
        {"adds": "p", "sells": "f", "skipped later": "s"},
    ),
}


@pytest.mark.parametrize(("text", "cases"), WORDS.values(), ids=WORDS.keys())
def test_single_tests_are_read_from_words(text: str, cases: dict[str, str]) -> None:
    report = read_verbose(text)
    assert short(report) == cases
    assert report is not None
    assert not report.whole


def test_other_words_name_no_test() -> None:
    assert read_verbose("All checks passed!\nPASSED\nok then\n") is None


@given(st.text('<testcas nm="/>&;{}:[]ok# 1.-\n', max_size=200))
def test_noise_is_read_or_not(text: str) -> None:
    for found in (read_junit(text.encode()), read_tap(text), read_verbose(text)):
        assert found is None or set(found.cases.values()) <= set(CaseState)


@pytest.mark.parametrize(
    "piece",
    [
        *("<t>", "<testcase name='a'>", "    ok 1 - a\n", "# Subtest: a\n", "--- PASS: a\n"),
        *('{"n": "a", "s": "p"}\n', "\u2714 a\n", "a::b PASSED\n"),
    ],
)
def test_a_hostile_report_is_read_in_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    for read in (read_junit, read_lines, read_go_json, read_jest_json):
        read(text.encode())
    read_tap(f"1..1\n{text}")
    read_verbose(text)
    assert time.process_time() - began < 10


def _go(action: str, package: str, test: str = "") -> str:
    return json.dumps({"Action": action, "Package": package, "Test": test})


def test_a_long_name_does_not_grow_with_the_tests_below_it() -> None:
    suites = "".join(f'<testsuite name="{"a" * 100_000}">' for _ in range(20))
    cases = '<testcase classname="test" name="b"/>' * 200
    junit = f"<testsuites>{suites}{cases}"
    tests = [{"ancestorTitles": [], "title": str(n), "status": "passed"} for n in range(400)]
    jest = json.dumps({"testResults": [{"name": "n" * 1_000_000, "assertionResults": tests}]})
    peak = Peak()
    assert read_junit(junit.encode()) is not None
    assert read_jest_json(jest.encode()) is not None
    assert read_go_json(_go("pass", "p", "a/" * 20_000).encode()) is not None
    assert peak.grown_kb() < 100_000


def test_packages_that_fail_are_explained_by_their_own_tests_in_time() -> None:
    built = [_go("fail", f"m/p{n}") for n in range(20_000)]
    failing = [_go("fail", "m/q", f"T{n}") for n in range(20_000)]
    began = time.process_time()
    report = read_go_json("\n".join([*built, *failing, _go("fail", "m/q")]).encode())
    assert report is not None
    assert report.failed == 40_000  # every package that was not built, and every test of the other
    assert time.process_time() - began < 10
