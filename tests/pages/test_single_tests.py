"""A task's page names the single tests of its evidence, and those that are not as they were."""

from pathlib import Path
from typing import Any

from jobs.evidence.evidence import (
    CaseGroup,
    Evidence,
    EvidenceRow,
    Side,
    Touch,
    TouchedTest,
    Verdict,
)
from records.tasks import Tasks
from tests.pages.test_ends import HERE, client_and_records
from tests.records.given import new_task

SIDE = Side(0, "9 passed")
CASES = {Verdict.PASSES: CaseGroup(9), Verdict.FLAKY: CaseGroup(3, ("t::<a>", "t::b"))}
TOUCHED = (TouchedTest("tests/a.py", "test_<x>", Touch.WEAKENED, "an assertion is looser"),)


def page_with(evidence: dict[str, Any], folder: Path) -> str:
    with client_and_records(folder) as (client, database):
        tasks = Tasks(database)
        task, _ = tasks.create(new_task("comment:1"))
        lease = tasks.take(task.id, "test", 20)
        assert lease
        tasks.write(lease, evidence=evidence)
        return client.get(f"/tasks/{task.id}", headers=HERE).text


def test_single_tests_and_weakened_ones_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    row = EvidenceRow("whole", "pytest", SIDE, SIDE, Verdict.FLAKY, cases=CASES)
    page = page_with(Evidence((row,), False, "", TOUCHED).to_json(), tmp_path)
    assert "flaky, 3: <code>t::&lt;a&gt;</code>, <code>t::b</code>, …" in page
    assert "passes, 9" not in page
    assert "weakened: <code>test_&lt;x&gt;</code> in <code>tests/a.py</code>" in page


def test_evidence_of_earlier_days_has_no_single_tests(tmp_path: Path) -> None:
    stored = Evidence((EvidenceRow("whole", "pytest", SIDE, SIDE, Verdict.PASSES),), True, "")
    row = {key: value for key, value in stored.to_json()["rows"][0].items() if key != "tail"}
    page = page_with({"rows": [row], "clean": True, "why_not_clean": ""}, tmp_path)
    assert "<td>passes</td>" in page
    assert 'colspan="4"' not in page
