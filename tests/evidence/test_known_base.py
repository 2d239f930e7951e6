"""What is known of the base is not measured again, unless the change would be praised for it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from jobs.evidence.check import Check, DeclaredCheck
from jobs.evidence.evidence import Evidence, Side, Verdict
from jobs.evidence.outcome import Outcome, State
from jobs.evidence.run import gather
from jobs.repository.change import Change, ChangedFile, FileMode
from tests.evidence.conftest import found
from tests.evidence.folder_box import FolderBox, box
from tests.evidence.test_run import FIX, OLD_TEST, PROJECT, RIGHT, WRONG

WHOLE = "python3 -m pytest -q"
PASSED = Outcome(State.PASSED, Side(0, "7 passed, 0 failed", passed_count=7, failed_count=0))
FAILED = Outcome(State.FAILED, Side(1, "0 passed, 1 failed", ("tests/test_old.py::test_two",)))
Gather = Callable[..., Evidence]


class Base:
    """The boxes of the base, counted, and what was learnt in them."""

    def __init__(self, open_box: Callable[[], FolderBox]) -> None:
        self._open = open_box
        self.opened = 0
        self.learnt: dict[str, Outcome] = {}

    def __call__(self) -> AbstractContextManager[FolderBox]:
        self.opened += 1
        return nullcontext(self._open())

    def learn(self, check: Check, outcome: Outcome) -> None:
        self.learnt[check.command] = outcome


@pytest.fixture
def base(tmp_path: Path, tools: str) -> Base:
    return Base(lambda: box(tmp_path / "base", PROJECT, tools))


@pytest.fixture
def measured(tmp_path: Path, tools: str, base: Base) -> Gather:
    def run(change: Mapping[str, str], **options: Any) -> Evidence:
        files = tuple(
            ChangedFile(name, FileMode.REGULAR, text.encode()) for name, text in change.items()
        )
        return gather(
            base,
            lambda: nullcontext(box(tmp_path / "change", {**PROJECT, **change}, tools)),
            found(PROJECT).checks,
            change=Change(files),
            learn=base.learn,
            **options,
        )

    return run


def test_a_known_base_is_not_opened(measured: Gather, base: Base) -> None:
    evidence = measured({"calc.py": RIGHT + "\n"}, known={WHOLE: PASSED})
    [row] = evidence.rows
    assert row.base == PASSED.side
    assert (base.opened, base.learnt) == (0, {})


def test_what_the_changes_own_tests_need_is_measured(measured: Gather, base: Base) -> None:
    evidence = measured(FIX, known={WHOLE: PASSED})
    changed, whole = evidence.rows
    assert changed.verdict is Verdict.FIXED
    assert whole.base == PASSED.side
    assert (base.opened, base.learnt) == (1, {})


def test_what_is_not_known_is_learnt(measured: Gather, base: Base) -> None:
    measured(FIX)
    assert {command: outcome.state for command, outcome in base.learnt.items()} == {
        WHOLE: State.PASSED
    }


def test_an_old_failure_is_seen_again_before_it_counts_as_fixed(
    measured: Gather, base: Base
) -> None:
    [row] = measured({"notes.txt": "nothing"}, known={WHOLE: FAILED}).rows
    assert row.verdict is Verdict.PASSES
    assert row.base.summary == "1 passed, 0 failed"
    assert (base.opened, base.learnt[WHOLE].state) == (1, State.PASSED)


def test_an_old_failure_that_still_fails_is_believed(measured: Gather, base: Base) -> None:
    [row] = measured({"calc.py": WRONG.replace("n +", "1 +")}, known={WHOLE: FAILED}).rows
    assert "tests/test_old.py::test_two" in row.change.failed
    assert row.verdict is Verdict.STILL_FAILING
    assert base.opened == 0


def test_a_test_that_is_new_to_the_base_teaches_nothing_about_it(
    measured: Gather, base: Base
) -> None:
    bad = OLD_TEST.replace("4", "5").replace("test_two", "test_five")
    measured({"tests/test_five.py": bad})
    assert base.learnt[WHOLE].side.summary == "1 passed, 0 failed"


def test_a_declared_check_that_is_the_projects_own_is_run_once(
    measured: Gather, base: Base
) -> None:
    declared = (DeclaredCheck(WHOLE, "all is well"),)
    evidence = measured({"calc.py": RIGHT}, known={WHOLE: PASSED}, declared=declared)
    assert [row.base for row in evidence.rows] == [PASSED.side] * 2
    assert evidence.rows[0].change is evidence.rows[1].change
    assert base.opened == 0


def test_a_declared_check_sees_the_changes_own_tests_on_the_base(
    measured: Gather, base: Base
) -> None:
    declared = (DeclaredCheck(WHOLE, "three is doubled"),)
    rows = measured(FIX, known={WHOLE: PASSED}, declared=declared).rows
    [own] = [row for row in rows if row.source == "declared by the agent"]
    assert own.verdict is Verdict.FIXED
    assert base.opened == 1
