"""A whole evaluation: what goes to the model, what is judged solved, how it is taken up again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
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

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture
def task(tmp_path: Path, docker_host: str, sandbox_image: str) -> Evaluating:
    """An evaluation of one small task."""
    assert sandbox_image
    path, base = repository(tmp_path)
    instances = write(tmp_path / "instances.jsonl", instance(path, base))
    return Evaluating(docker_host, instances, tmp_path / "run")


@pytest.fixture
def looking() -> Iterator[ScriptedModel]:
    """A model that looks for the answer everywhere, and then changes the tests only."""
    everywhere = (
        "git log --all --oneline; git tag; git branch -a; git reflog --all; git stash list; "
        "git for-each-ref; git fsck --unreachable --no-reflogs; git remote -v; ls -a .git; env; "
        "git cat-file --batch-all-objects --batch-check | cut -d' ' -f1 | "
        "git cat-file --batch; cat /proc/1/environ"
    )
    turns = [
        call("bash", command=everywhere),
        call("bash", command="printf 'def test_even():\\n    pass\\n' >tests/test_halves.py"),
        SUBMIT,
    ]
    with ScriptedModel([Script("", tuple(Turn.read(turn) for turn in turns))]) as model:
        yield model


def test_nothing_of_the_answer_is_in_any_request_nor_in_the_sandbox(
    task: Evaluating, looking: ScriptedModel
) -> None:
    [row] = task.run(looking)
    sent = "\n".join(request.body.decode() for request in looking.requests)
    assert "v1.0" in sent
    assert "Half of an odd number" in sent
    assert [word for word in (CANARY, "Later", "v2.0", "fix-it") if word in sent] == []
    # The judge's tests were put back over the ones that were emptied.
    assert (row["resolved"], row["fail_to_pass"], row["pass_to_pass"]) == (False, "0/1", "1/1")


@pytest.mark.parametrize("play", list(Play))
def test_the_known_answer_is_solved_and_nothing_else_is(task: Evaluating, play: Play) -> None:
    [row] = task.run(None, "--scripted", play)
    assert row["resolved"] is (play is Play.KNOWN), row
    assert row.get("invalid", False) is (play is Play.PRINTED)
    [prediction] = lines(task.out / "preds.jsonl")
    assert prediction["instance_id"] == "halves-1"
    assert prediction["model_name_or_path"] == f"scripted-{play}"
    assert prediction["model_patch"].startswith("diff --git a/halves.py b/halves.py\n")
    assert row["diff_stats"]["files"] == 1
    assert row["turns"] == row["gate_rounds"] + 2
    assert row["tokens"]["in"] > row["tokens"]["out"] > 0
    kinds = [line["kind"] for line in lines(task.out / "trajs" / "halves-1" / "1.jsonl")]
    assert (kinds[0], kinds[-1]) == ("run_start", "run_end")
    assert kinds.count("reply") == row["turns"]


def test_what_was_interrupted_goes_on_and_what_is_finished_is_not_done_again(
    tmp_path: Path, docker_host: str, sandbox_image: str
) -> None:
    assert sandbox_image
    path, base = repository(tmp_path)
    other = instance(path, base, instance_id="halves-2", problem_statement="Another title\n\nOdd.")
    instances = write(tmp_path / "instances.jsonl", instance(path, base), other)
    first, _ = read_problems(instances)
    done = script_of(first, read_gold(instances, "halves-1"), Play.KNOWN)
    slow = [call("bash", command="touch counted; echo once >>counted"), {**SUBMIT, "latency": 60.0}]
    waits = Script("Another title", tuple(Turn.read(turn) for turn in slow))
    run = Evaluating(docker_host, instances, tmp_path / "run")
    with ScriptedModel([done, waits]) as model:
        process = run.start(model)
        asked = [0]

        def waiting() -> bool:
            asked[0] += 1
            model.wait_for_requests(asked[0], 120)
            return "echo once" in model.requests[-1].body.decode()

        while not waiting():
            pass
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate()
        assert process.returncode == 130, said
        assert [row["id"] for row in run.rows()] == ["halves-1"]
        before = len(model.requests)
        model.scripts = (done, Script("Another title", (*waits.turns[:1], Turn.read(SUBMIT))))
        again = run.start(model)
        assert again.wait() == 2, "without --resume nothing is touched"
        rows = run.run(model, "--resume")
        new = [request.body.decode() for request in model.requests[before:]]
    assert [row["id"] for row in rows] == ["halves-1", "halves-2"]
    assert not [body for body in new if "Half of an odd number" in body]
    assert rows[1]["jobs"] == 1, "leaving politely is no job that failed"
    [_, patch] = [line["model_patch"] for line in lines(run.out / "preds.jsonl")]
    assert patch.count("+once") == 1
    assert git(path, "status", "--short") == ""


def test_a_task_that_cannot_be_begun_is_told_apart_and_counts(
    tmp_path: Path, docker_host: str, sandbox_image: str, looking: ScriptedModel
) -> None:
    assert sandbox_image
    path, base = repository(tmp_path)
    gone = instance(path, base, base_commit="0" * 40)
    run = Evaluating(docker_host, write(tmp_path / "i.jsonl", gone), tmp_path / "run")
    [row] = run.run(looking)
    assert (row["status"], row.get("resolved", False)) == ("infra_error", False)
    assert looking.requests == []
    [prediction] = lines(run.out / "preds.jsonl")
    assert prediction["model_patch"] == ""
    assert "because of this side (counted as not solved): 1" in (run.out / "report.md").read_text()
