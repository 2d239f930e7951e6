"""A whole evaluation: what goes to the model, what is judged solved, how it is taken up again."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.model.script import Script, Turn
from demo.model.server import ScriptedModel
from evaluation.gold import read_gold
from evaluation.instances import read_problems
from evaluation.plays import Play, script_of
from evaluation.scripted import settings_of
from tests.evaluation.given import CANARY, Json, git, instance, repository, write

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT / "evaluation" / "real-tasks.jsonl"
REAL_PLAYS = (Play.KNOWN, Play.PRINTED)
"""All ten are judged with all plays by `script/bench judge`; here there is time for one."""
_CHEAP = {"PATCHBAY_BASELINE_SECONDS": "0", "PATCHBAY_SETUP": "off"}


class Evaluating:
    """The command line of an evaluation, with a model that is played here."""

    def __init__(self, docker_host: str, instances: Path, out: Path) -> None:
        self.out = out
        self._command = [sys.executable, "-m", "evaluation", "--instances", str(instances)]
        self._command += ["--out", str(out)]
        self._environment = {**os.environ, **_CHEAP, "DOCKER_HOST": docker_host}

    def start(self, model: ScriptedModel | None, *options: str) -> subprocess.Popen[str]:
        settings = settings_of(model, "scripted") if model else {}
        return subprocess.Popen(
            [*self._command, *options],
            cwd=ROOT,
            env=self._environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, model: ScriptedModel | None, *options: str) -> list[Json]:
        process = self.start(model, *options)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return self.rows()

    def rows(self) -> list[Json]:
        return lines(self.out / "results.jsonl")


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def call(name: str, **arguments: Any) -> Json:
    return {"text": "", "calls": [{"name": name, "arguments": arguments}]}


SUBMIT = call(
    "submit", outcome="resolved", title="Halve", summary="Done.", checks=[], unverified=""
)
EVERYWHERE = (
    "git log --all --oneline; git tag; git branch -a; git reflog --all; git stash list; "
    "git for-each-ref; git fsck --unreachable --no-reflogs; git remote -v; ls -a .git; env; "
    "git cat-file --batch-all-objects --batch-check | cut -d' ' -f1 | "
    "git cat-file --batch; cat /proc/1/environ"
)
LOOKS = (
    call("bash", command=EVERYWHERE),
    call("bash", command="printf 'def test_even():\\n    pass\\n' >tests/test_halves.py"),
    SUBMIT,
)


@dataclass(frozen=True)
class Done:
    """A whole run: two tasks for each play, one with a model that looks, one without code."""

    out: Path
    rows: dict[str, Json]
    predictions: dict[str, Json]
    looked: str
    """All that was sent in the conversation of the model that looks."""
    asked: int
    """Of the task without code."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, docker_host: str, sandbox_image: str) -> Done:
    assert sandbox_image
    folder = tmp_path_factory.mktemp("evaluation")
    path, base = repository(folder)
    given = [
        instance(path, base, instance_id=name, problem_statement=f"The task {name}\n\nIt is odd.")
        for name in (*Play, "looks", "gone")
    ]
    given[-1]["base_commit"] = "0" * 40
    real = next(one for one in lines(REAL) if one["instance_id"] == "boltons-ebc7a8f")
    given += [
        {**real, "instance_id": f"real-{play}", "issue_title": f"A bug of boltons, {play}"}
        for play in REAL_PLAYS
    ]
    instances = write(folder / "instances.jsonl", *given)
    problems = {one.instance_id: one for one in read_problems(instances)}
    scripts = [
        script_of(problems[name], read_gold(instances, name), play)
        for play in Play
        for name in (play, f"real-{play}")
        if name in problems
    ]
    scripts.append(Script("The task looks", tuple(Turn.read(turn) for turn in LOOKS)))
    with ScriptedModel(scripts) as model:
        run = Evaluating(docker_host, instances, folder / "run")
        rows = run.run(model, "--workers", "2")
        sent = [request.body.decode() for request in model.requests]
    predictions = lines(run.out / "preds.jsonl")
    return Done(
        run.out,
        {row["id"]: row for row in rows},
        {one["instance_id"]: one for one in predictions},
        "\n".join(body for body in sent if "The task looks" in body),
        len([body for body in sent if "The task gone" in body]),
    )


def test_nothing_of_the_answer_is_in_any_request_nor_in_the_sandbox(done: Done) -> None:
    assert "v1.0" in done.looked
    assert "test_even" in done.looked
    hidden = (CANARY, "Later", "v2.0", "fix-it", "FAIL_TO_PASS", "instances.jsonl")
    assert [word for word in hidden if word in done.looked] == []


def test_the_judges_tests_are_put_over_whatever_was_made_of_them(done: Done) -> None:
    row = done.rows["looks"]
    assert (row["resolved"], row["fail_to_pass"], row["pass_to_pass"]) == (False, "0/1", "1/1")
    assert "+    pass" in done.predictions["looks"]["model_patch"]


@pytest.mark.parametrize("play", list(Play))
def test_the_known_answer_is_solved_and_nothing_else_is(done: Done, play: Play) -> None:
    row, prediction = done.rows[play], done.predictions[play]
    assert row["resolved"] is (play is Play.KNOWN), row
    assert row.get("invalid", False) is (play is Play.PRINTED), row
    assert prediction.keys() == {"instance_id", "model_name_or_path", "model_patch"}
    assert prediction["model_name_or_path"] == "scripted"
    assert prediction["model_patch"].startswith("diff --git a/halves.py b/halves.py\n")
    assert row["diff_stats"]["files"] == 1
    assert row["turns"] == row["gate_rounds"] + 2
    assert row["tokens"]["in"] > row["tokens"]["out"] > 0
    kinds = [line["kind"] for line in lines(done.out / "trajs" / play / "1.jsonl")]
    assert (kinds[0], kinds[-1]) == ("run_start", "run_end")
    assert kinds.count("reply") == row["turns"]


@pytest.mark.parametrize("play", REAL_PLAYS)
def test_a_real_bug_of_a_real_package_is_judged_alike(done: Done, play: Play) -> None:
    row = done.rows[f"real-{play}"]
    assert row["resolved"] is (play is Play.KNOWN), row
    assert row.get("invalid", False) is (play is Play.PRINTED), row
    if play is Play.KNOWN:
        assert (row["fail_to_pass"], row["pass_to_pass"]) == ("1/1", "1/1")


def test_a_task_that_cannot_be_begun_is_told_apart_and_counts(done: Done) -> None:
    row = done.rows["gone"]
    assert (row["status"], row.get("resolved", False), done.asked) == ("infra_error", False, 0)
    assert done.predictions["gone"]["model_patch"] == ""
    words = (done.out / "report.md").read_text()
    assert "2 of 7 solved (28.6%)" in words
    assert "because of this side (counted as not solved): 1" in words
    assert "Judged on nothing (counted as not solved): 2" in words


def test_what_was_interrupted_goes_on_what_failed_begins_anew_and_what_is_finished_stays(
    tmp_path: Path, docker_host: str, sandbox_image: str
) -> None:
    assert sandbox_image
    path, base = repository(tmp_path)
    given = [
        instance(path, base, instance_id=name, problem_statement=f"The task {name}\n\nIt is odd.")
        for name in ("finished", "failed", "interrupted")
    ]
    instances = write(tmp_path / "instances.jsonl", *given)
    problems = {one.instance_id: one for one in read_problems(instances)}
    known = {
        name: script_of(one, read_gold(instances, name), Play.KNOWN)
        for name, one in problems.items()
    }
    quota = {"status": 429, "times": 0, "body": {"error": {"code": "insufficient_quota"}}}
    fails = Script("The task failed", (Turn.read({**SUBMIT, "faults": [quota]}),))
    once = Turn.read(call("bash", command="touch counted; echo once >>counted"))
    # Too soon after the first to be kept as it happens: it is kept on leaving.
    next_one = Turn.read(call("bash", command="echo next >next"))
    slow = Turn.read({**SUBMIT, "latency": 60.0})
    waits = Script("The task interrupted", (once, next_one, slow))
    goes_on = Script("The task interrupted", (once, next_one, Turn.read(SUBMIT)))
    run = Evaluating(docker_host, instances, tmp_path / "run")
    with ScriptedModel([known["finished"], fails, waits]) as model:
        process = run.start(model)
        asked = 0
        while not (asked and "echo next" in model.requests[-1].body.decode()):
            asked += 1
            model.wait_for_requests(asked, 120)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
        assert process.returncode == 130, said
        first = {row["id"]: row for row in run.rows()}
        assert first.keys() == {"finished", "failed"}
        assert first["failed"]["exit_reason"] == "model_error:quota"
        assert (first["failed"]["status"], first["failed"]["resolved"]) == ("infra_error", False)
        again = run.start(model)
        said, _ = again.communicate()
        assert (again.returncode, "--resume" in said) == (2, True)
        before = len(model.requests)
        model.scripts = (known["finished"], known["failed"], goes_on)
        rows = {row["id"]: row for row in run.run(model, "--resume")}
        new = [request.body.decode() for request in model.requests[before:]]
    assert not [body for body in new if "The task finished" in body]
    assert rows["finished"] == first["finished"]
    assert rows["failed"]["resolved"], rows["failed"]
    assert rows["interrupted"]["jobs"] == 1, "leaving politely is no job that failed"
    patches = {one["instance_id"]: one["model_patch"] for one in lines(run.out / "preds.jsonl")}
    assert patches["interrupted"].count("+once") == 1
    assert patches["interrupted"].count("+next") == 1
    assert git(path, "status", "--short") == ""
