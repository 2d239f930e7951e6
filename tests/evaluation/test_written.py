"""What is written of a run can be read by the official judge, taken up again, and compared."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.__main__ import main
from evaluation.files import alone_in, write_json, write_text
from evaluation.gold import Gold
from evaluation.grade import commands_of
from evaluation.instances import Problem
from evaluation.processes import last_words
from evaluation.run import Plan, begin, forget_troubles, row_of
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
    plan = plan_in(tmp_path)
    begin(plan, Written(plan.out), resume=False)
    begin(plan, Written(plan.out), resume=True)
    with pytest.raises(ValueError, match="--resume"):
        begin(plan, Written(plan.out), resume=False)
    with pytest.raises(ValueError, match=r"another run.*--attempts: 1 before, 2 now"):
        begin(replace(plan, attempts=2), Written(plan.out), resume=True)


def plan_in(folder: Path) -> Plan:
    instances = folder / "i.jsonl"
    instances.write_text('{"instance_id": "a"}\n')
    asks = {"model": "one", "server": "example.org"}
    return Plan(instances, (Problem("a", "repo", "", "Title"),), folder / "run", asks=asks)


@pytest.mark.parametrize("other", [{"model": "two"}, {"server": "example.com"}])
def test_a_run_has_one_model_once_anything_is_done(tmp_path: Path, other: Json) -> None:
    plan = plan_in(tmp_path)
    begin(plan, Written(plan.out), resume=False)
    Written(plan.out).add(row("a"))
    another = replace(plan, asks=plan.asks | other)
    with pytest.raises(ValueError, match=r"the model and its server: .*one.* before"):
        begin(another, Written(plan.out), resume=True)


def test_another_model_may_take_over_where_every_attempt_failed_on_this_side(
    tmp_path: Path,
) -> None:
    plan = plan_in(tmp_path)
    begin(plan, Written(plan.out), resume=False)
    (plan.out / "attempts" / "a" / "1").mkdir(parents=True)
    another = replace(plan, model="two", asks=plan.asks | {"model": "two"})
    with pytest.raises(ValueError, match="another run"):
        begin(another, Written(plan.out), resume=True)  # somebody may be in the middle of it
    Written(plan.out).add(row("a", resolved=False, infra_error="no such model", patch=""))
    begin(another, Written(plan.out), resume=True)
    with pytest.raises(ValueError, match="another run"):
        begin(plan, Written(plan.out.parent / "none"), resume=True)


def test_other_tasks_of_the_same_names_are_another_run(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    begin(plan, Written(plan.out), resume=False)
    plan.instances.write_text('{"instance_id": "a", "FAIL_TO_PASS": ["other"]}\n')
    with pytest.raises(ValueError, match="what stands in the tasks"):
        begin(plan, Written(plan.out), resume=True)


def test_what_was_only_not_judged_is_judged_again_and_not_begun_anew(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    folder = plan.folder(plan.problems[0], 1)
    verdict = {"resolved": False, "infra_error": "not judged: KeyError"}
    write_json(folder / "outcome.json", {"exit_reason": "resolved"})
    write_text(folder / "model.patch", "diff")
    one = row_of({"id": "a", "attempt": 1}, {"exit_reason": "resolved"}, verdict, "diff")
    assert (one["status"], one["resolved"], one["patch"]) == ("infra_error", False, "diff")
    Written(plan.out).add(one)
    again = Written(plan.out)
    forget_troubles(plan, again)
    assert not again.has(plan.problems[0], 1)
    assert sorted(path.name for path in folder.iterdir()) == ["model.patch", "outcome.json"]


def test_each_patch_names_the_model_of_its_own_row(tmp_path: Path) -> None:
    written(tmp_path, row("a", model="one"), row("b", model="two"))
    told = [one["model_name_or_path"] for one in lines(tmp_path / "preds.jsonl")]
    assert told == ["one", "two"]


def test_a_folder_is_worked_in_by_one_process(tmp_path: Path) -> None:
    run, taken = tmp_path / "run", pytest.raises(ValueError, match="another process")
    with alone_in(run), taken, alone_in(run):
        pass
    with alone_in(tmp_path / "run"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be written to"), alone_in(tmp_path / "file"):
        pass


def test_a_process_that_fell_over_says_its_errors_own_words() -> None:
    log = (
        'a line before\nTraceback (most recent call last):\n  File "x", line 1\n'
        "    fall()\nbot.model_settings.UnknownModel: there is no model 'x'; there is: m\n"
    )
    assert last_words(log) == "bot.model_settings.UnknownModel: there is no model 'x'; there is: m"
    assert last_words("one\ntwo\n\n") == "two"
    assert last_words("") == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"FAIL_TO_PASS": "test_a.py::test_b"}, "FAIL_TO_PASS is a text"),
        ({"FAIL_TO_PASS": {"a": 1}}, "FAIL_TO_PASS is not a list"),
        ({"FAIL_TO_PASS": None}, "FAIL_TO_PASS names no test"),
        ({"PASS_TO_PASS": [5]}, "PASS_TO_PASS is not a list"),
        ({"test_cmd": 5}, "test_cmd is neither"),
        ({"test_patch": "some words"}, "test_patch is no patch"),
        ({"eval_script": []}, "eval_script is not a text"),
    ],
)
def test_what_the_judge_cannot_read_is_refused_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: Json, words: str
) -> None:
    good = {"instance_id": "a", "repo": "b/c", "problem_statement": "T", "FAIL_TO_PASS": ["t.py"]}
    tasks = tmp_path / "i.jsonl"
    tasks.write_text(f"{json.dumps(good)}\n{json.dumps({**good, 'instance_id': 'b', **fields})}\n")
    given = ["check", "--instances", str(tasks), "--out", str(tmp_path / "run")]
    assert main([*given, "--scripted", "known"]) == 2
    assert f"line 2, b: {words}" in capsys.readouterr().err
    assert main([*given, "--scripted", "known", "--ids", "a"]) == 0
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_not_there_is_said_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"instance_id": "a", "repo": "b/c", "problem_statement": "T", "FAIL_TO_PASS": ["t.py"]}
    (tmp_path / "i.jsonl").write_text(json.dumps(task))
    given = ["--instances", str(tmp_path / "i.jsonl"), "--out", str(tmp_path / "run")]
    for name, value in (("MODEL", "m"), ("OPENAI_API_KEY", "k"), ("PATCHBAY_MODELS", "")):
        monkeypatch.setenv(name, value)
    assert main([*given, "--model", "nope"]) == 2
    assert capsys.readouterr().err == ("script/evaluate: there is no model 'nope'; there is: m\n")
    assert not (tmp_path / "run").exists()


def test_what_nobody_has_set_a_price_for_is_not_called_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, row("a", cost=None), row("b", cost=None, resolved=False))
    assert main(["report", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "- Cost: not known (no price is set for the model)." in said
    assert "$0.0000" not in said


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
