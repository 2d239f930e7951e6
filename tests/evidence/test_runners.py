"""The summaries of test runners are read, and hostile ones do no harm."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.evidence.outcome import Report
from jobs.evidence.runners import read_counts

CASES = {
    "pytest": (
        (
            "=== short test summary info ===\nFAILED tests/test_a.py::test_b[x y] - assert 1 == 2\n"
            "ERROR tests/test_c.py::test_d - OSError\n"
            "=== 1 failed, 1 passed, 1 skipped, 1 error in 0.12s ===\n"
        ),
        Report(1, 2, 1, ("tests/test_a.py::test_b[x y]", "tests/test_c.py::test_d")),
    ),
    "pytest quiet": ("..\n2 passed in 0.01s\n", Report(2, 0)),
    "unittest": (
        (
            "FAIL: test_x (tests.test_a.A.test_x)\n---\nTraceback\n"
            "Ran 5 tests in 0.001s\n\nFAILED (failures=1, skipped=2)\n"
        ),
        Report(2, 1, 2, ("test_x (tests.test_a.A.test_x)",)),
    ),
    "unittest fine": ("Ran 3 tests in 0.001s\n\nOK\n", Report(3, 0)),
    "unittest none": ("Ran 0 tests in 0.000s\n\nNO TESTS RAN\n", Report(0, 0)),
    "go": (
        (
            "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/sub (0.00s)\nFAIL\n"
            "FAIL\texample.org/a\t0.003s\nok  \texample.org/b\t0.002s\n"
            "?   \texample.org/c\t[no test files]\nFAIL\n"
        ),
        Report(1, 2, 0, ("example.org/a.TestA", "example.org/a.TestA/sub")),
    ),
    "go build": (
        "FAIL\texample.org/a [build failed]\nok  \texample.org/b\t0.002s\n",
        Report(1, 1, 0, ("example.org/a",)),
    ),
    "go json": (
        (
            '{"Action":"run","Package":"p","Test":"TestA"}\n'
            '{"Action":"pass","Package":"p","Test":"TestA"}\n'
            '{"Action":"fail","Package":"p","Test":"TestB"}\n{"Action":"fail","Package":"p"}\n'
        ),
        Report(1, 1, 0, ("p.TestB",)),
    ),
    "node": (
        (
            "\u2714 ok (5ms)\n\u2716 breaks (1.2ms)\n\u2139 tests 2\n\u2139 pass 1\n\u2139 fail 1\n"
            "\u2139 skipped 0\n\n\u2716 failing tests:\n\n\u2716 breaks (1.2ms)\n"
        ),
        Report(1, 1, 0, ("breaks",)),
    ),
    "tap": (
        "TAP version 13\nok 1 - works\nnot ok 2 - breaks\n# tests 2\n# pass 1\n# fail 1\n",
        Report(1, 1, 0, ("breaks",)),
    ),
    "tape": ("# tests 368\n# pass  368\n\n# ok\n", Report(368, 0)),
    "jest": (
        "  \u25cf group \u203a breaks\n\nTests:       1 failed, 2 skipped, 3 passed, 6 total\n",
        Report(3, 1, 2, ("group \u203a breaks",)),
    ),
    "mocha": (
        "  3 passing (5ms)\n  1 failing\n\n  1) group breaks\n",
        Report(3, 1, 0, ("group breaks",)),
    ),
}


@pytest.mark.parametrize(("output", "counts"), CASES.values(), ids=CASES.keys())
def test_a_summary_is_read(output: str, counts: Report) -> None:
    assert read_counts(output) == counts


@pytest.mark.parametrize("output", ["", "hello\n", "All checks passed!\n", "{\n", "5 apples\n"])
def test_other_words_are_no_summary(output: str) -> None:
    assert read_counts(output) is None


def test_names_are_cleaned_and_cut() -> None:
    output = f"FAILED a\u202e\x1b[31m\x07{'x' * 900} - why\n1 failed in 0.1s\n"
    counts = read_counts(output)
    assert counts
    (name,) = counts.names
    assert name.startswith("axxx")
    assert len(name) == 200


@given(st.text('FAILOKpased 019=()[]{}"\\:.\n\t#\u2716\u2139-,', max_size=300))
def test_noise_is_read_or_not(output: str) -> None:
    counts = read_counts(output)
    assert counts is None or counts.failed >= 0


@pytest.mark.parametrize(
    "piece", ["\n", " ", "1 ", "1 a", "FAILED ", "Tests: 1", '{"', "not ok 1 ", "\u2716 ", "9"]
)
def test_a_hostile_output_is_read_in_time(piece: str) -> None:
    began = time.process_time()
    read_counts(piece * (300_000 // len(piece)))
    assert time.process_time() - began < 5
