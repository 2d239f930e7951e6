"""Works on real bugs of real packages: source release in, pull request out, its tests run offline.

`script/bench real-tasks` runs all Python tasks of `evaluation/real-tasks.jsonl`; the tests run two.
Each line names a release in the package registry, the issue, an edit that mends it, and a test of
our own that fails before the edit and passes after it. A script that makes this edit stands in for
the model.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ROOT
from bench.releases import RealTask, build_image, make_repository
from bench.report import setting, table, write_both
from bench.scripts import turn
from bench.world import environment
from demo.house import House, open_house
from jobs.repository.mirror import Mirrors
from jobs.sandbox import Execution
from jobs.sandbox.engine import Engine

TASKS = ROOT / "evaluation" / "real-tasks.jsonl"
_RUNNER = "pytest<9"
_NEEDS = {
    "attrs-1513": ("hypothesis",),
    "marshmallow-2271": ("packaging", "pytz", "simplejson"),
}
"""What their tests import, beside a runner; here it is in the image, and nothing is set up."""
_IGNORED = "__pycache__/\n*.py[cod]\n.pytest_cache/\n.hypothesis/\n*.egg-info/\nvenv/\n.venv/\n"
_LONGEST_TESTS_S = 600

Json = dict[str, Any]


@dataclass(frozen=True)
class Worked:
    """What came of one task."""

    task: Json
    regression: Execution | None
    """Our test on the pull request's branch; None where there is no branch."""
    nearby: Execution | None
    """The package's own tests there."""
    seconds: float
    """From the making of the task to its end."""

    @property
    def solved(self) -> bool:
        """Say whether the branch passes our test and the package's own."""
        return all(ran is not None and ran.exit_code == 0 for ran in (self.regression, self.nearby))

    def to_json(self) -> Json:
        """Return what the results keep of it."""
        rows = (self.task["evidence"] or {}).get("rows", [])
        return {
            "solved": self.solved,
            "seconds": round(self.seconds, 2),
            "state": self.task["state"],
            "explanation": self.task["explanation"],
            "evidence": [{"command": row["command"], "verdict": row["verdict"]} for row in rows],
        }


def read_tasks() -> list[RealTask]:
    """Read all tasks on releases at PyPI, in the order of the file."""
    lines = map(json.loads, TASKS.read_text().splitlines())
    return [_task(line) for line in lines if line["registry"] == "pypi"]


def _task(line: Json) -> RealTask:
    archive = f"{line['package']}-{line['version']}.tar.gz"
    needs = (_RUNNER, *_NEEDS.get(line["instance_id"], ()))
    more = {"archive": archive, "seed_gitignore": _IGNORED, "needs": needs}
    return RealTask(**{**line, **more, "fix": tuple(line["fix"])})


def work_on(task: RealTask, docker_host: str, folder: Path) -> Worked:
    """Post the issue and the comment, wait for the pull request, run its tests in a sandbox."""
    repository = make_repository(task, folder)
    (folder / "issue.md").write_text(f"{task.issue_title}\n{task.issue_body}")
    (folder / "turns.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in turns(task)))
    build_image(task)
    with (
        environment(
            DOCKER_HOST=docker_host, PATCHBAY_SANDBOX_IMAGE=task.image, OPENAI_API_KEY=None
        ),
        open_house(
            folder / "logs",
            repository=str(repository),
            issue=folder / "issue.md",
            script=folder / "turns.jsonl",
            workers=1,
        ) as house,
    ):
        house.comment(1, "/agent fix this")
        done = house.wait_for_task(1)
        seconds = done["ended_at"] - done["created_at"]
        if not done["head_sha"]:
            return Worked(done, None, None, seconds)
        regression, nearby = _test_branch(house, task, done, docker_host, folder)
        return Worked(done, regression, nearby, seconds)


def turns(task: RealTask) -> Iterator[Json]:
    """Yield what the stand-in for the model does: see it fail, mend it, test, hand in."""
    test = task.regression_test
    yield turn("bash", command="git log --oneline | head -3; ls")
    yield turn("write", path=test["path"], content=test["content"])
    yield turn("bash", command=task.regression_command, timeout_s=_LONGEST_TESTS_S)
    for edit in task.fix:
        yield turn("edit", path=edit["path"], old_str=edit["old"], new_str=edit["new"])
    yield turn("bash", command=task.regression_command, timeout_s=_LONGEST_TESTS_S)
    yield turn("bash", command=task.test_command, timeout_s=_LONGEST_TESTS_S)
    submit = turn(
        "submit",
        outcome="resolved",
        title=task.issue_title[:70],
        summary="The cause is mended where it is, with a test that fails without the mend.",
        checks=[{"command": task.regression_command, "shows": "the bug is gone"}],
        unverified="",
    )
    yield from (submit, submit, submit)


def _test_branch(
    house: House, task: RealTask, done: Json, docker_host: str, folder: Path
) -> tuple[Execution, Execution]:
    """Run both test commands on the pull request's head, in a sandbox without network."""
    token = house.stage.github.user_token("maria")
    mirror = Mirrors(folder / "mirrors").open(1)
    sha = mirror.fetch(house.stage.github.git_url(house.stage.repository), done["branch"], token)
    sandboxes = Engine(docker_host, owner=f"bench-{os.getpid()}")
    with sandboxes.start(task.image, task_id="bench", epoch=0, deadline_s=1200) as sandbox:
        pack = mirror.pack(sha)
        sandbox.put(pack, sha, pack.shallow)
        return (
            sandbox.exec(task.regression_command, timeout_s=_LONGEST_TESTS_S),
            sandbox.exec(task.test_command, timeout_s=_LONGEST_TESTS_S),
        )


def work_on_all(docker_host: str, facts: Json, command: str) -> int:
    """Work on all tasks, one after the other, and write the results; returns how many failed."""
    results: dict[str, Json] = {}
    for task in read_tasks():
        with tempfile.TemporaryDirectory(prefix="patchbay-real-") as folder:
            result = work_on(task, docker_host, Path(folder)).to_json()
        release = f"{task.package} {task.version}"
        results[task.instance_id] = {"release": release, "issue": task.issue_title, **result}
        print(" · ".join(_row(task.instance_id, results[task.instance_id])), flush=True)
    unsolved = sum(not result["solved"] for result in results.values())
    head = ["Task", "Release", "Solved", "Seconds", "Task ended", "Evidence of the bot"]
    parts = [
        "# Real bugs of real packages",
        setting(facts, command),
        _HOW,
        table(head, (_row(name, result) for name, result in results.items())),
    ]
    print(write_both("real-tasks", {**facts, "command": command, "tasks": results}, parts))
    return unsolved


_HOW = (
    "Each is a source release with a bug that was reported; a script that makes the edit stands in "
    "for the model. Solved means that the pull request's branch passes a test of our own for the "
    "bug and the package's own tests beside it, in a sandbox without network. The seconds are from "
    "the task's beginning to the open pull request."
)


def _row(name: str, result: Json) -> list[str]:
    verdicts = [row["verdict"] for row in result["evidence"]]
    return [
        name,
        result["release"],
        "yes" if result["solved"] else "NO",
        f"{result['seconds']:.1f}",
        result["state"],
        ", ".join(verdicts) or "none",
    ]
