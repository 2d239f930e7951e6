"""What is written of a run can be read by the official judge, taken up again, and compared."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.__main__ import main
from evaluation.gold import Gold
from evaluation.grade import commands_of
from evaluation.instances import Problem
from evaluation.run import Plan, begin, row_of
from evaluation.written import Written
from tests.evaluation.given import Json


def row(name: str, attempt: int = 1, *, resolved: bool = True, **more: Any) -> Json:
    return {
        "id": name,
        "attempt": attempt,
        "status": "ended",
        "resolved": resolved,
        "cost": 0.5,
        "tokens": {"in": 1000, "out": 10},
        "model": "a-model",
        "patch": f"diff of {name} {attempt}\n",
        **more,
    }


def written(folder: Path, *rows: Json, attempts: int = 1) -> Path:
    found = Written(folder)
    for one in rows:
        found.add(one)
    names = sorted({one["id"] for one in rows})
    (folder / "run.json").write_text(json.dumps({"ids": names, "attempts": attempts}))
    return folder


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_patches_of_each_attempt_are_a_file_that_has_each_task_once(tmp_path: Path) -> None:
    written(tmp_path, row("b", 2), row("b"), row("a"), attempts=2)
    assert lines(tmp_path / "preds.jsonl") == [
        {"instance_id": "a", "model_name_or_path": "a-model", "model_patch": "diff of a 1\n"},
        {"instance_id": "b", "model_name_or_path": "a-model", "model_patch": "diff of b 1\n"},
    ]
    [second] = lines(tmp_path / "preds.2.jsonl")
    assert second["model_patch"] == "diff of b 2\n"
    assert "patch" not in lines(tmp_path / "results.jsonl")[0]
    assert not list(tmp_path.glob(".*"))


def test_another_process_finds_what_is_finished_and_what_failed_here(tmp_path: Path) -> None:
    crashed = row("b", resolved=False, infra_error="no disk", patch="")
    written(tmp_path, row("a"), crashed)
    again = Written(tmp_path)
    problem = Problem("a", "repo", "", "Title")
    assert again.has(problem, 1)
    assert not again.has(problem, 2)
    assert [one["id"] for one in again.forget_troubles()] == ["b"]
    assert not again.has(replace(problem, instance_id="b"), 1)
    [kept] = lines(tmp_path / "preds.jsonl")
    assert kept["model_patch"] == "diff of a 1\n"


def test_a_folder_has_one_run(tmp_path: Path) -> None:
    plan = Plan(Path("i.jsonl"), (Problem("a", "repo", "", "Title"),), tmp_path)
    begin(plan, resume=False)
    begin(plan, resume=True)
    with pytest.raises(ValueError, match="--resume"):
        begin(plan, resume=False)
    with pytest.raises(ValueError, match="another run"):
        begin(replace(plan, attempts=2), resume=True)


def test_the_report_counts_what_failed_here_as_not_solved_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crashed = row("c", resolved=False, infra_error="no disk")
    nothing = row("d", resolved=False, invalid=True, why="no | report")
    written(tmp_path, row("a"), row("b", resolved=False, why="1 did not"), crashed, nothing)
    assert main(["report", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "**1 of 4 solved (25.0%)**, 95 % interval 4.6% to 69.9% (Wilson)." in said
    assert "- Cost: $2.0000; for each that is solved: $2.0000." in said
    assert "because of this side (counted as not solved): 1." in said
    assert "Judged on nothing (counted as not solved): 1." in said
    assert "no \\| report" in said


def test_several_attempts_are_summed_up_by_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("a"), row("a", 2), row("b"), row("b", 2, resolved=False)]
    written(tmp_path, *rows, row("c", resolved=False), row("c", 2, resolved=False), attempts=2)
    main(["report", str(tmp_path)])
    said = capsys.readouterr().out
    assert "**3 of 6 solved" in said
    assert "solved at least once: 2 of 3 tasks" in said
    assert "each time: 1." in said


def test_two_runs_are_compared_on_what_both_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    names = [f"task-{number}" for number in range(7)]
    written(first, *(row(name, resolved=name == "task-0") for name in names), row("more"))
    written(second, *(row(name) for name in names))
    assert main(["compare", str(first), str(second)]) == 0
    said = capsys.readouterr().out
    assert "on 7 tasks" in said
    assert "0 by first, 6 by second; exact McNemar test p = 0.0312: they differ." in said
    assert "In one of the two only, and left out: 1." in said
    assert main(["compare", str(first), str(tmp_path / "none")]) == 2
    assert "has no results" in capsys.readouterr().err


def test_how_the_tests_are_run_is_the_tasks_word_or_found_by_their_names() -> None:
    named = Gold("a", "", (), "", ("tests/test_a.py::test_b",), ("test/c.js", "p::T"), ())
    found = "python -m pytest -q -p no:cacheprovider tests/test_a.py"
    assert commands_of(named) == (found, "node test/c.js")
    assert commands_of(replace(named, commands=("make test",))) == ("make test",)
    script = "cd /testbed && pytest"
    assert commands_of(replace(named, eval_script=script)) == ("cd /workspace/repo && pytest",)


def test_what_failed_on_this_side_is_not_solved_whatever_was_saved_of_it() -> None:
    head = {"id": "a", "attempt": 1}
    verdict = {"resolved": True, "invalid": False, "why": ""}
    done = row_of(head, {"exit_reason": "resolved"}, verdict, "diff")
    cut = row_of(head, {"exit_reason": "model_error:quota", "infra_error": "402"}, verdict, "diff")
    assert (done["status"], done["resolved"]) == ("ended", True)
    assert (cut["status"], cut["resolved"], cut["patch"]) == ("infra_error", False, "")
